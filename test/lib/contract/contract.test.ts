import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { stringify } from 'yaml';

import { checkContract, parseContract } from '../../../src/lib/contract/parse.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { exampleContract, freshPublicKey } from '../../support/contract.js';

function refusal(text: string): CleanroomError {
  try {
    parseContract(text);
  } catch (error) {
    assert.ok(error instanceof CleanroomError);
    return error;
  }
  return assert.fail('the contract was accepted');
}

/** The example contract with one change. */
function changed(change: (contract: Contract) => void): string {
  const contract = structuredClone(exampleContract());
  change(contract);
  return stringify(contract);
}

describe('a contract', () => {
  it('has one digest, whatever the layout of its text', () => {
    const contract = exampleContract();
    const yaml = parseContract(stringify(contract));
    const json = parseContract(JSON.stringify(contract, null, 3));
    assert.equal(yaml.digest, json.digest);
    assert.equal(yaml.canonical, json.canonical);
    assert.equal(checkContract(JSON.parse(yaml.canonical)).digest, yaml.digest);
  });

  it('has another digest after any change of a value', () => {
    const contract = exampleContract();
    const other = structuredClone(contract);
    other.summary.limits.maxTokens += 1;
    assert.notEqual(checkContract(contract).digest, checkContract(other).digest);
  });

  it('X3, I16: lets a room log in at Entra only, unless its trust is emulated', () => {
    const login = (authority: string): string =>
      changed((contract) => {
        contract.datasets[0]!.key.login = {
          tenant: '00000000-0000-4000-8000-000000000001',
          clientId: '00000000-0000-4000-8000-000000000002',
          authority,
        };
        delete contract.trust;
      });
    assert.match(refusal(login('https://login.microsoftonline.com.contoso.com')).message, /login\.authority/);
    assert.doesNotThrow(() => parseContract(login('https://login.microsoftonline.com')));
  });

  it('is shipped as an example that needs only keys and digests filled in', () => {
    const key = freshPublicKey();
    const text = readFileSync('templates/contract.example.yaml', 'utf8')
      .replaceAll('x: "…", y: "…"', `x: "${key.x}", y: "${key.y}"`)
      .replaceAll('sha256:…', `sha256:${'0'.repeat(64)}`);
    assert.equal(parseContract(text).contract.name, 'quarterly-notes');
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['duplicate keys', 'version: 1\nversion: 1\n'],
    ['an anchor and its alias', 'version: &one 1\nname: *one\n'],
    ['a merge key with an alias', 'a: &a {b: 1}\nc:\n  <<: *a\n'],
    ['a tag', 'version: !!binary AQ==\n'],
    ['two documents', 'version: 1\n---\nversion: 1\n'],
    ['no YAML', '{{{{'],
  ];
  for (const [what, text] of malformed) {
    it(`is refused with ${what}, naming the line`, () => {
      const error = refusal(text);
      assert.equal(error.code, 'CONTRACT_MALFORMED');
      assert.match(error.message, /line \d+/);
    });
  }

  const invalid: readonly (readonly [string, string, string])[] = [
    ['an unknown key', changed((c) => Object.assign(c.room, { debug: true })), 'room.debug'],
    [
      'a role that does not exist',
      changed((c) => Object.assign(c.parties[1]!, { roles: ['king'] })),
      'parties[1].roles[0]',
    ],
    ['two parties of one id', changed((c) => (c.parties[1]!.id = 'contoso')), 'parties[1]'],
    ['a host that is no party', changed((c) => (c.room.host = 'nobody')), 'room.host'],
    [
      'the work queue of earlier versions',
      changed((c) => Object.assign(c.room, { workQueue: { account: 'https://contoso', name: 'work' } })),
      'room.workQueue',
    ],
    ['an owner without the role', changed((c) => (c.datasets[0]!.owner = 'contoso')), 'datasets[0].owner'],
    [
      'a recipient without a result key',
      changed((c) => delete c.parties[0]!.resultKey),
      'summary.recipients[0]',
    ],
    [
      'an image by tag',
      changed((c) => (c.room.containers[0]!.image = 'contoso.azurecr.io/a:latest')),
      'room.containers[0].image',
    ],
    [
      'plain http',
      changed((c) => (c.attestation.authorities[0] = 'http://a.attest.azure.net')),
      'attestation.authorities[0]',
    ],
    [
      'a key of another curve',
      changed((c) => Object.assign(c.parties[0]!.contractKey, { crv: 'P-384' })),
      'parties[0].contractKey.crv',
    ],
    ['the sidecar open to the outside', changed((c) => c.room.ports.push(8080)), 'room.ports'],
    ['no sidecar', changed((c) => (c.room.containers[1]!.name = 'other')), 'room.containers'],
    [
      'a blob name that is a path',
      changed((c) => (c.datasets[0]!.blob.name = '../up')),
      'datasets[0].blob.name',
    ],
    ['a threshold that cannot be met', changed((c) => (c.consent.threshold = 3)), 'consent.threshold'],
    [
      'a share beyond 1',
      changed((c) => (c.summary.limits.maxShareOfSource = 1.5)),
      'summary.limits.maxShareOfSource',
    ],
  ];
  for (const [what, text, path] of invalid) {
    it(`is refused with ${what}, naming ${path}`, () => {
      const error = refusal(text);
      assert.equal(error.code, 'CONTRACT_INVALID');
      assert.ok(error.message.includes(path), error.message);
    });
  }

  it('is refused in bounded time with ten thousand parties', () => {
    const party = { id: 'p', roles: ['auditor'], contractKey: freshPublicKey() };
    const parties = Array.from({ length: 10_000 }, (_, index) => ({ ...party, id: `p${index}` }));
    const started = performance.now();
    assert.equal(refusal(JSON.stringify({ ...exampleContract(), parties })).code, 'CONTRACT_INVALID');
    assert.ok(performance.now() - started < 15_000);
  });
});

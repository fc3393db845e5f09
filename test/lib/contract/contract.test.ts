import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { stringify } from 'yaml';

import { checkContract, parseContract } from '../../../src/lib/contract/parse.js';
import { planRoom } from '../../../src/lib/contract/room-plan.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { exampleContract, freshPublicKey } from '../../support/contract.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

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
    other.summary.limits.maxCharacters += 1;
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
    const text = readFileSync('templates/contract.example.yaml', 'utf8')
      .replace(/x: "…", y: "…"/g, () => {
        const { x, y } = freshPublicKey();
        return `x: "${x}", y: "${y}"`;
      })
      .replaceAll('sha256:…', `sha256:${'0'.repeat(64)}`);
    assert.equal(parseContract(text).contract.name, 'quarterly-notes');
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['duplicate keys', 'version: 1\nversion: 1\n'],
    ['an anchor and its alias', 'version: &one 1\nname: *one\n'],
    ['a merge key with an alias', 'a: &a {b: 1}\nc:\n  <<: *a\n'],
    ['a tag', 'version: !!binary AQ==\n'],
    ['two documents', 'version: 1\n---\nversion: 1\n'],
    ['one value after another', '{}\n'.repeat(80_000)],
    ['ten thousand doubled keys', 'a: 1\n'.repeat(10_000)],
    ['lists in lists without end', '['.repeat(100_000)],
    ['a key that is no text', '? [a]\n: 1\n'],
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
    ['no number of processors', changed((c) => (c.room.containers[0]!.cpu = Infinity)), 'containers[0].cpu'],
    [
      "one key as two parties'",
      changed((c) => (c.parties[1]!.contractKey = { ...c.parties[0]!.contractKey })),
      'parties[1].contractKey',
    ],
    [
      'one key for two uses',
      changed((c) => (c.parties[0]!.resultKey = { ...c.parties[0]!.contractKey })),
      'parties[0].resultKey',
    ],
    [
      'an owner to whom no cause can be sealed',
      changed((c) => delete c.parties[1]!.resultKey),
      'datasets[0].owner',
    ],
    [
      'a third container that nobody trusted',
      changed((c) => c.room.containers.push({ ...c.room.containers[0]!, name: 'metrics' })),
      'room.trustedWithKeys',
    ],
    [
      'trust in a container that is not there',
      changed((c) => (c.room.trustedWithKeys = ['metrics'])),
      'room.trustedWithKeys[0]',
    ],
    [
      'budget entries among sealed data',
      changed((c) => (c.datasets[0]!.budget.container = 'cleanroom')),
      'datasets[0].budget.container',
    ],
    [
      'a method that can be extractive without limits for it',
      changed((c) => delete c.summary.extractiveLimits),
      'summary.extractiveLimits',
    ],
    [
      'a model of no family that is known',
      changed((c) => Object.assign(c, { model: { family: 'gpt', digest: DIGEST, layer: DIGEST } })),
      'model.family: must be t5, bart or t5-bart, not "gpt"',
    ],
    [
      'a sealed model without its digest',
      changed((c) => Object.assign(c, { model: { dataset: 'weights' } })),
      'model: must be {',
    ],
    [
      'a script that there is not',
      changed((c) => Object.assign(c.summary.limits, { scripts: ['Klingon'] })),
      'summary.limits.scripts[0]',
    ],
    [
      'a firmware floor that names nothing',
      changed((c) => (c.attestation.minTcb = { Milan: {} })),
      'attestation.minTcb.Milan',
    ],
    [
      'a firmware floor of a processor that it does not allow',
      changed((c) => {
        c.attestation.products = ['Genoa'];
        c.attestation.minTcb = { Milan: { snp: 24 } };
      }),
      'attestation.minTcb.Milan',
    ],
    [
      'a component that Milan has not',
      changed((c) => (c.attestation.minTcb = { Milan: { fmc: 1 } })),
      'attestation.minTcb.Milan.fmc',
    ],
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

  it('is refused with a port that a room without capabilities cannot listen on, by a code of its own', () => {
    const { code, message } = refusal(changed((c) => (c.room.ports = [1023])));
    assert.equal(code, 'ROOM_PORT_UNUSABLE');
    assert.match(message, /cannot listen on 1023/);
  });

  it('says in its own words what a field must be, and nothing of the library that reads it', () => {
    const { message } = refusal(
      changed((c) => {
        Object.assign(c.summary.limits, { maxCharacters: 'many', maxCopiedWords: 1.5, maxResults: 0 });
        Object.assign(c.room, { stdio: 'yes', ports: [] });
        delete (c.room as Partial<Contract['room']>).region;
      }),
    );
    for (const part of [
      'room.region: is missing',
      'room.stdio: must be true or false, not "yes"',
      'room.ports: must not be empty',
      'summary.limits.maxCharacters: must be a number, not "many"',
      'summary.limits.maxCopiedWords: must be a whole number',
      'summary.limits.maxResults: must be at least 1',
    ])
      assert.ok(message.includes(part), `${part} in: ${message}`);
    assert.doesNotMatch(message, /Expected|received|Invalid|undefined/);
  });

  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    it(`is refused with a field named ${name}, wherever it stands`, () => {
      const contract = JSON.stringify(exampleContract());
      for (const at of ['{"version":2', '"room":{', '"limits":{']) {
        const text = contract.replace(
          at,
          `${at}${at.endsWith('{') ? '' : ','}"${name}":{}${at.endsWith('{') ? ',' : ''}`,
        );
        assert.match(refusal(text).message, new RegExp(`${name}: a contract has no such field`), at);
      }
    });
  }

  it('refuses a contract of version 1, and says how its successor is written', () => {
    const error = refusal(JSON.stringify({ ...exampleContract(), version: 1 }));
    assert.equal(error.code, 'CONTRACT_VERSION');
    assert.match(error.hint, /cleanroom contract renew/);
    assert.equal(refusal(JSON.stringify({ ...exampleContract(), version: 3 })).code, 'CONTRACT_VERSION');
  });

  it('is refused beyond 256 KiB', () => {
    const error = refusal(`# ${'x'.repeat(256 * 1024)}\nversion: 2\n`);
    assert.equal(error.code, 'CONTRACT_MALFORMED');
  });

  it('lets the host say which share of the documents is a room’s, in the words of the platform that was agreed', () => {
    const shares = (platform: 'aci' | 'virtual-nodes'): readonly string[] => {
      const contract = exampleContract();
      contract.room.platform = platform;
      const [summarizer] = planRoom({ parsed: checkContract(contract), tlsRoots: null });
      return summarizer!.environment.flatMap((variable) =>
        variable.kind === 'parameter' && !variable.secret ? [variable.name] : [],
      );
    };
    assert.deepEqual(shares('aci'), ['CLEANROOM_SHARD']);
    assert.deepEqual(shares('virtual-nodes'), ['JOB_COMPLETION_INDEX', 'CLEANROOM_SHARDS']);
  });

  it('is refused beyond 256 KiB in its canonical form too', () => {
    const party = { id: 'p', roles: ['auditor'], contractKey: freshPublicKey() };
    const parties = Array.from({ length: 10_000 }, (_, index) => ({ ...party, id: `p${index}` }));
    assert.throws(() => checkContract({ ...exampleContract(), parties }), { code: 'CONTRACT_INVALID' });
  });

  it('tells of its first error only, however many would follow', () => {
    for (const [text, line] of [
      ['{}\n'.repeat(87_000), 2],
      ['version: 1\n'.repeat(20_000), 2],
      ['['.repeat(20_000), 1],
    ] as const) {
      const error = refusal(text);
      assert.equal(error.code, 'CONTRACT_MALFORMED');
      assert.match(error.message, new RegExp(`^line ${line}: .{1,100}$`));
    }
  });
});

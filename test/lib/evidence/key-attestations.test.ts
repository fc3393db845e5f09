// What HSMs attest of the keys in a bundle: over all keys that receipts name, and never better for what was left out.

import assert from 'node:assert/strict';

import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { parseAnchors } from '../../../src/lib/attestation/anchors.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { SealStatement } from '../../../src/lib/contract/seal-statement-form.js';
import { renderAnchors } from '../../../src/lib/emulator/anchors.js';
import { MANAGED_HSM } from '../../../src/lib/emulator/managed-hsm/constants.js';
import { attestKey } from '../../../src/lib/emulator/managed-hsm/key-attestation.js';
import type { BroughtReleasePolicy } from '../../../src/lib/evidence/evidence-bundle.js';
import { recordKeyAttestations } from '../../../src/lib/evidence/key-attestations.js';
import type { Receipt } from '../../../src/lib/evidence/receipt.js';
import { judgeStatements, STATEMENTS } from '../../../src/lib/evidence/statements.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { keyThumbprint } from '../../../src/lib/keys/key-thumbprint.js';
import { testHsmMaker, testProcessor, testUtilityVm } from '../../support/emulated-trust.js';

const HOST = { kind: MANAGED_HSM, url: 'https://127.0.0.1:1' };
const DIGEST = sha256Hex('a receipt');

describe('what HSMs attest of the keys in a bundle', () => {
  const { publicKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const jkt = keyThumbprint(publicKey);
  let anchors: ReturnType<typeof parseAnchors>['hsm'];
  let attest: (name: string, imported?: boolean) => Record<string, unknown>;

  before(async () => {
    const hsmMaker = await testHsmMaker();
    const [processor, utilityVm] = [await testProcessor(), await testUtilityVm()];
    anchors = parseAnchors(
      renderAnchors({ processors: [processor], utilityVm, attestationServices: [], hsmMaker }),
    ).hsm;
    const partition = await hsmMaker.partition('fabrikam');
    const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
    attest = (name, imported = false) =>
      attestKey(
        HOST,
        {
          ...{ name, version: '01', kty: 'RSA-HSM', keyOps: ['wrapKey'], publicMembers: { n, e } },
          ...{ enabled: true, notBefore: null, expires: null, exportable: true, created: 0, updated: 0 },
          ...{ tags: {}, releasePolicy: null, imported, sealed: '' },
        },
        partition,
      );
  });

  const keyOf = (name: string): string => `${HOST.url}/keys/${name}/01`;
  const brings = (name: string, keyAttestation?: Record<string, unknown>): BroughtReleasePolicy => ({
    key: keyOf(name),
    policy: '{}',
    ...(keyAttestation === undefined ? {} : { keyAttestation }),
  });

  async function checksOf(
    brought: readonly BroughtReleasePolicy[],
    inputs: readonly { readonly key: string; readonly jkt?: string }[] = [
      { key: keyOf('a'), jkt },
      { key: keyOf('b'), jkt },
    ],
    stated: readonly SealStatement[] = [],
    at = new Date(),
  ) {
    const log = new CheckLog();
    const receipts = [{ receipt: { inputs } as unknown as Receipt, digest: DIGEST }];
    await recordKeyAttestations(
      { receipts, stated, brought },
      { anchors, crypto: nodeSignatureCrypto, at },
      log,
    );
    return log.checks();
  }

  async function statuses(...given: Parameters<typeof checksOf>): Promise<string> {
    return (await checksOf(...given)).map(({ status }) => status).join(' ');
  }

  const OPEN = 'skip skip skip skip skip skip';
  const GOOD = 'pass pass pass pass pass pass';

  it('prove each key to be of an HSM where every one is attested', async () => {
    assert.equal(await statuses([brings('a', attest('a')), brings('b', attest('b'))]), GOOD);
    const checks = await checksOf([brings('a', attest('a')), brings('b', attest('b'))]);
    assert.match(checks[4]?.actual ?? '', /LOCAL 01, SENSITIVE 01, EXTRACTABLE 01, NEVER_EXTRACTABLE 00/);
  });

  it('prove nothing where one is missing, of no key in question, imported, or its fingerprint unknown', async () => {
    assert.equal(await statuses([]), OPEN);
    assert.equal(await statuses([brings('a', attest('a')), brings('b')]), OPEN);
    assert.equal(await statuses([brings('c', attest('c'))]), OPEN);
    assert.equal(await statuses([brings('a', attest('a'))], []), OPEN);
    const imported = [brings('a', attest('a')), brings('b', attest('b', true))];
    const checks = await checksOf(imported);
    const open = checks.filter(({ status }) => status !== 'pass');
    assert.deepEqual(
      open.map(({ id, status }) => `${id} ${status}`),
      ['KEY_ATTESTATION_ORIGIN skip', 'KEY_HARDWARE skip'],
    );
    assert.match(open[0]?.reason ?? '', /^warning: https:/);
    const unknown = [{ key: keyOf('a') }];
    assert.equal(await statuses([brings('a', attest('a'))], unknown), 'pass pass pass skip pass skip');
  });

  it('are refused where one is another key’s, whatever stands beside it', async () => {
    const swapped = [brings('a', attest('a')), brings('b', attest('a'))];
    assert.equal(await statuses(swapped), 'pass pass pass fail pass fail');
    const twice = [brings('a', attest('a')), brings('a', attest('b')), brings('b', attest('b'))];
    assert.equal(await statuses(twice), 'pass pass pass fail pass fail');
    const form = [brings('a', { version: 'MRVL-1' }), brings('b', attest('b'))];
    assert.match(await statuses(form), /^fail .*fail$/);
    const { publicKey: stranger } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    const other = [{ key: keyOf('a'), jkt: keyThumbprint(stranger) }];
    assert.equal(await statuses([brings('a', attest('a'))], other), 'pass pass pass fail pass fail');
    const many = Array.from({ length: 5 }, () => brings('a', attest('a')));
    assert.match(await statuses(many, [{ key: keyOf('a'), jkt }]), /^fail .*fail$/);
  });

  it('are judged at the time at which the owner sealed, or now where none is signed', async () => {
    const brought = [brings('a', attest('a'))];
    const inputs = [{ key: keyOf('a'), jkt }];
    const later = new Date('2050-01-01');
    assert.equal(await statuses(brought, inputs, [], later), 'pass fail fail pass pass fail');
    const iat = Math.floor(Date.now() / 1000);
    const stated = [
      { key: keyOf('a'), iat },
      { key: keyOf('b'), iat: 1 },
    ] as unknown as SealStatement[];
    assert.equal(await statuses(brought, inputs, stated, later), GOOD);
    const wild = [{ key: keyOf('a'), iat: 1e15 }] as unknown as SealStatement[];
    assert.equal(await statuses(brought, inputs, wild), GOOD);
  });

  it('say with KEYS which part is proven, and whose word the rest is', async () => {
    const needs = STATEMENTS.KEYS.needs.map((id) => ({ id, status: 'pass' as const }));
    const ground = [...STATEMENTS.HARDWARE.needs, ...STATEMENTS.GUEST.needs, 'HOST_DATA' as const];
    const held = [...ground, ...STATEMENTS.CONTRACT.needs].map((id) => ({ id, status: 'pass' as const }));
    const keysOf = (attested: Awaited<ReturnType<typeof checksOf>>) =>
      judgeStatements([...held, ...needs, ...attested] as never, new Set()).find(({ id }) => id === 'KEYS');
    const inputs = [{ key: keyOf('a'), jkt }];
    const good = keysOf(await checksOf([brings('a', attest('a'))], inputs));
    assert.equal(good?.status, 'proven');
    assert.match(good.text, /vouches .* is Microsoft’s word/);
    const rehearsed = judgeStatements(
      [...held, ...needs, ...(await checksOf([brings('a', attest('a'))], inputs))] as never,
      new Set(),
      'emulated roots',
    ).find(({ id }) => id === 'KEYS');
    assert.match(rehearsed?.text ?? '', /emulated HSM vouches .* there is no real HSM/);
    const none = keysOf(await checksOf([], inputs));
    assert.equal(none?.status, 'proven');
    assert.match(none.text, /Not shown: that each was made in an HSM/);
    assert.equal(keysOf(await checksOf([brings('a', attest('b'))], inputs))?.status, 'refuted');
  });
});

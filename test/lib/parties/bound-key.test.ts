// What a vault keeps, held against what was asked for: on the local Managed HSM, with a layer before it that lies.

import assert from 'node:assert/strict';

import { openKeyVault } from '../../../src/lib/azure/key-vault.js';
import { MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import { renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../../../src/lib/contract/release-policy/parse.js';
import { keyProblems, makeBoundKey } from '../../../src/lib/parties/bound-key.js';
import type { KeyVault, NewKey, VaultKey } from '../../../src/lib/ports/key-vault.js';
import { HOST_DATA, type LocalVault, policyFor, startLocalVault } from '../../support/local-vault.js';
import { vaultConnection } from '../../support/vault-connection.js';

const textFor = (hostData: string): string => renderReleasePolicy(parseReleasePolicy(policyFor(hostData)));
const POLICY = { text: textFor(HOST_DATA), immutable: true };
const ASKED: NewKey = {
  name: 'notes',
  kind: 'RSA-HSM',
  size: 2048,
  operations: ['wrapKey'],
  releasePolicy: POLICY,
  tags: {},
};

describe('a key that is bound', function () {
  this.timeout(60_000);
  let local: LocalVault;
  let vault: KeyVault;
  before(async () => {
    local = await startLocalVault({ roles: [MANAGED_HSM_ROLES.cryptoUser] });
    vault = await openKeyVault(vaultConnection(local), local.hostAndPort);
  });
  after(() => local.stop());

  it('is the one that the vault keeps, as it was asked for', async () => {
    const key = await makeBoundKey(vault, ASKED, null);
    assert.deepEqual(await vault.get('notes', key.version), key);
    assert.deepEqual(keyProblems(key, POLICY), []);
  });

  const lies: readonly (readonly [string, (kept: VaultKey) => VaultKey | null, RegExp])[] = [
    [
      'I2: another release policy',
      (kept) => ({ ...kept, releasePolicy: { text: textFor('7b'.repeat(32)), immutable: true } }),
      /is another one/,
    ],
    ['no release policy', (kept) => ({ ...kept, releasePolicy: null }), /is another one/],
    [
      'a release policy that is none',
      (kept) => ({ ...kept, releasePolicy: { text: '{', immutable: true } }),
      /is another one/,
    ],
    [
      'I2: a policy that can be changed',
      (kept) => ({ ...kept, releasePolicy: { ...POLICY, immutable: false } }),
      /can be changed/,
    ],
    [
      'I1: an operation that opens',
      (kept) => ({ ...kept, operations: ['wrapKey', 'unwrapKey'] }),
      /allows unwrapKey without/,
    ],
    ['a further operation', (kept) => ({ ...kept, operations: ['wrapKey', 'sign'] }), /sign, which was not/],
    ['a software key', (kept) => ({ ...kept, kty: 'RSA' }), /outside an HSM/],
    ['a key that never leaves', (kept) => ({ ...kept, exportable: false }), /not exportable/],
    [
      'another public half',
      (kept) => ({ ...kept, publicKey: { ...kept.publicKey, e: 'Aw' } }),
      /another key than/,
    ],
    ['nothing', () => null, /not there/],
  ];
  for (const [what, lie, reason] of lies) {
    it(`is refused, and its version disabled, where the vault keeps ${what}`, async () => {
      let made = '';
      const lying: KeyVault = {
        ...vault,
        create: async (key) => {
          const created = await vault.create(key);
          made = created.version;
          return created;
        },
        get: async (name, version) => {
          const kept = await vault.get(name, version);
          return kept === null ? null : lie(kept);
        },
      };
      await assert.rejects(makeBoundKey(lying, ASKED, null), { code: 'KEY_NOT_AS_ASKED', message: reason });
      assert.equal((await vault.get('notes', made))?.enabled, false);
    });
  }

  it('may be changed later only where that was asked for', async () => {
    const mutable = { ...ASKED, name: 'mutable', releasePolicy: { ...POLICY, immutable: false } };
    const key = await makeBoundKey(vault, mutable, null);
    assert.deepEqual(keyProblems(key, mutable.releasePolicy), []);
    assert.deepEqual(keyProblems(key, POLICY), ['its release policy can be changed']);
  });

  it('has the size that was asked for', async () => {
    const small: KeyVault = { ...vault, create: (key) => vault.create({ ...key, size: 2048 }) };
    await assert.rejects(makeBoundKey(small, { ...ASKED, size: 3072 }, null), { code: 'KEY_NOT_AS_ASKED' });
  });
});

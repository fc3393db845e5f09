// An owner asks for the attestation of a key before it seals to it: a vault that lies is found out, one that attests nothing is not
// refused for it.

import assert from 'node:assert/strict';

import { parseAnchors, PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { openKeyVault } from '../../../src/lib/azure/key-vault.js';
import { decodeUtf8 } from '../../../src/lib/base/bytes/arrays.js';
import { renderAttestation } from '../../../src/lib/cli/render-key.js';
import {
  keyAttestationName,
  readKeyAttestationFile,
} from '../../../src/lib/contract/key-attestation-file.js';
import { renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../../../src/lib/contract/release-policy/parse.js';
import { renderAnchors } from '../../../src/lib/emulator/anchors.js';
import { MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import {
  attestVaultKey,
  requireAttested,
  requireAttestedNew,
  storeKeyAttestation,
  unattestedWarning,
  viewAttestation,
} from '../../../src/lib/parties/key-attestation.js';
import type { KeyVault, NewKey } from '../../../src/lib/ports/key-vault.js';
import type { BlobStore } from '../../../src/lib/ports/ports.js';
import { testHsmMaker, testProcessor, testUtilityVm } from '../../support/emulated-trust.js';
import { HOST_DATA, type LocalVault, policyFor, startLocalVault } from '../../support/local-vault.js';
import { vaultConnection } from '../../support/vault-connection.js';

const NOW = (): Date => new Date();
const ASKED: NewKey = {
  name: 'notes',
  kind: 'RSA-HSM',
  size: 2048,
  operations: ['wrapKey'],
  releasePolicy: { text: renderReleasePolicy(parseReleasePolicy(policyFor(HOST_DATA))), immutable: true },
  tags: {},
};

describe('the attestation of a key in its owner’s vault', function () {
  this.timeout(60_000);
  let local: LocalVault;
  let vault: KeyVault;
  let hsm: typeof PINNED_ANCHORS.hsm;
  before(async () => {
    local = await startLocalVault({ roles: [MANAGED_HSM_ROLES.cryptoUser] });
    vault = await openKeyVault(vaultConnection(local), local.hostAndPort);
    const [processor, utilityVm, hsmMaker] = [
      await testProcessor(),
      await testUtilityVm(),
      await testHsmMaker(),
    ];
    hsm = parseAnchors(
      renderAnchors({ processors: [processor], utilityVm, attestationServices: [], hsmMaker }),
    ).hsm;
  });
  after(() => local.stop());

  const importOwn = (key: NewKey) =>
    vault.importKey(key, freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey.export({ format: 'jwk' }));

  it('holds for a key that was made there, is shown raw, and is kept beside the blob for the room', async () => {
    const key = await vault.create(ASKED);
    const attested = await attestVaultKey(vault, key, hsm, NOW);
    requireAttested(key, attested, 'made');
    const view = viewAttestation(attested);
    assert.deepEqual(
      view?.checks.map(({ status }) => status),
      Array(5).fill('pass'),
    );
    assert.match(renderAttestation(view), /ok +KEY_ATTESTATION_KEY[^]*OBJ_ATTR_LOCAL +01/);
    const written: { name: string; text: string }[] = [];
    const blobs = {
      write: ({ name }: { name: string }, bytes: Uint8Array) =>
        Promise.resolve(written.push({ name, text: decodeUtf8(bytes) ?? '' })),
    } as unknown as BlobStore;
    const blob = { account: 'a', container: 'c', name: 'notes.sealed' };
    await storeKeyAttestation(blob, key, attested, blobs);
    await storeKeyAttestation(blob, key, null, blobs);
    const [file, ...more] = written;
    assert.equal(file?.name, keyAttestationName('notes.sealed'));
    assert.deepEqual(more, []);
    const bytes = new TextEncoder().encode(file.text);
    assert.deepEqual(readKeyAttestationFile(bytes, key.id), attested?.attestation);
    assert.equal(readKeyAttestationFile(bytes, `${key.id}0`), null);
    assert.equal(readKeyAttestationFile(new TextEncoder().encode('{}'), key.id), null);
    assert.equal(readKeyAttestationFile(new TextEncoder().encode('{'), key.id), null);
  });

  it('is judged at the time at which it came, since an HSM may make its certificates when it is asked', async () => {
    const key = await vault.create({ ...ASKED, name: 'timed' });
    const order: string[] = [];
    const asked: KeyVault = {
      ...vault,
      attestation: async (of) => {
        const given = await vault.attestation(of);
        order.push('attestation');
        return given;
      },
    };
    await attestVaultKey(asked, key, hsm, () => {
      order.push('time');
      return new Date();
    });
    assert.deepEqual(order, ['attestation', 'time']);
  });

  it('II6: refuses a key that was imported where one was to be made, and disables it', async () => {
    const key = await importOwn({ ...ASKED, name: 'known' });
    const attested = await attestVaultKey(vault, key, hsm, NOW);
    // Its owner may have imported it.
    requireAttested(key, attested, 'found');
    await assert.rejects(requireAttestedNew(vault, key, attested, 'made'), { code: 'KEY_NOT_AS_ASKED' });
    assert.equal((await vault.get('known', key.version))?.enabled, false);
  });

  it('II6: refuses the attestation of another key, of another version, and of another public half', async () => {
    const first = await vault.create({ ...ASKED, name: 'first' });
    const second = await vault.create({ ...ASKED, name: 'first' });
    const lies: readonly [KeyVault, typeof first][] = [
      [{ ...vault, attestation: () => vault.attestation(first) }, second],
      [vault, { ...first, publicKey: second.publicKey }],
    ];
    for (const [lying, key] of lies) {
      const attested = await attestVaultKey(lying, key, hsm, NOW);
      assert.throws(() => requireAttested(key, attested, 'found'), { code: 'KEY_NOT_AS_ASKED' });
    }
    const pinned = await attestVaultKey(vault, first, PINNED_ANCHORS.hsm, NOW);
    assert.throws(() => requireAttested(first, pinned, 'found'), { code: 'KEY_NOT_AS_ASKED' });
  });

  it('is null where the vault is no Managed HSM or knows no such call, and nothing is refused for it', async () => {
    const key = await vault.create({ ...ASKED, name: 'silent' });
    const silent: KeyVault = { ...vault, attestation: () => Promise.resolve(null) };
    assert.equal(await attestVaultKey(silent, key, hsm, NOW), null);
    const premium: KeyVault = { ...vault, host: 'fabrikam.vault.azure.net' };
    assert.equal(await attestVaultKey(premium, key, hsm, NOW), null);
    requireAttested(key, null, 'made');
    assert.equal(viewAttestation(null), null);
    assert.match(renderAttestation(null), /attests nothing/);
    assert.match(unattestedWarning(key.id, null) ?? '', /does not attest the key.*KEY_HARDWARE/);
    assert.equal(unattestedWarning('https://fabrikam.vault.azure.net/keys/notes/1', null), null);
    const attested = viewAttestation(await attestVaultKey(vault, key, hsm, NOW));
    assert.equal(unattestedWarning(key.id, attested), null);
    assert.equal(await vault.attestation({ name: 'nobody', version: '0'.repeat(32) }), null);
  });
});

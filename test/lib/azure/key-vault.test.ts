// The adapter and the key workflows, through the Azure SDK, on the local Managed HSM and Key Vault Premium.

import assert from 'node:assert/strict';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { findUnattestedPaths } from '../../../src/lib/evidence/unattested-paths.js';
import { openKeyVault } from '../../../src/lib/azure/key-vault.js';
import { readKeyRoles } from '../../../src/lib/azure/key-roles.js';
import { parseCompactJws } from '../../../src/lib/base/bytes/compact-jws.js';
import { verifyEs256 } from '../../../src/lib/keys/es256.js';
import { parseSha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { CleanroomError, type ErrorCode } from '../../../src/lib/base/errors.js';
import { KEY_VAULT_ROLES, MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import { KEY_VAULT_PREMIUM } from '../../../src/lib/emulator/managed-hsm/constants.js';
import type { ParsedContract } from '../../../src/lib/contract/check.js';
import {
  createDatasetKey,
  type KeyRequest,
  requireKey,
  rotateDatasetKey,
  VERSION_TAG,
} from '../../../src/lib/parties/dataset-keys.js';
import type { KeyVault } from '../../../src/lib/ports/key-vault.js';
import { revokeDatasetKey } from '../../../src/lib/parties/revoke-key.js';
import { AUTHORITY, HOST_DATA, type LocalVault, startLocalVault } from '../../support/local-vault.js';
import { vaultConnection } from '../../support/vault-connection.js';

const OTHER_HASH = parseSha256Hex('7b'.repeat(32))!;
const HASHES = { proven: OTHER_HASH, 'not-proven': parseSha256Hex(HOST_DATA)! } as const;

describe('keys in a vault', function () {
  this.timeout(60_000);
  let local: LocalVault;
  let vault: KeyVault;

  before(async () => {
    local = await startLocalVault({
      roles: [MANAGED_HSM_ROLES.cryptoUser, MANAGED_HSM_ROLES.cryptoOfficer],
    });
    vault = await openKeyVault(vaultConnection(local), local.hostAndPort);
  });

  after(() => local.stop());

  it('makes a key inside the HSM: exportable, immutable policy, wrapKey its one operation', async () => {
    const key = await createDatasetKey(vault, request('notes'));
    assert.equal(key.exportable, true);
    assert.deepEqual(key.operations, ['wrapKey']);
    assert.equal(key.policy?.immutable, true);
    assert.deepEqual(key.policy.branches[0]?.clauses.slice(0, 3), [
      'x-ms-attestation-type equals sevsnpvm',
      'x-ms-compliance-status equals azure-compliant-uvm',
      `x-ms-sevsnpvm-hostdata equals ${HOST_DATA}`,
    ]);
    const read = await vault.get('notes', null);
    assert.equal(read?.id, key.id);
    assert.equal(read.publicKey?.d, undefined);
    assert.equal(await vault.get('nothing', null), null);
  });

  it('I1: lets nobody unwrap with the key, whatever role they have', async () => {
    const key = await createDatasetKey(vault, request('unwrap'));
    const crypto = local.client.crypto(key.id);
    await assert.rejects(crypto.unwrapKey('RSA-OAEP-256', new Uint8Array(384)));
    await assert.rejects(crypto.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: new Uint8Array(384) }));
  });

  it('I2: the policy of a key cannot be changed after the audit', async () => {
    const key = await createDatasetKey(vault, request('immutable'));
    const version = key.id.split('/').at(-1) ?? '';
    const changed = { encodedPolicy: Buffer.from('{"version":"1.0.0","anyOf":[]}') };
    await assert.rejects(
      local.client.keys.updateKeyProperties('immutable', version, { releasePolicy: changed }),
    );
  });

  it('releases for the attested room only, and not when the version is disabled', async () => {
    await createDatasetKey(vault, request('release'));
    const { version } = await requireKey(vault, 'release', null);
    await assert.rejects(vault.release('release', version, 'no.jwt.here'), {
      code: 'KEY_RELEASE_TOKEN_REJECTED',
    });
    await vault.setEnabled('release', version, 'disabled');
    await assert.rejects(vault.release('release', version, 'no.jwt.here'), { code: 'KEY_DISABLED' });
  });

  it('rotates to a new version for a new policy, once', async () => {
    await createDatasetKey(vault, request('rotate'));
    const first = await rotateDatasetKey(vault, { ...request('rotate'), policyHash: OTHER_HASH });
    const again = await rotateDatasetKey(vault, { ...request('rotate'), policyHash: OTHER_HASH });
    assert.equal(first.key.id, again.key.id, 'a run that was broken off is taken up');
    assert.deepEqual([first.outcome, again.outcome], ['new-version', 'unused']);
    assert.equal((await vault.versions('rotate')).length, 2);
    assert.ok(first.key.policy?.branches[0]?.clauses.includes(`x-ms-sevsnpvm-hostdata equals ${OTHER_HASH}`));
  });

  it('rotates to a new version for the same policy, where the latest one has been sealed to', async () => {
    await createDatasetKey(vault, request('sealed-to'));
    const sealedTo = await requireKey(vault, 'sealed-to', null);
    await vault.tag(sealedTo, { ...sealedTo.tags, [VERSION_TAG]: '1' });
    const { outcome, key } = await rotateDatasetKey(vault, request('sealed-to'));
    assert.equal(outcome, 'new-version');
    assert.notEqual(key.id, sealedTo.id);
    assert.equal((await vault.versions('sealed-to')).length, 2);
  });

  it('II5: revokes every version, looks again, and signs a tombstone over them', async () => {
    await createDatasetKey(vault, request('revoke'));
    await rotateDatasetKey(vault, { ...request('revoke'), policyHash: OTHER_HASH });
    const pair = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    const owner = { contractKey: pair.privateKey, at: new Date() };
    const { disabled, refusals, releaseRefused, tombstone } = await revokeDatasetKey(
      ...([vault, request('revoke').dataset, owner] as const),
    );
    assert.equal(releaseRefused, 'proven');
    assert.equal(disabled.length, 2);
    assert.ok((await vault.versions('revoke')).every(({ enabled }) => !enabled));
    assert.deepEqual(
      refusals.map(({ code }) => code),
      ['KEY_DISABLED', 'KEY_DISABLED'],
    );
    assert.ok(verifyEs256(parseCompactJws(tombstone)!, pair.publicKey));
    await assert.rejects(revokeDatasetKey(vault, request('missing').dataset, owner), {
      code: 'KEY_NOT_FOUND',
    });
  });

  it('II6: an imported key is marked, and lint says that a copy may exist', async () => {
    const material = freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey.export({ format: 'jwk' });
    const key = await createDatasetKey(vault, { ...request('imported'), material });
    assert.equal(key.imported, true);
    const read = await requireKey(vault, 'imported', null);
    const findings = findUnattestedPaths(
      { key: { ...read, operations: [], imported: true }, owners: [], assignments: [], sas: [] },
      { authorities: [AUTHORITY], emulated: true },
    );
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['PATH_IMPORTED_COPY'],
    );
  });

  it('gives each refusal of the vault its own code', async () => {
    const stranger = await local.identity.directory.addLogin(local.tenant, 'stranger');
    const client = local.clientFor(stranger.application.clientId, stranger.secret);
    const theirs = await openKeyVault(vaultConnection(local, client), local.hostAndPort);
    await assert.rejects(createDatasetKey(theirs, request('theirs')), { code: 'KEY_ACCESS_DENIED' });
    const badPolicy = { text: '{"anyOf":[]}', immutable: true };
    await assert.rejects(
      vault.create({ name: 'bad', kind: 'RSA-HSM', operations: [], tags: {}, releasePolicy: badPolicy }),
      { code: 'KEY_POLICY_REFUSED' },
    );
    await createDatasetKey(vault, request('deleted'));
    const poller = await local.client.keys.beginDeleteKey('deleted', { intervalInMs: 50 });
    await poller.pollUntilDone();
    await assert.rejects(createDatasetKey(vault, request('deleted')), { code: 'KEY_NAME_DELETED' });
  });

  it('I1, I3: reads the live role assignments and finds the ways that they open', async () => {
    const host = await local.identity.directory.addLogin(local.tenant, 'contoso-host');
    await createDatasetKey(vault, request('roles'));
    const before = await exposureOf('roles');
    assert.deepEqual(findUnattestedPaths(before, { authorities: [AUTHORITY], emulated: true }), []);
    const principal = host.application.servicePrincipals[local.tenant.id] ?? '';
    await local.roles.assign(principal, MANAGED_HSM_ROLES.cryptoOfficer, '/keys');
    const ids = findUnattestedPaths(await exposureOf('roles'), {
      authorities: [AUTHORITY],
      emulated: true,
    }).map(({ id }) => id);
    assert.ok(ids.includes('PATH_GRANT'));
  });

  const otherAnswers: readonly (readonly [ErrorCode, 'proven' | 'not-proven', RegExp])[] = [
    ['KEY_DISABLED', 'proven', /is disabled/],
    ['KEY_NOT_EXPORTABLE', 'proven', /never released/],
    ['KEY_RELEASE_TOKEN_REJECTED', 'not-proven', /attestation first/],
    ['KEY_RELEASE_DENIED', 'not-proven', /attestation first/],
    ['KEY_ACCESS_DENIED', 'not-proven', /this login/],
    ['SERVICE_UNREACHABLE', 'not-proven', /did not answer/],
    ['SERVICE_THROTTLED', 'not-proven', /did not answer/],
  ];
  for (const [code, outcome, why] of otherAnswers) {
    it(`II5: takes ${code} for a refusal of release that is ${outcome}`, async () => {
      await rotateDatasetKey(vault, { ...request('revoke'), policyHash: HASHES[outcome] });
      const answering: KeyVault = {
        ...vault,
        release: () => Promise.reject(new CleanroomError(code, 'as a vault may answer')),
      };
      const revocation = await revokeDatasetKey(answering, request('revoke').dataset, signer());
      assert.equal(revocation.releaseRefused, outcome);
      for (const refusal of revocation.refusals) {
        assert.equal(refusal.code, code);
        assert.match(refusal.why, why);
      }
      assert.ok(
        (await vault.versions('revoke')).every(({ enabled }) => !enabled),
        'disabled in either case',
      );
    });
  }

  it('II5: does not call a key revoked that the vault gives out all the same', async () => {
    const generous: KeyVault = { ...vault, release: () => Promise.resolve('a key') };
    await assert.rejects(revokeDatasetKey(generous, request('revoke').dataset, signer()), {
      code: 'KEY_STILL_ENABLED',
    });
  });

  it('II5: does not call a key revoked of which a version was made meanwhile', async () => {
    await createDatasetKey(vault, request('race'));
    let looked = 0;
    const racing: KeyVault = {
      ...vault,
      versions: async (name) => {
        if (looked++ === 1) await createDatasetKey(vault, request('race'));
        return vault.versions(name);
      },
    };
    await assert.rejects(revokeDatasetKey(racing, request('race').dataset, signer()), {
      code: 'KEY_STILL_ENABLED',
    });
  });

  it('II5: does not call a key revoked that the vault still has enabled', async () => {
    await createDatasetKey(vault, request('stubborn'));
    const deaf: KeyVault = { ...vault, setEnabled: () => Promise.resolve() };
    await assert.rejects(revokeDatasetKey(deaf, request('stubborn').dataset, signer()), {
      code: 'KEY_STILL_ENABLED',
    });
  });

  it('makes keys of every kind, and works with Key Vault Premium as well', async () => {
    for (const [kind, size] of [
      ['rsa', 4096],
      ['ec', undefined],
      ['oct', 256],
    ] as const) {
      const key = await createDatasetKey(vault, { ...request(`kind-${kind}`), kind, ...(size && { size }) });
      assert.equal(key.fingerprint === null, kind === 'oct');
    }
    const premium = await startLocalVault({
      kind: KEY_VAULT_PREMIUM,
      roles: [KEY_VAULT_ROLES.cryptoOfficer],
    });
    try {
      const theirs = await openKeyVault(vaultConnection(premium), premium.hostAndPort);
      const key = await createDatasetKey(theirs, request('premium'));
      assert.equal(key.policy?.immutable, true);
      const { version } = await requireKey(theirs, 'premium', null);
      await assert.rejects(theirs.release('premium', version, 'no.jwt.here'), {
        code: 'KEY_RELEASE_TOKEN_REJECTED',
      });
      await theirs.tag({ name: 'premium', version }, { dataset: 'notes' });
      assert.equal((await requireKey(theirs, 'premium', null)).tags['dataset'], 'notes');
      await theirs.setEnabled('premium', version, 'disabled');
      assert.equal((await theirs.versions('premium'))[0]?.enabled, false);
    } finally {
      await premium.stop();
    }
  });

  async function exposureOf(name: string) {
    const { id, kty, operations, exportable, releasePolicy } = await requireKey(vault, name, null);
    const { roles, self } = await readKeyRoles(vaultConnection(local), local.hostAndPort);
    return {
      key: { id, kty, operations: [...operations], exportable, imported: false, releasePolicy },
      owners: [self],
      assignments: [...roles],
      sas: [],
    };
  }
});

function signer(): Parameters<typeof revokeDatasetKey>[2] {
  const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  return { contractKey: privateKey, at: new Date() };
}

function request(name: string): KeyRequest {
  const attestation = { authorities: [AUTHORITY], guestSvn: 2, uvmMinSvn: 100, products: ['Milan' as const] };
  return {
    parsed: { contract: { attestation }, digest: 'aa'.repeat(32) } as unknown as ParsedContract,
    dataset: { id: 'notes', key: { vault: 'unused', name } } as KeyRequest['dataset'],
    policyHash: parseSha256Hex(HOST_DATA)!,
    kind: 'rsa',
    size: 2048,
    mutableReason: null,
    material: null,
  };
}

describe('an access token that has expired', () => {
  it('is refused by the vault, and said as such with exit 6; the token is not shown', async () => {
    const local = await startLocalVault();
    try {
      const stale = await local.client.credential.getToken('https://managedhsm.azure.net/.default');
      assert.ok(stale);
      const token = { ...stale, expiresOnTimestamp: Date.now() + 100 * 3_600_000 };
      const connection = {
        ...vaultConnection(local),
        credential: { getToken: () => Promise.resolve(token) },
      };
      const vault = await openKeyVault(connection, local.hostAndPort);
      assert.equal(await vault.get('nothing', null), null);
      local.wait(48 * 3600);
      await assert.rejects(vault.get('nothing', null), (error) => {
        assert.ok(error instanceof CleanroomError);
        assert.deepEqual([error.code, error.exitCode], ['SERVICE_UNAUTHENTICATED', 6]);
        assert.ok(!`${error.message} ${error.hint}`.includes(token.token.slice(0, 20)));
        return true;
      });
    } finally {
      await local.stop();
    }
  });
});

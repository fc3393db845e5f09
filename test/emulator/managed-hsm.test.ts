// The managed HSM through the unmodified @azure/keyvault-keys, logged in by the unmodified @azure/identity.

import assert from 'node:assert/strict';
import { constants, privateDecrypt, randomBytes } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import {
  openRelease,
  parseReleaseJws,
  verifyReleaseJws,
} from '../../src/lib/room/key-release/release-jws.js';
import {
  exportable,
  HOST_DATA,
  policyFor,
  startLocalVault,
  testAuthority,
  type LocalVault,
} from '../support/local-vault.js';

const KEEP_IN = { keyOps: ['encrypt' as const, 'wrapKey' as const] };

describe('emulated managed HSM through the Azure SDK', () => {
  let vault: LocalVault;
  before(async () => (vault = await startLocalVault()));
  after(() => vault.stop());

  it('creates RSA-HSM, EC-HSM and oct-HSM keys and shows no private member', async () => {
    const { keys } = vault.client;
    const rsa = await keys.createKey('rsa', 'RSA', { keySize: 2048 });
    const ec = await keys.createKey('ec', 'EC-HSM', { curve: 'P-384' });
    const oct = await keys.createOctKey('oct', { hsm: true, keySize: 256 });
    assert.deepEqual([rsa.keyType, ec.keyType, oct.keyType], ['RSA-HSM', 'EC-HSM', 'oct-HSM']);
    assert.equal(ec.key?.crv, 'P-384');
    for (const { key } of [rsa, ec, oct]) {
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'] as const)
        assert.equal(key?.[member], undefined);
    }
    assert.match(rsa.id ?? '', /\/keys\/rsa\/[0-9a-f]{32}$/);
    assert.equal(rsa.properties.recoveryLevel, 'CustomizedRecoverable+Purgeable');
  });

  it('makes a new version of a name, lists versions and keys, and keeps the old one by version', async () => {
    const { keys } = vault.client;
    const first = await keys.createRsaKey('versions', { hsm: true, keySize: 2048 });
    const second = await keys.createRsaKey('versions', { hsm: true, keySize: 2048 });
    assert.equal((await keys.getKey('versions')).id, second.id);
    const old = await keys.getKey('versions', { version: first.properties.version! });
    assert.equal(old.id, first.id);
    const versions = [];
    for await (const item of keys.listPropertiesOfKeyVersions('versions')) versions.push(item.version);
    assert.deepEqual(versions, [first.properties.version, second.properties.version]);
    const names = [];
    for await (const item of keys.listPropertiesOfKeys()) names.push(item.name);
    assert.ok(names.includes('versions'));
  });

  it('wraps, unwraps, encrypts and decrypts where key_ops allow it', async () => {
    const { keys, crypto } = vault.client;
    const key = await keys.createRsaKey('wrap', { hsm: true, keySize: 2048 });
    const client = crypto(key.id!);
    const secret = randomBytes(32);
    const wrapped = await client.wrapKey('RSA-OAEP-256', secret);
    const unwrapped = await client.unwrapKey('RSA-OAEP-256', wrapped.result);
    assert.deepEqual(Buffer.from(unwrapped.result), secret);
    const oct = await keys.createOctKey('aes', { hsm: true, keySize: 256 });
    const sealed = await crypto(oct.id!).encrypt({ algorithm: 'A256GCM', plaintext: secret });
    const opened = await crypto(oct.id!).decrypt({
      algorithm: 'A256GCM',
      ciphertext: sealed.result,
      iv: sealed.iv!,
      authenticationTag: sealed.authenticationTag!,
    });
    assert.deepEqual(Buffer.from(opened.result), secret);
  });

  it('imports a key, as the SDK and as importkey write it', async () => {
    const { keys } = vault.client;
    const imported = await keys.importKey(
      'imported',
      { kty: 'oct-HSM', k: randomBytes(32), keyOps: ['encrypt', 'decrypt'] },
      { hardwareProtected: true, ...exportable() },
    );
    assert.equal(imported.keyType, 'oct-HSM');
    assert.equal(imported.properties.releasePolicy?.immutable, true);
    await assert.rejects(
      keys.importKey('long', { kty: 'oct-HSM', k: randomBytes(65) }, { hardwareProtected: true }),
      { code: 'BadParameter', message: /k property of oct key is too large, maximum size is 64/ },
    );
  });

  it('deletes, shows, recovers and purges, and keeps a deleted name', async () => {
    const officer = await startLocalVault({
      roles: [MANAGED_HSM_ROLES.cryptoUser, MANAGED_HSM_ROLES.cryptoOfficer],
    });
    try {
      const { keys } = officer.client;
      await keys.createOctKey('gone', { hsm: true });
      await (await keys.beginDeleteKey('gone', { intervalInMs: 1 })).pollUntilDone();
      await assert.rejects(keys.getKey('gone'), { code: 'KeyNotFound', statusCode: 404 });
      await assert.rejects(keys.createOctKey('gone', { hsm: true }), { statusCode: 409, code: 'Conflict' });
      await (await keys.beginRecoverDeletedKey('gone', { intervalInMs: 1 })).pollUntilDone();
      await keys.getKey('gone');
      await (await keys.beginDeleteKey('gone', { intervalInMs: 1 })).pollUntilDone();
      await keys.purgeDeletedKey('gone');
      await assert.rejects(keys.getDeletedKey('gone'), { message: /Deleted Key not found: gone/ });
    } finally {
      await officer.stop();
    }
  });

  it('couples exportable with a release policy, and knows the grammar', async () => {
    const { keys } = vault.client;
    const text = new TextEncoder();
    await assert.rejects(keys.createRsaKey('x', { hsm: true, exportable: true }), {
      code: 'BadParameter',
      message: /^Exportable keys must have release policy\. \(Activity ID/,
    });
    const { releasePolicy } = exportable();
    await assert.rejects(keys.createRsaKey('x', { hsm: true, releasePolicy }), {
      message: /^Non-exportable keys must not have release policy\./,
    });
    const unversioned = {
      encodedPolicy: text.encode(policyFor(HOST_DATA).replace('"version":"1.0.0",', '')),
    };
    await assert.rejects(
      keys.createRsaKey('x', { hsm: true, exportable: true, releasePolicy: unversioned }),
      { message: /^Key Release Policy: missing 'version' property/ },
    );
    const vacuous = { encodedPolicy: text.encode('{"version":"1.0.0","anyOf":[]}') };
    await assert.rejects(keys.createRsaKey('x', { hsm: true, exportable: true, releasePolicy: vacuous }), {
      code: 'BadParameter',
    });
  });

  it('I2: an immutable release policy is not replaced, and exportable is not changed', async () => {
    const { keys } = vault.client;
    const { properties } = await keys.createOctKey('immutable', { hsm: true, ...exportable() });
    const own = { encodedPolicy: new TextEncoder().encode(policyFor('00'.repeat(32))) };
    await assert.rejects(keys.updateKeyProperties('immutable', properties.version!, { releasePolicy: own }), {
      statusCode: 400,
      message: /^Immutable Key Release Policy cannot be modified\./,
    });
    const kept = await keys.getKey('immutable');
    assert.equal(Buffer.from(kept.properties.releasePolicy!.encodedPolicy!).toString(), policyFor(HOST_DATA));
    const mutable = await keys.createOctKey('mutable', { hsm: true, ...exportable(false) });
    await keys.updateKeyProperties('mutable', mutable.properties.version!, { releasePolicy: own });
    const answer = await vault.raw(vault.owner, 'PATCH', `/keys/mutable/${mutable.properties.version!}`, {
      attributes: { exportable: false },
    });
    assert.equal(answer.status, 400);
    assert.match(answer.json.error!.message, /^Cannot modify the exportable state of a key\./);
  });

  it('releases a key to the runtime key of a token that meets the policy, signed by its own certificate', async () => {
    const { keys } = vault.client;
    for (const [name, kty] of [
      ['release-rsa', 'RSA-HSM'],
      ['release-ec', 'EC-HSM'],
      ['release-oct', 'oct-HSM'],
    ] as const) {
      await keys.createKey(name, kty, exportable());
      for (const algorithm of [
        'CKM_RSA_AES_KEY_WRAP',
        'RSA_AES_KEY_WRAP_256',
        'RSA_AES_KEY_WRAP_384',
      ] as const) {
        const { value } = await keys.releaseKey(name, await vault.attestation.token(), {
          algorithm,
          nonce: 'n-1',
        });
        const release = verifyReleaseJws(parseReleaseJws(value), {
          vault: vault.hostAndPort,
          roots: [vault.tls.rootPem],
          at: new Date(),
        });
        assert.equal(release.algorithm, algorithm);
        assert.equal(release.nonce, 'n-1');
        assert.equal(release.runtimeKeyId, 'runtime-key');
        assert.equal(release.kty, kty.replace('-HSM', ''));
        const released = openRelease(release, vault.attestation.runtime.privateKey);
        assert.equal(released.type, kty === 'oct-HSM' ? 'secret' : 'private');
        const header = decodeProtectedHeader(value);
        assert.equal(header.kid, (header as Record<string, unknown>)['x5t#S256']);
        assert.equal(header.x5c?.length, 3);
      }
    }
  });

  it('releases the very key that it wrapped for', async () => {
    const { keys, crypto } = vault.client;
    const key = await keys.createRsaKey('same', { hsm: true, keySize: 3072, ...exportable(), ...KEEP_IN });
    const secret = randomBytes(32);
    const { result } = await crypto(key.id!).wrapKey('RSA-OAEP-256', secret);
    const { value } = await keys.releaseKey('same', await vault.attestation.token());
    const released = openRelease(
      verifyReleaseJws(parseReleaseJws(value), {
        vault: vault.hostAndPort,
        roots: [vault.tls.rootPem],
        at: new Date(),
      }),
      vault.attestation.runtime.privateKey,
    );
    const scheme = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    assert.deepEqual(privateDecrypt({ key: released, ...scheme }, result), secret);
  });

  it('I1: refuses unwrap and decrypt of a key whose key_ops hold neither, whatever the role', async () => {
    const { keys, crypto } = vault.client;
    const key = await keys.createRsaKey('locked', { hsm: true, keySize: 2048, ...exportable(), ...KEEP_IN });
    const { result } = await crypto(key.id!).wrapKey('RSA-OAEP-256', randomBytes(32));
    const value = Buffer.from(result).toString('base64url');
    for (const operation of ['unwrapkey', 'decrypt']) {
      const path = `/keys/locked/${key.properties.version!}/${operation}`;
      const answer = await vault.raw(vault.owner, 'POST', path, { alg: 'RSA-OAEP-256', value });
      assert.equal(answer.status, 403);
      assert.match(
        answer.json.error!.message,
        /^Operation (?:unwrapKey|decrypt) is not permitted on this key\./,
      );
    }
  });

  it('I1: refuses release without an attestation token of the policy’s authority', async () => {
    const { keys } = vault.client;
    await keys.createOctKey('attested', { hsm: true, ...exportable() });
    const stranger = await testAuthority();
    const good = await vault.attestation.token();
    const [header, payload] = good.split('.');
    const none = Buffer.from('{"alg":"none","kid":"a/b+c=="}').toString('base64url');
    const attempts = {
      'no token at all': 'nothing',
      'another signer with the same issuer and kid': await stranger.token(),
      'another issuer': await vault.attestation.token({ iss: 'https://attest.evil.example' }),
      'no signature': `${header!}.${payload!}.`,
      'alg none': `${none}.${payload!}.`,
    };
    for (const [what, token] of Object.entries(attempts))
      await assert.rejects(
        keys.releaseKey('attested', token),
        { statusCode: 403, message: /^Target environment attestation statement cannot be verified\./ },
        what,
      );
  });

  it('I9: refuses an attestation token that has expired', async () => {
    const { keys } = vault.client;
    await keys.createOctKey('expiring', { hsm: true, ...exportable() });
    const old = await vault.attestation.token({}, Math.floor(Date.now() / 1000) - 28_801);
    await assert.rejects(keys.releaseKey('expiring', old), { message: /cannot be verified/ });
  });

  it('refuses release where a claim does not meet the policy', async () => {
    const { keys } = vault.client;
    await keys.createOctKey('claims', { hsm: true, ...exportable() });
    for (const claims of [
      { 'x-ms-sevsnpvm-hostdata': '00'.repeat(32) },
      { 'x-ms-sevsnpvm-is-debuggable': true },
      { 'x-ms-compliance-status': 'azure-compliant-cvm' },
      { 'x-ms-attestation-type': undefined },
    ])
      await assert.rejects(keys.releaseKey('claims', await vault.attestation.token(claims)), {
        statusCode: 403,
        message: /^Target environment attestation does not meet key release policy requirements\./,
      });
  });

  it('refuses release of a disabled key and of one that is not exportable', async () => {
    const { keys } = vault.client;
    const made = await keys.createOctKey('disabled', { hsm: true, ...exportable() });
    await keys.updateKeyProperties('disabled', made.properties.version!, { enabled: false });
    await assert.rejects(keys.releaseKey('disabled', await vault.attestation.token()), {
      statusCode: 403,
      message: /disabled key/,
    });
    await keys.createOctKey('plain', { hsm: true });
    await assert.rejects(keys.releaseKey('plain', await vault.attestation.token()), { statusCode: 403 });
  });

  it('keeps its keys over a restart', async () => {
    const { keys, crypto } = vault.client;
    const key = await keys.createRsaKey('restart', { hsm: true, keySize: 2048 });
    const { result } = await crypto(key.id!).wrapKey('RSA-OAEP', Buffer.from('kek'));
    await vault.reopen();
    const unwrapped = await crypto(key.id!).unwrapKey('RSA-OAEP', result);
    assert.equal(Buffer.from(unwrapped.result).toString(), 'kek');
  });

  it('keeps no key material in the clear', async () => {
    const secret = randomBytes(32);
    await vault.client.keys.importKey('at-rest', { kty: 'oct-HSM', k: secret }, { hardwareProtected: true });
    const saved = JSON.stringify(await vault.store.load('keys-fabrikam'));
    for (const form of [
      secret.toString('base64').slice(0, 40),
      secret.toString('base64url'),
      secret.toString('hex'),
    ])
      assert.equal(saved.includes(form), false);
    assert.equal(saved.includes('PRIVATE KEY'), false);
  });
});

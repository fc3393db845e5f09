// sign and verify of the emulated managed HSM, through the unmodified @azure/keyvault-keys and on the wire
// (LEARN REST "Keys - Sign" and "Keys - Verify", 7.4). Texts of the refusals: recorded from Key Vault
// (Azure/azure-sdk-for-node#4603 for the curve).

import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto';

import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import type { HttpsAnswer } from '../support/https-call.js';
import { startLocalVault, type LocalVault } from '../support/local-vault.js';

const TEXT = Buffer.from('Contoso and Fabrikam agree.');
const EC_ALGORITHMS = [
  ['P-256', 'ES256', 'sha256'],
  ['P-384', 'ES384', 'sha384'],
  ['P-521', 'ES512', 'sha512'],
  ['P-256K', 'ES256K', 'sha256'],
] as const;

describe('signatures of the emulated managed HSM', () => {
  let vault: LocalVault;
  before(async () => (vault = await startLocalVault()));
  after(() => vault.stop());

  const digestOf = (hash: string): Buffer => createHash(hash).update(TEXT).digest();
  const call = (path: string, body: unknown) => vault.raw(vault.owner, 'POST', `/keys/${path}`, body);
  const errorOf = ({ json }: HttpsAnswer) =>
    json.error as { code: string; message: string; innererror?: { code: string } };

  for (const [curve, alg, hash] of EC_ALGORITHMS) {
    it(`signs a digest by ${alg} so that OpenSSL verifies it, and verifies what it signed`, async () => {
      const key = await vault.client.keys.createEcKey(`ec-${curve}`, { curve, hsm: true });
      const crypto = vault.client.crypto(key.id!);
      const { result, keyID } = await crypto.sign(alg, digestOf(hash));
      assert.equal(keyID, key.id);
      const { x, y } = key.key!;
      const jwk: JsonWebKey = {
        kty: 'EC',
        crv: curve === 'P-256K' ? 'secp256k1' : curve,
        x: Buffer.from(x!).toString('base64url'),
        y: Buffer.from(y!).toString('base64url'),
      };
      const publicKey = {
        key: createPublicKey({ key: jwk, format: 'jwk' }),
        dsaEncoding: 'ieee-p1363' as const,
      };
      assert.ok(verify(hash, TEXT, publicKey, result));
      assert.equal((await crypto.verify(alg, digestOf(hash), result)).result, true);
      const other = createHash(hash).update('Contoso alone agrees.').digest();
      assert.equal((await crypto.verify(alg, other, result)).result, false);
      for (const bit of [0, 8 * result.length - 1]) {
        const flipped = Uint8Array.from(result);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        assert.equal((await crypto.verify(alg, digestOf(hash), flipped)).result, false);
      }
    });
  }

  it('signs by RS256, and answers a verification with its value alone', async () => {
    const key = await vault.client.keys.createRsaKey('rsa', { hsm: true, keySize: 2048 });
    const { result } = await vault.client.crypto(key.id!).sign('RS256', digestOf('sha256'));
    const { n, e } = key.key!;
    const jwk = {
      kty: 'RSA',
      n: Buffer.from(n!).toString('base64url'),
      e: Buffer.from(e!).toString('base64url'),
    };
    assert.ok(verify('sha256', TEXT, createPublicKey({ key: jwk, format: 'jwk' }), result));
    const answer = await call(`rsa/${key.properties.version!}/verify`, {
      alg: 'RS256',
      digest: digestOf('sha256').toString('base64url'),
      value: Buffer.from(result).toString('base64url'),
    });
    assert.deepEqual(answer.json, { value: true });
  });

  it('refuses an algorithm of another curve, another family or none, and a digest of another length', async () => {
    const key = await vault.client.keys.createEcKey('strict', { curve: 'P-384', hsm: true });
    const path = `strict/${key.properties.version!}/sign`;
    const value = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64url');
    for (const [body, said] of [
      [
        { alg: 'ES256', value: value(32) },
        /uses curve 'P-384', and algorithm 'ES256' can only be used with curve 'P-256'/,
      ],
      [{ alg: 'ES384', value: value(32) }, /Invalid length of 'value': 32 bytes\. ES384 requires 48 bytes/],
      [{ alg: 'RS256', value: value(32) }, /alg has invalid value 'RS256'/],
      [{ value: value(32) }, /alg has invalid value ''/],
      [{ alg: 'ES384', value: 'a+/=' }, /not base64url/],
    ] as const) {
      const answer = await call(path, body);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(errorOf(answer).code, 'BadParameter');
      assert.match(errorOf(answer).message, said);
    }
  });

  it('refuses to sign with a key whose key_ops lack it, that is disabled, out of time or not there', async () => {
    const { keys } = vault.client;
    const body = { alg: 'ES256', value: digestOf('sha256').toString('base64url') };
    await keys.createEcKey('verifies', { hsm: true, keyOps: ['verify'] });
    await keys.createEcKey('disabled', { hsm: true, enabled: false });
    await keys.createEcKey('expired', { hsm: true, expiresOn: new Date(Date.now() - 60_000) });
    for (const [name, status, code] of [
      ['verifies', 403, 'KeyOperationForbidden'],
      ['disabled', 403, 'KeyDisabled'],
      ['expired', 403, 'KeyExpired'],
      ['nowhere', 404, undefined],
    ] as const) {
      const answer = await call(`${name}/sign`, body);
      assert.deepEqual([answer.status, errorOf(answer).innererror?.code], [status, code], answer.text);
    }
  });

  it('lets a Crypto User sign, and neither an auditor nor the role of rooms', async () => {
    await vault.client.keys.createEcKey('roles', { hsm: true });
    const body = { alg: 'ES256', value: digestOf('sha256').toString('base64url') };
    for (const role of [MANAGED_HSM_ROLES.cryptoAuditor, MANAGED_HSM_ROLES.cryptoServiceReleaseUser]) {
      const login = await vault.identity.directory.addLogin(vault.tenant, role.name);
      await vault.roles.assign(login.principalId, role, '/');
      const { clientId } = login.application;
      const answer = await vault.raw({ clientId, secret: login.secret }, 'POST', '/keys/roles/sign', body);
      assert.equal(answer.status, 403);
      assert.match(errorOf(answer).message, /keys\/sign\/action/);
    }
  });
});

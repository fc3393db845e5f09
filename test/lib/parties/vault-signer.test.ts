// What a vault answers is not believed: its signature is verified under the key that it showed.

import assert from 'node:assert/strict';
import { sign } from 'node:crypto';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { parseKeyReference, renderKeyReference } from '../../../src/lib/keys/contract-signer.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import type { KeyVault, VaultKey } from '../../../src/lib/ports/key-vault.js';
import { openVaultSigner } from '../../../src/lib/parties/vault-signer.js';

const ADDRESS = { host: 'fabrikam.managedhsm.azure.net', name: 'contract', version: null };

/* Answers for a contract key, and signs with whichever key the test gives it. */
function vaultOf(shown: PublicKeyJwk, signs: (digest: Uint8Array) => Uint8Array): KeyVault {
  const key: VaultKey = {
    id: `https://evil.example/keys/contract/1`,
    name: 'contract',
    version: '1',
    kty: 'EC-HSM',
    publicKey: shown,
    operations: ['sign'],
    enabled: true,
    exportable: false,
    releasePolicy: null,
    createdAt: null,
    tags: {},
  };
  return {
    host: ADDRESS.host,
    get: () => Promise.resolve(key),
    signEs256: (_, digest) => Promise.resolve(signs(digest)),
  } as Partial<KeyVault> as KeyVault;
}

describe('a vault that signs for a party', () => {
  const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  const { kty, crv, x, y } = privateKey.export({ format: 'jwk' });
  const shown = { kty, crv, x, y } as PublicKeyJwk;
  const text = utf8('agreed');

  it('is refused where its signature is not that of the key it showed', async () => {
    const answers = [
      () => new Uint8Array(64),
      () => new Uint8Array(0),
      // Over the digest of the digest.
      (digest: Uint8Array) => sign('sha256', digest, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      // In DER.
      () => sign('sha256', text, privateKey),
    ];
    for (const answer of answers) {
      const signer = await openVaultSigner(vaultOf(shown, answer), ADDRESS);
      await assert.rejects(signer.sign(text), { code: 'SERVICE_REFUSED' });
    }
    const honest = () => sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    assert.equal((await (await openVaultSigner(vaultOf(shown, honest), ADDRESS)).sign(text)).length, 64);
  });

  it('is named by the host that was asked, never by the id in its answer', async () => {
    const signer = await openVaultSigner(
      vaultOf(shown, () => new Uint8Array(64)),
      ADDRESS,
    );
    assert.equal(signer.url, 'https://fabrikam.managedhsm.azure.net/keys/contract/1');
  });

  it('is referred to by a public JWK, and by nothing else', () => {
    const reference = { publicKey: shown, url: 'https://fabrikam.managedhsm.azure.net/keys/contract/1' };
    const text = renderKeyReference(reference);
    assert.deepEqual(parseKeyReference(text), reference);
    const jwk = JSON.parse(text) as Record<string, unknown>;
    for (const other of [
      { ...jwk, d: 'AA' },
      { ...jwk, kid: 'http://fabrikam.managedhsm.azure.net/keys/contract/1' },
      { ...jwk, crv: 'P-384' },
      { ...jwk, x: jwk['y'] },
      { kty, crv, x, y },
    ])
      assert.equal(parseKeyReference(JSON.stringify(other)), null, JSON.stringify(other));
  });
});

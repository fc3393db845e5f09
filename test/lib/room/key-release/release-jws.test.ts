import assert from 'node:assert/strict';
import { type KeyObject, sign } from 'node:crypto';

import { freshKeyPairSync } from '../../../../src/lib/keys/fresh-key.js';
import { utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import { toBase64Url } from '../../../../src/lib/base/bytes/base64.js';
import { wrapForRelease } from '../../../../src/lib/room/key-release/key-wrap.js';
import {
  openRelease,
  parseReleaseJws,
  verifyReleaseJws,
} from '../../../../src/lib/room/key-release/release-jws.js';
import { makeVaultCertificates, type VaultCertificates } from '../../../support/vault-certificates.js';

const VAULT = 'fabrikam-hsm.managedhsm.azure.net';
const AT = new Date('2026-11-23T00:00:00Z');

describe('release answer', () => {
  const runtime = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const released = freshKeyPairSync({ type: 'rsa', bits: 2048 }).privateKey;
  let vault: VaultCertificates;
  let stranger: VaultCertificates;

  before(() => {
    vault = makeVaultCertificates({ names: [VAULT] });
    stranger = makeVaultCertificates({ names: [VAULT] });
  });

  it('opens to the key that was released', () => {
    const release = verifyReleaseJws(parseReleaseJws(answer(vault)), trust());
    const key = openRelease(release, runtime.privateKey);
    assert.deepEqual(key.export({ format: 'jwk' }), released.export({ format: 'jwk' }));
    assert.equal(release.keyId, `https://${VAULT}/keys/notes/0123`);
  });

  it('X3: refuses an answer signed by somebody with a certificate for the same name', () => {
    assert.throws(() => verifyReleaseJws(parseReleaseJws(answer(stranger)), trust()), {
      code: 'RELEASE_JWS_REJECTED',
    });
  });

  it('X3: refuses an answer of another vault', () => {
    assert.throws(
      () => verifyReleaseJws(parseReleaseJws(answer(vault)), { ...trust(), vault: 'evil.example.net' }),
      { code: 'RELEASE_JWS_REJECTED' },
    );
  });

  it('compares a name with a port verbatim', () => {
    const local = makeVaultCertificates({ names: ['127.0.0.1:8443'] });
    const at = { roots: [local.root], at: AT };
    verifyReleaseJws(parseReleaseJws(answer(local)), { ...at, vault: '127.0.0.1:8443' });
    assert.throws(() => verifyReleaseJws(parseReleaseJws(answer(local)), { ...at, vault: '127.0.0.1:8444' }));
  });

  it('refuses a certificate that is not for a server, or out of its time', () => {
    const client = makeVaultCertificates({ names: [VAULT], serverAuth: false });
    const old = makeVaultCertificates({ names: [VAULT], notAfter: new Date('2026-02-01T00:00:00Z') });
    for (const bad of [client, old]) {
      assert.throws(() => verifyReleaseJws(parseReleaseJws(answer(bad)), { ...trust(), roots: [bad.root] }), {
        code: 'RELEASE_JWS_REJECTED',
      });
    }
  });

  it('refuses a changed payload', () => {
    const [header, , signature] = answer(vault).split('.');
    const [, payload] = answer(vault).split('.');
    const parsed = parseReleaseJws([header, payload, signature].join('.'));
    assert.throws(() => verifyReleaseJws(parsed, trust()), { code: 'RELEASE_JWS_REJECTED' });
  });

  it('refuses every form that is not a release answer', () => {
    const [header = '', payload = '', signature = ''] = answer(vault).split('.');
    const none = toBase64Url(utf8(JSON.stringify({ alg: 'none', x5c: vault.chain })));
    const noChain = toBase64Url(utf8(JSON.stringify({ alg: 'RS256', x5c: [] })));
    for (const bad of [
      '',
      'a.b.c',
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.x`,
      `${none}.${payload}.${signature}`,
      `${noChain}.${payload}.${signature}`,
      `${header}.${toBase64Url(utf8('{}'))}.${signature}`,
      `${header}.${payload}.${signature}=`,
    ]) {
      assert.throws(() => parseReleaseJws(bad), { code: 'RELEASE_JWS_REJECTED' });
    }
  });

  function trust(): { vault: string; roots: string[]; at: Date } {
    return { vault: VAULT, roots: [vault.root], at: AT };
  }

  function answer({ chain, key }: { chain: readonly string[]; key: KeyObject }): string {
    const enc = 'CKM_RSA_AES_KEY_WRAP';
    const target = released.export({ format: 'der', type: 'pkcs8' });
    const keyHsm = {
      schema_version: '1.0',
      header: { kid: 'runtime', alg: 'dir', enc },
      ciphertext: toBase64Url(wrapForRelease(enc, runtime.publicKey, target)),
    };
    const kid = `https://${VAULT}/keys/notes`;
    const payload = {
      request: { 'api-version': '7.4', enc, kid },
      response: {
        key: {
          key: { kid: `${kid}/0123`, kty: 'RSA', key_ops: ['decrypt'], key_hsm: encode(keyHsm) },
          attributes: { enabled: true, exportable: true },
        },
      },
    };
    const signed = `${encode({ alg: 'RS256', kid: 'x', x5c: chain })}.${encode(payload)}`;
    return `${signed}.${toBase64Url(sign('sha256', utf8(signed), key))}`;
  }

  function encode(value: unknown): string {
    return toBase64Url(utf8(JSON.stringify(value)));
  }
});

// Microsoft's sidecar, as a client: the requests that its Go code sends, and the checks that it makes on the answers, so that
// the unmodified binary works against these services. Nothing of our own client or of our stand-in takes part.
// Source: microsoft/confidential-sidecar-containers fa8df58, pkg/common/{maa,akv,keywrap,token}.go, pkg/skr/skr.go.

import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createVerify,
  type KeyObject,
  privateDecrypt,
  X509Certificate,
} from 'node:crypto';
import { request as httpRequest } from 'node:http';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { httpsCall } from '../support/https-call.js';
import { type LocalRoom, startLocalRoom } from '../support/local-room.js';

/* jwx v1 takes these and fails on any other (vendor/.../jwx/jwk/key_ops.go). */
const JWX_KEY_OPS = [
  'sign',
  'verify',
  'encrypt',
  'decrypt',
  'wrapKey',
  'unwrapKey',
  'deriveKey',
  'deriveBits',
];
/* Go's base64.RawURLEncoding: a padding character is an error. */
const RAW_URL = /^[A-Za-z0-9_-]+$/;
const NONCE = '17251908463124456789';

describe("Microsoft's key release sidecar, as a client", () => {
  let room: LocalRoom;
  let runtimeKey: { readonly privateKey: KeyObject; readonly data: Buffer };
  let ca: string;

  before(async () => {
    room = await startLocalRoom();
    ca = room.vault.tls.rootPem;
    runtimeKey = makeRuntimeKey();
    await room.vault.roles.assign(room.identity.principalId, MANAGED_HSM_ROLES.cryptoServiceReleaseUser, '/');
  });
  after(() => room.stop());

  /** `{"keys":[…]}` with members in alphabetical order and no spaces, as Go marshals it. */
  function makeRuntimeKey(): typeof runtimeKey {
    const { privateKey, publicKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
    const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
    const kid = createHash('sha256').update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest('base64url');
    const data = Buffer.from(
      `{"keys":[{"e":"${e}","key_ops":["encrypt"],"kid":"${kid}","kty":"RSA","n":"${n}"}]}`,
    );
    return { privateKey, data };
  }

  /** base64.URLEncoding, with padding. */
  const padded = (bytes: Uint8Array | string): string => {
    const text = Buffer.from(bytes).toString('base64url');
    return text + '='.repeat((4 - (text.length % 4)) % 4);
  };

  const metadata = (
    path: string,
    headers: Record<string, string> = { Metadata: 'true' },
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port: room.metadataPort, path, headers }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end();
    });

  async function attest(path = '/attest/SevSnpVM?api-version=2020-10-01'): Promise<string> {
    const { vcekCert, certificateChain } = JSON.parse(
      (await metadata('/metadata/THIM/amd/certification')).text,
    ) as Record<string, string>;
    const report = room.signReport(createHash('sha256').update(runtimeKey.data).digest());
    const uvm = padded(Buffer.from(room.utilityVm.endorsement));
    const maaReport = JSON.stringify({
      SnpReport: padded(report),
      VcekCertChain: padded(vcekCert! + certificateChain!),
      Endorsements: padded(JSON.stringify({ Uvm: [uvm] })),
    });
    /* The nonce is a number in the text: JSON.stringify could not write it. */
    const body = `{"report":"${padded(maaReport)}","runtimeData":{"data":"${padded(runtimeKey.data)}","dataType":"JSON"},"initTimeData":{"data":"","dataType":""},"nonce":${NONCE}}`;
    const answer = await httpsCall('POST', `${room.maa.url}${path}`, {
      ca,
      text: body,
    });
    assert.ok(answer.status >= 200 && answer.status <= 207, JSON.stringify(answer.json));
    return (answer.json as { token: string }).token;
  }

  async function managedToken(): Promise<string> {
    const query = `api-version=2018-02-01&resource=${encodeURIComponent('https://managedhsm.azure.net')}`;
    const { status, text } = await metadata(`/metadata/identity/oauth2/token?${query}`);
    assert.equal(status, 200, text);
    const token = JSON.parse(text) as Record<string, unknown>;
    /* Go's struct has strings here: numbers would not unmarshal. */
    for (const name of ['expires_in', 'expires_on', 'not_before'])
      assert.equal(typeof token[name], 'string', name);
    return token['access_token'] as string;
  }

  interface Released {
    readonly kty: string;
    readonly keyOps: readonly string[];
    readonly bytes: Buffer;
  }

  /** _releaseKey: no challenge step, api-version 7.4, only `target` in the body; then the checks on the JWS. */
  async function release(kid: string, slash = ''): Promise<Released> {
    const { hostAndPort } = room.vault;
    const answer = await httpsCall(
      'POST',
      `https://${hostAndPort}/keys/${kid}/release${slash}?api-version=7.4`,
      {
        ca,
        token: await managedToken(),
        body: { target: await attest() },
      },
    );
    assert.equal(answer.status, 200, JSON.stringify(answer.json));
    return openRelease((answer.json as { value: string }).value, hostAndPort);
  }

  function openRelease(jws: string, akvEndpoint: string): Released {
    const parts = jws.split('.');
    assert.equal(parts.length, 3);
    for (const part of parts) assert.match(part, RAW_URL);
    const [header = '', payload = '', signature = ''] = parts;
    const { alg, x5c } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
      alg: string;
      x5c: string[];
    };
    assert.equal(alg, 'RS256');
    const chain = x5c.map((der) => new X509Certificate(Buffer.from(der, 'base64')));
    const leaf = chain[0]!;
    assert.equal(leaf.publicKey.asymmetricKeyType, 'rsa');
    assert.ok(
      createVerify('sha256').update(`${header}.${payload}`).verify(leaf.publicKey, signature, 'base64url'),
    );
    verifyAsGoDoes(chain, akvEndpoint);
    const { response } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      response: { key: { key: { kty: string; key_ops: string[]; key_hsm: string } } };
    };
    const { kty, key_ops: keyOps, key_hsm: keyHsm } = response.key.key;
    assert.match(keyHsm, RAW_URL);
    const { ciphertext, header: wrapping } = JSON.parse(Buffer.from(keyHsm, 'base64url').toString()) as {
      ciphertext: string;
      header: { enc: string };
    };
    assert.match(ciphertext, RAW_URL);
    assert.equal(wrapping.enc, 'CKM_RSA_AES_KEY_WRAP');
    assert.deepEqual(
      keyOps.filter((operation) => !JWX_KEY_OPS.includes(operation)),
      [],
    );
    return { kty, keyOps, bytes: unwrap(Buffer.from(ciphertext, 'base64url')) };
  }

  /** x509.Verify: DNS name = the literal endpoint, intermediates = x5c[1..len-2], roots of the system, server authentication. */
  function verifyAsGoDoes(chain: readonly X509Certificate[], dnsName: string): void {
    const root = new X509Certificate(ca);
    const [leaf, ...others] = chain;
    const names = (leaf!.subjectAltName ?? '').split(', ');
    assert.ok(names.includes(`DNS:${dnsName}`), `${dnsName} is none of ${names.join(', ')}`);
    assert.ok(leaf!.keyUsage.includes('1.3.6.1.5.5.7.3.1'), 'no server authentication');
    let issued = leaf!;
    for (const intermediate of [...others.slice(0, -1), root]) {
      assert.ok(issued.verify(intermediate.publicKey), `not issued by ${intermediate.subject}`);
      issued = intermediate;
    }
  }

  /** Split at 256 bytes; RSA-OAEP with SHA-1 for the default algorithm; then RFC 5649. */
  function unwrap(wrapped: Buffer): Buffer {
    const kek = privateDecrypt(
      { key: runtimeKey.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      wrapped.subarray(0, 256),
    );
    const decipher = createDecipheriv('id-aes256-wrap-pad', kek, Buffer.from('A65959A6', 'hex'));
    return Buffer.concat([decipher.update(wrapped.subarray(256)), decipher.final()]);
  }

  const makeKey = (name: string, kty: 'RSA-HSM' | 'EC-HSM' | 'oct-HSM', keyOps?: string[]) =>
    room.vault.client.keys.createKey(name, kty, {
      exportable: true,
      releasePolicy: room.releasePolicy(),
      ...(keyOps === undefined ? {} : { keyOps }),
    });

  it('gets certificates of the machine in the THIM form, and nothing without the Metadata header', async () => {
    const thim = JSON.parse((await metadata('/metadata/THIM/amd/certification')).text) as Record<
      string,
      string
    >;
    assert.match(thim['tcbm']!, /^[0-9A-Fa-f]{16}$/);
    assert.match(thim['vcekCert']!, /^-----BEGIN CERTIFICATE-----/);
    assert.equal(thim['certificateChain']!.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.equal((await metadata('/metadata/THIM/amd/certification', {})).status, 400);
  });

  for (const path of ['/attest/SevSnpVM?api-version=2020-10-01', '/attest/SevSnpVm?api-version=2022-08-01']) {
    it(`gets a token for its padded base64url and its numeric nonce: POST ${path}`, async () => {
      const [, claims = ''] = (await attest(path)).split('.');
      const { nonce, ...others } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
        string,
        unknown
      >;
      assert.equal(nonce, NONCE, 'a 64-bit number, to the last digit');
      assert.equal(others['x-ms-attestation-type'], 'sevsnpvm');
      assert.deepEqual(
        (others['x-ms-runtime'] as { keys: unknown[] }).keys,
        (JSON.parse(runtimeKey.data.toString()) as { keys: unknown[] }).keys,
      );
    });
  }

  for (const [kty, type] of [
    ['RSA-HSM', 'rsa'],
    ['EC-HSM', 'ec'],
  ] as const) {
    it(`releases and unwraps a key of type ${kty} as PKCS#8`, async () => {
      await makeKey(`go-${type}`, kty);
      const { kty: released, bytes } = await release(`go-${type}`);
      assert.ok([kty, kty.replace('-HSM', '')].includes(released));
      assert.equal(createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }).asymmetricKeyType, type);
    });
  }

  it('releases and unwraps an oct key as its raw bytes', async () => {
    await makeKey('go-oct', 'oct-HSM');
    const { kty, bytes } = await release('go-oct');
    assert.match(kty, /^oct/);
    assert.equal(bytes.length, 32);
  });

  it('may name a version in the key, and may end the path with a slash', async () => {
    const { properties } = await makeKey('go-versions', 'oct-HSM');
    const named = await release(`go-versions/${properties.version!}`);
    const slashed = await release('go-versions', '/');
    assert.deepEqual(named.bytes, slashed.bytes);
  });

  it('finds only key operations that jwx knows, whatever the key may do', async () => {
    await makeKey('go-operations', 'RSA-HSM', [
      'encrypt',
      'decrypt',
      'wrapKey',
      'unwrapKey',
      'sign',
      'verify',
    ]);
    const { keyOps } = await release('go-operations');
    assert.ok(keyOps.length > 0);
  });

  it('I2: is refused with 403 where the policy names another host data', async () => {
    await room.vault.client.keys.createKey('go-other', 'oct-HSM', {
      exportable: true,
      releasePolicy: room.releasePolicy('00'.repeat(32)),
    });
    const answer = await httpsCall(
      'POST',
      `https://${room.vault.hostAndPort}/keys/go-other/release?api-version=7.4`,
      {
        ca,
        token: await managedToken(),
        body: { target: await attest() },
      },
    );
    assert.equal(answer.status, 403);
    assert.match(JSON.stringify(answer.json), /does not meet key release policy/);
  });

  it('X3: sees through an answer whose certificate is for another endpoint than the literal one it asked', async () => {
    await makeKey('go-names', 'oct-HSM');
    const answer = await httpsCall(
      'POST',
      `https://${room.vault.hostAndPort}/keys/go-names/release?api-version=7.4`,
      {
        ca,
        token: await managedToken(),
        body: { target: await attest() },
      },
    );
    const { value } = answer.json as { value: string };
    assert.doesNotThrow(() => openRelease(value, room.vault.hostAndPort));
    for (const other of ['127.0.0.1:1', 'fabrikam-hsm.managedhsm.azure.net.attacker.example'])
      assert.throws(() => openRelease(value, other), /is none of/);
  });
});

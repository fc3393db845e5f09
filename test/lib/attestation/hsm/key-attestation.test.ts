// Attestations of keys by an HSM of our own, in the form of the real ones.

import assert from 'node:assert/strict';
import { type JsonWebKey, sign } from 'node:crypto';
import { parseAnchors, PINNED_ANCHORS } from '../../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { ATTRIBUTE } from '../../../../src/lib/attestation/hsm/attributes.js';
import { namesKey } from '../../../../src/lib/attestation/hsm/attested-key.js';
import { makerChain, operatorChain } from '../../../../src/lib/attestation/hsm/chains.js';
import {
  ATTESTATION_CHECKS,
  type AttestedKeyRequest,
  checkKeyAttestation,
} from '../../../../src/lib/attestation/hsm/check-key-attestation.js';
import { parseKeyAttestation } from '../../../../src/lib/attestation/hsm/key-attestation.js';
import {
  hasOlderForm,
  parseSignedAttributes,
} from '../../../../src/lib/attestation/hsm/signed-attributes.js';
import { parseCertificateOfVersion1Too } from '../../../../src/lib/attestation/x509/certificate.js';
import { parsePem } from '../../../../src/lib/attestation/x509/pem.js';
import { renderAnchors } from '../../../../src/lib/emulator/anchors.js';
import { attestKey, signedAttributes } from '../../../../src/lib/emulator/managed-hsm/key-attestation.js';
import type { HsmPartition } from '../../../../src/lib/emulator/managed-hsm/hsm-maker.js';
import type { KeyVersion } from '../../../../src/lib/emulator/managed-hsm/key-records.js';
import { MANAGED_HSM } from '../../../../src/lib/emulator/managed-hsm/constants.js';
import { issueCertificate } from '../../../../src/lib/emulator/tls/certificates.js';
import { freshKeyPairSync } from '../../../../src/lib/keys/fresh-key.js';
import { keyThumbprint } from '../../../../src/lib/keys/key-thumbprint.js';
import { testHsmMaker, testProcessor, testUtilityVm } from '../../../support/emulated-trust.js';

const url = (text: string | Uint8Array): string => Buffer.from(text as string).toString('base64url');

const certificates = (pem: string) => parsePem(pem, 'CERTIFICATE').map(parseCertificateOfVersion1Too);

describe('attestations by an HSM of our own, in the same form', () => {
  const { publicKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const host = { kind: MANAGED_HSM, url: 'https://127.0.0.1:1' };
  const KEY = 'https://127.0.0.1:1/keys/notes/0123';
  const key: KeyVersion = {
    name: 'notes',
    version: '0123',
    kty: 'RSA-HSM',
    keyOps: ['wrapKey'],
    publicMembers: members(publicKey.export({ format: 'jwk' })),
    enabled: true,
    notBefore: null,
    expires: null,
    exportable: true,
    created: 0,
    updated: 0,
    tags: {},
    releasePolicy: null,
    imported: false,
    sealed: '',
  };
  let partition: HsmPartition;
  let anchors: typeof PINNED_ANCHORS.hsm;

  before(async () => {
    const hsmMaker = await testHsmMaker();
    partition = await hsmMaker.partition('fabrikam');
    const [processor, utilityVm] = [await testProcessor(), await testUtilityVm()];
    const text = renderAnchors({ processors: [processor], utilityVm, attestationServices: [], hsmMaker });
    anchors = parseAnchors(text).hsm;
  });

  const honest = (changes: Partial<KeyVersion> = {}) => attestKey(host, { ...key, ...changes }, partition);

  async function statuses(
    attestation: unknown,
    changes: Partial<AttestedKeyRequest> = {},
    roots = anchors,
  ): Promise<string> {
    const request = {
      key: KEY,
      thumbprint: keyThumbprint(publicKey),
      attestation,
      at: new Date(),
      ...changes,
    };
    const { findings } = await checkKeyAttestation(request, roots, nodeSignatureCrypto);
    return ATTESTATION_CHECKS.map((id) => findings[id].status).join(' ');
  }

  /* The private half signed anew by the same partition, with other attributes. */
  function signedAnew(changes: ReadonlyMap<number, Uint8Array | null>): Record<string, unknown> {
    const made = honest();
    const { attributes } = parseSignedAttributes(bytesOf(made['privateKeyAttestation']));
    const changed = [...new Map([...attributes, ...changes])].flatMap(([type, value]) =>
      value === null ? [] : [[type, value] as const],
    );
    return { ...made, privateKeyAttestation: url(signedAttributes(changed, partition)) };
  }

  it('hold: form, maker, operator, key and origin', async () => {
    assert.equal(await statuses(honest()), 'pass pass pass pass pass');
    const alone = withoutPublicHalf(honest());
    assert.equal(await statuses(alone), 'pass pass pass pass pass');
    assert.equal(await statuses({ ...alone, publicKeyAttestation: null }), 'pass pass pass pass pass');
    const request = { key: KEY, thumbprint: null, attestation: honest(), at: new Date() };
    const { attributes } = await checkKeyAttestation(request, anchors, nodeSignatureCrypto);
    assert.deepEqual(
      attributes.find(({ name }) => name === 'OBJ_ATTR_LOCAL'),
      { name: 'OBJ_ATTR_LOCAL', value: '01' },
    );
  });

  it('are refused where they are about another key, another version, a public half or another public key', async () => {
    assert.equal(await statuses(honest({ name: 'other' })), 'pass pass pass fail pass');
    assert.equal(await statuses(honest({ version: '0122' })), 'pass pass pass fail pass');
    assert.equal(await statuses(honest(), { key: KEY.replace(':1/', ':2/') }), 'pass pass pass fail pass');
    const stranger = freshKeyPairSync({ type: 'rsa', bits: 2048 }).publicKey;
    const swapped = honest({ publicMembers: members(stranger.export({ format: 'jwk' })) });
    assert.equal(await statuses(swapped), 'pass pass pass fail pass');
    const made = honest();
    const halves = { ...made, privateKeyAttestation: made['publicKeyAttestation'] };
    assert.equal(await statuses(halves), 'pass pass pass fail skip');
    assert.equal(
      await statuses({ ...made, publicKeyAttestation: made['privateKeyAttestation'] }),
      'pass pass pass fail pass',
    );
    assert.equal(
      await statuses({ ...made, publicKeyAttestation: swapped['publicKeyAttestation'] }),
      'pass pass pass fail pass',
    );
    const renamed = honest({ version: '0124' })['publicKeyAttestation'];
    assert.equal(await statuses({ ...made, publicKeyAttestation: renamed }), 'pass pass pass fail pass');
    const unnamed = signedAnew(new Map([[ATTRIBUTE.id, new Uint8Array(128)]]));
    assert.equal(await statuses(unnamed), 'pass pass pass fail pass');
    const secret = signedAnew(new Map([[ATTRIBUTE.class, Uint8Array.of(4)]]));
    assert.equal(await statuses(secret), 'pass pass pass fail pass');
  });

  it('say nothing of the key where its public half is not known on one side', async () => {
    assert.equal(await statuses(honest(), { thumbprint: null }), 'pass pass pass skip pass');
    const alone = withoutPublicHalf(signedAnew(new Map([[ATTRIBUTE.modulus, null]])));
    assert.equal(await statuses(alone), 'pass pass pass skip pass');
    const noExponent = signedAnew(new Map([[ATTRIBUTE.publicExponent, null]]));
    delete noExponent['publicKeyAttestation'];
    assert.equal(await statuses(noExponent), 'pass pass pass skip pass');
    const otherKind = signedAnew(new Map([[ATTRIBUTE.keyType, Uint8Array.of(1)]]));
    delete otherKind['publicKeyAttestation'];
    assert.equal(await statuses(otherKind), 'pass pass pass skip pass');
    // The public half may tell what the private one does not.
    assert.equal(
      await statuses(signedAnew(new Map([[ATTRIBUTE.modulus, null]]))),
      'pass pass pass pass pass',
    );
  });

  it('prove no origin where the key was imported, may be read in the clear, or where a flag is none', async () => {
    assert.equal(await statuses(honest({ imported: true })), 'pass pass pass pass skip');
    for (const [type, value] of [
      [ATTRIBUTE.sensitive, Uint8Array.of(0)],
      [ATTRIBUTE.sensitive, null],
      [ATTRIBUTE.local, null],
      [ATTRIBUTE.local, Uint8Array.of(2)],
      [ATTRIBUTE.local, Uint8Array.of(1, 0)],
    ] as const)
      assert.equal(await statuses(signedAnew(new Map([[type, value]]))), 'pass pass pass pass skip');
  });

  it('are refused for any flipped bit of what is signed and of the signature, and for any cut', async () => {
    const made = honest();
    const blob = bytesOf(made['privateKeyAttestation']);
    for (let index = 0; index < blob.length; index += 13) {
      const flipped = Buffer.from(blob);
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 8));
      const found = await statuses({ ...made, privateKeyAttestation: url(flipped) });
      assert.match(found, /^fail/, `byte ${index}`);
    }
    for (const length of [0, 1, 255, 256, 291, 292, blob.length - 1])
      assert.match(
        await statuses({ ...made, privateKeyAttestation: url(blob.subarray(0, length)) }),
        /^fail/,
        `${length} bytes`,
      );
    const longer = Buffer.concat([blob, Buffer.alloc(1)]);
    assert.match(await statuses({ ...made, privateKeyAttestation: url(longer) }), /^fail/);
    const half = bytesOf(made['publicKeyAttestation']);
    half[100] = (half[100] ?? 0) ^ 1;
    assert.match(await statuses({ ...made, publicKeyAttestation: url(half) }), /^fail/);
  });

  it('are refused under another maker, another operator, a cut chain, another signer and certificates that are none', async () => {
    const made = honest();
    assert.equal(await statuses(made, {}, PINNED_ANCHORS.hsm), 'pass fail skip pass pass');
    assert.equal(await statuses(made, {}, { makers: [], operators: [] }), 'pass skip skip pass pass');
    const [byCard, card, byOperator, operator] = partition.certificates.split(
      /(?<=-----END CERTIFICATE-----\r?\n)/,
    );
    const under = (...pems: readonly (string | undefined)[]) => ({
      ...made,
      certificatePemFile: url(pems.join('')),
    });
    assert.equal(await statuses(under(byCard, byOperator, operator)), 'pass fail pass pass pass');
    assert.equal(await statuses(under(card, byOperator, operator)), 'pass fail pass pass pass');
    assert.equal(await statuses(under(byCard, card, byOperator)), 'pass pass fail pass pass');
    assert.equal(await statuses(under(byCard, card, operator)), 'pass pass fail pass pass');
    assert.equal(await statuses(under(card, operator)), 'fail skip skip skip skip');
    assert.equal(await statuses(under('no certificate')), 'fail skip skip skip skip');
    assert.equal(await statuses(under(...Array<string>(33).fill(byCard ?? ''))), 'fail skip skip skip skip');
    // In any order, twice, with text between them.
    assert.equal(
      await statuses(under('Bag\n', operator, byOperator, card, card, byCard)),
      'pass pass pass pass pass',
    );
    const strange = await issueCertificate({
      commonName: 'an operator of its own',
      notBefore: new Date(),
      years: 1,
      issuer: null,
      profile: { kind: 'authority', pathLength: 1 },
    });
    const keyOfPartition = ownPartition();
    const certified = await issueCertificate({
      commonName: 'partition',
      notBefore: new Date(),
      years: 1,
      issuer: strange,
      privateKeyPem: keyOfPartition.privateKeyPem,
      profile: { kind: 'signer' },
    });
    const pems = `${byCard ?? ''}${card ?? ''}${strange.certificatePem}${certified.certificatePem}`;
    const foreign = attestKey(host, key, { ...keyOfPartition, certificates: pems });
    assert.equal(await statuses(foreign), 'pass fail fail pass pass');
  });

  it('are refused before and after the time of their certificates', async () => {
    assert.equal(await statuses(honest(), { at: new Date('2020-01-01') }), 'pass fail fail pass pass');
    assert.equal(await statuses(honest(), { at: new Date('2046-01-01') }), 'pass fail fail pass pass');
  });

  it('are refused where no RSA key of 2048 bits or more signed them', async () => {
    const made = honest();
    const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 1024 });
    const weak = await issueCertificate({
      commonName: 'weak',
      notBefore: new Date(),
      years: 1,
      issuer: null,
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      profile: { kind: 'signer' },
    });
    const { attributes } = parseSignedAttributes(bytesOf(made['privateKeyAttestation']));
    // 128 bytes of signature, filled up to 256 in front: as a number the same.
    const signed = signedAttributes([...attributes], {
      sign: (bytes) => Buffer.concat([Buffer.alloc(128), sign('sha256', bytes, privateKey)]),
    });
    const attestation = { ...made, certificatePemFile: url(weak.certificatePem) };
    assert.match(await statuses({ ...attestation, privateKeyAttestation: url(signed) }), /^fail/);
    delete (attestation as Record<string, unknown>)['publicKeyAttestation'];
    assert.match(await statuses({ ...attestation, privateKeyAttestation: url(signed) }), /^fail/);
  });

  it('are left open in a form that is not known, and refused where a member is missing or no base64url', async () => {
    const made = honest();
    assert.equal(await statuses({ ...made, version: 'MRVL-2' }), 'skip skip skip skip skip');
    assert.match(await statuses({}), /^fail/);
    assert.match(await statuses(null), /^fail/);
    assert.match(await statuses({ ...made, privateKeyAttestation: '' }), /^fail/);
    assert.match(await statuses({ ...made, privateKeyAttestation: 'a+b/' }), /^fail/);
    assert.match(await statuses({ ...made, certificatePemFile: url(Buffer.alloc(200_000)) }), /^fail/);
    assert.match(await statuses({ ...made, certificatePemFile: url(Uint8Array.of(0xff, 0xfe)) }), /^fail/);
    assert.match(await statuses({ ...made, privateKeyAttestation: url(Buffer.alloc(20_000)) }), /^fail/);
  });

  it('are told apart from those of firmware 2 and 10, which are left open', async () => {
    const blob = bytesOf(honest()['privateKeyAttestation']);
    // The older form: 20 bytes, then the key, with no data header before it.
    const older = Buffer.concat([Buffer.alloc(20), blob.subarray(28)]);
    assert.ok(hasOlderForm(older));
    assert.ok(!hasOlderForm(blob));
    assert.ok(!hasOlderForm(blob.subarray(0, 100)));
    assert.ok(!hasOlderForm(Buffer.alloc(20_000)));
    assert.ok(!hasOlderForm(Buffer.alloc(400)));
    const attestation = { ...honest(), privateKeyAttestation: url(older) };
    assert.equal(await statuses(attestation), 'skip skip skip skip skip');
    assert.equal(typeof parseKeyAttestation(attestation), 'string');
  });

  it('name a key by its whole URL, or by name and version', () => {
    assert.ok(namesKey(KEY, KEY.toUpperCase()));
    assert.ok(namesKey('keys/notes/0123', KEY));
    assert.ok(!namesKey('0123', KEY));
    assert.ok(!namesKey('https://127.0.0.1:2/keys/notes/0123', KEY));
    assert.ok(!namesKey('other/0123', KEY));
  });

  it('come of one hierarchy that survives a restart', async () => {
    const first = await (await testHsmMaker()).partition('fabrikam');
    const again = await testHsmMaker();
    assert.equal((await again.partition('fabrikam')).certificates, first.certificates);
    const all = certificates(first.certificates);
    const [leaf] = all;
    const partitions = all.filter((one) => Buffer.from(one.publicKey.spki).equals(leaf!.publicKey.spki));
    const roots = certificates(again.makerRoot);
    const at = new Date();
    assert.equal((await makerChain(partitions, all, roots, at, nodeSignatureCrypto)).problem, null);
    assert.equal((await operatorChain(partitions, all, at, nodeSignatureCrypto)).problem, null);
    assert.notEqual((await operatorChain([all[3]!], all, at, nodeSignatureCrypto)).problem, null);
  });
});

function ownPartition(): { privateKeyPem: string; sign: HsmPartition['sign'] } {
  const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    sign: (bytes) => sign('sha256', bytes, privateKey),
  };
}

function bytesOf(member: unknown): Buffer {
  return Buffer.from(String(member), 'base64url');
}

function members({ n = '', e = '' }: JsonWebKey): Record<string, string> {
  return { n, e };
}

function withoutPublicHalf(attestation: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attestation).filter(([name]) => name !== 'publicKeyAttestation'));
}

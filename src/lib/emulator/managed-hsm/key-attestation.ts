// Key attestation: what the HSM signs of a key, in the form of Marvell's firmware 3, version MRVL-1. Key Vault REST API, Get Key
// Attestation; Azure/azure-managed-hsm-key-attestation, src/vendor/marvell/marvell_parse_key_attestation.py.

import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url, toBase64Url } from '../../base/bytes/base64.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { ATTRIBUTE, KEY_TYPE, OBJECT_CLASS } from '../../attestation/hsm/attributes.js';
import { MARVELL_VERSION } from '../../attestation/hsm/key-attestation.js';
import { HSM_SIGNATURE_SIZE } from '../../attestation/hsm/signed-attributes.js';
import type { HsmPartition } from './hsm-maker.js';
import { keyId, type HostAddress, type KeyVersion } from './key-records.js';

/** The member `attestation` of a key's attributes. */
export function attestKey(host: HostAddress, key: KeyVersion, partition: HsmPartition): Record<string, Json> {
  const isPair = !key.kty.startsWith('oct');
  const half = (objectClass: number): string =>
    toBase64Url(signedAttributes(attributesOf(host, key, objectClass), partition));
  return {
    certificatePemFile: toBase64Url(utf8(partition.certificates)),
    privateKeyAttestation: half(isPair ? OBJECT_CLASS.privateKey : OBJECT_CLASS.secretKey),
    ...(isPair ? { publicKeyAttestation: half(OBJECT_CLASS.publicKey) } : {}),
    version: MARVELL_VERSION,
  };
}

type Attributes = readonly (readonly [type: number, value: Uint8Array])[];

/** The signed bytes and their signature; the layout is that of signed-attributes.ts. */
export function signedAttributes(attributes: Attributes, { sign }: Pick<HsmPartition, 'sign'>): Uint8Array {
  const values = concatBytes(
    ...attributes.map(([type, value]) => concatBytes(words(type, value.length), value)),
  );
  const object = concatBytes(words(1, attributes.length, values.length), values);
  const data = concatBytes(halfWords(1, 3, 8, 0), object);
  const headerSize = 20;
  const total = headerSize + data.length + HSM_SIGNATURE_SIZE;
  const signed = concatBytes(words(0, 3, total, data.length, data.length), data);
  return concatBytes(signed, sign(signed));
}

const ID_SIZE = 128;
const CKK_AES = 0x1f;

/* The key may leave the HSM only as its release policy says; what a real one says of such a key is published nowhere. */
function attributesOf(host: HostAddress, key: KeyVersion, objectClass: number): Attributes {
  const isPublic = objectClass === OBJECT_CLASS.publicKey;
  const may = (operation: string): Uint8Array => flag(key.keyOps.includes(operation));
  return [
    [ATTRIBUTE.class, Uint8Array.of(objectClass)],
    [ATTRIBUTE.keyType, Uint8Array.of(keyTypeOf(key))],
    [ATTRIBUTE.encrypt, isPublic ? may('encrypt') : flag(false)],
    [ATTRIBUTE.decrypt, isPublic ? flag(false) : may('decrypt')],
    [ATTRIBUTE.wrap, isPublic ? may('wrapKey') : flag(false)],
    [ATTRIBUTE.unwrap, isPublic ? flag(false) : may('unwrapKey')],
    [ATTRIBUTE.sign, isPublic ? flag(false) : may('sign')],
    [ATTRIBUTE.verify, isPublic ? may('verify') : flag(false)],
    [ATTRIBUTE.local, flag(!key.imported)],
    [ATTRIBUTE.sensitive, flag(!isPublic)],
    [ATTRIBUTE.extractable, flag(key.exportable)],
    [ATTRIBUTE.id, filledUp(utf8(keyId(host, key.name, key.version)), ID_SIZE)],
    ...publicPart(key),
    [ATTRIBUTE.wrapWithTrusted, flag(!isPublic)],
    [ATTRIBUTE.neverExtractable, flag(!key.exportable)],
  ];
}

function keyTypeOf({ kty }: KeyVersion): number {
  if (kty.startsWith('RSA')) return KEY_TYPE.rsa;
  return kty.startsWith('EC') ? KEY_TYPE.ec : CKK_AES;
}

function publicPart({ publicMembers }: KeyVersion): Attributes {
  const bytes = (name: string): Uint8Array => fromBase64Url(publicMembers[name] ?? '') ?? new Uint8Array();
  if (publicMembers['n'] !== undefined)
    return [
      [ATTRIBUTE.modulus, bytes('n')],
      [ATTRIBUTE.modulusBits, words(bytes('n').length * 8)],
      [ATTRIBUTE.publicExponent, bytes('e')],
    ];
  if (publicMembers['x'] === undefined) return [];
  return [[ATTRIBUTE.modulus, concatBytes(Uint8Array.of(4), bytes('x'), bytes('y'))]];
}

function flag(isSet: boolean): Uint8Array {
  return Uint8Array.of(isSet ? 1 : 0);
}

function filledUp(bytes: Uint8Array, size: number): Uint8Array {
  return concatBytes(bytes, new Uint8Array(Math.max(0, size - bytes.length)));
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value));
  return bytes;
}

function halfWords(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint16(index * 2, value));
  return bytes;
}

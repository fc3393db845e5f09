// Attributes of a key as an HSM of Marvell's signs them: PKCS #11's, under PKCS #11's numbers but for a few.
// Azure/azure-managed-hsm-key-attestation, src/vendor/marvell/marvell_parse_key_attestation.py; PKCS #11 v3.1 §4.

/** Those that are judged or named here. */
export const ATTRIBUTE = {
  class: 0x0000,
  label: 0x0003,
  trusted: 0x0086,
  keyType: 0x0100,
  id: 0x0102,
  sensitive: 0x0103,
  encrypt: 0x0104,
  decrypt: 0x0105,
  wrap: 0x0106,
  unwrap: 0x0107,
  sign: 0x0108,
  verify: 0x010a,
  derive: 0x010c,
  /** RSA: the modulus; EC: the uncompressed point. */
  modulus: 0x0120,
  modulusBits: 0x0121,
  publicExponent: 0x0122,
  extractable: 0x0162,
  /** The key was generated in the HSM, neither imported nor unwrapped. */
  local: 0x0163,
  neverExtractable: 0x0164,
  alwaysSensitive: 0x0165,
  wrapWithTrusted: 0x0210,
} as const;

export const OBJECT_CLASS = { publicKey: 2, privateKey: 3, secretKey: 4 } as const;
export const KEY_TYPE = { rsa: 0, ec: 3 } as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [ATTRIBUTE.class, 'OBJ_ATTR_CLASS'],
  [ATTRIBUTE.label, 'OBJ_ATTR_LABEL'],
  [ATTRIBUTE.trusted, 'OBJ_ATTR_TRUSTED'],
  [ATTRIBUTE.keyType, 'OBJ_ATTR_KEY_TYPE'],
  [ATTRIBUTE.id, 'OBJ_ATTR_ID'],
  [ATTRIBUTE.sensitive, 'OBJ_ATTR_SENSITIVE'],
  [ATTRIBUTE.encrypt, 'OBJ_ATTR_ENCRYPT'],
  [ATTRIBUTE.decrypt, 'OBJ_ATTR_DECRYPT'],
  [ATTRIBUTE.wrap, 'OBJ_ATTR_WRAP'],
  [ATTRIBUTE.unwrap, 'OBJ_ATTR_UNWRAP'],
  [ATTRIBUTE.sign, 'OBJ_ATTR_SIGN'],
  [ATTRIBUTE.verify, 'OBJ_ATTR_VERIFY'],
  [ATTRIBUTE.derive, 'OBJ_ATTR_DERIVE'],
  [ATTRIBUTE.modulus, 'OBJ_ATTR_MODULUS'],
  [ATTRIBUTE.modulusBits, 'OBJ_ATTR_MODULUS_BITS'],
  [ATTRIBUTE.publicExponent, 'OBJ_ATTR_PUBLIC_EXPONENT'],
  [ATTRIBUTE.extractable, 'OBJ_ATTR_EXTRACTABLE'],
  [ATTRIBUTE.local, 'OBJ_ATTR_LOCAL'],
  [ATTRIBUTE.neverExtractable, 'OBJ_ATTR_NEVER_EXTRACTABLE'],
  [ATTRIBUTE.alwaysSensitive, 'OBJ_ATTR_ALWAYS_SENSITIVE'],
  [ATTRIBUTE.wrapWithTrusted, 'OBJ_ATTR_WRAP_WITH_TRUSTED'],
]);

/** The published name of an attribute, or its number in hex where none is published. */
export function attributeName(type: number): string {
  return NAMES.get(type) ?? `0x${type.toString(16).padStart(4, '0')}`;
}

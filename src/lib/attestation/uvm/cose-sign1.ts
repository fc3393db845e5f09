// COSE_Sign1: envelope, signature input, algorithms. RFC 9052 §4.2, §4.4; RFC 9053, RFC 8230.

import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { CURVE_BYTES, type SignatureCrypto, type SignatureScheme } from '../crypto/signature-crypto.js';
import type { PublicKey } from '../x509/public-key.js';
import { CborError, decodeStrictCbor, encodeByteString, TaggedCbor } from './cbor.js';

const TAG_COSE_SIGN1 = 18;
const TAG_EPOCH_TIME = 1;

/** Header labels (RFC 9052 §3.1, RFC 9360, RFC 9597, draft hash envelope, draft receipts). */
export const LABEL = {
  alg: 1,
  crit: 2,
  contentType: 3,
  kid: 4,
  cwtClaims: 15,
  x5chain: 33,
  x5t: 34,
  payloadHashAlg: 258,
  preimageContentType: 259,
  receipts: 394,
  vds: 395,
  vdp: 396,
} as const;

export interface CoseSign1 {
  /** The protected header's bytes as received: what is signed. */
  readonly protectedBytes: Uint8Array;
  readonly protectedHeader: ReadonlyMap<unknown, unknown>;
  /** Not signed: whatever is in it proves nothing. */
  readonly unprotectedHeader: ReadonlyMap<unknown, unknown>;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Reads a tagged COSE_Sign1 with an embedded payload.
 *
 * @param understood - labels that a `crit` header may name, since the caller reads them.
 * @throws CborError
 */
export function parseCoseSign1(bytes: Uint8Array, understood: readonly number[] = []): CoseSign1 {
  const { payload, ...message } = parseEnvelope(bytes, understood);
  if (!(payload instanceof Uint8Array)) throw new CborError('no embedded payload');
  return { ...message, payload };
}

/** Reads a tagged COSE_Sign1 whose payload is elsewhere; it is empty in what is returned. @throws CborError */
export function parseDetachedSign1(bytes: Uint8Array): CoseSign1 {
  const { payload, ...message } = parseEnvelope(bytes, []);
  if (payload !== null) throw new CborError('a payload that should be detached');
  return { ...message, payload: new Uint8Array() };
}

function parseEnvelope(
  bytes: Uint8Array,
  understood: readonly number[],
): Omit<CoseSign1, 'payload'> & { readonly payload: unknown } {
  const message = decodeStrictCbor(bytes, [TAG_COSE_SIGN1, TAG_EPOCH_TIME]);
  if (!(message instanceof TaggedCbor) || message.tag !== TAG_COSE_SIGN1) throw new CborError('no tag 18');
  const parts: unknown = message.value;
  if (!Array.isArray(parts) || parts.length !== 4) throw new CborError('not an array of four');
  const [protectedBytes, unprotectedHeader, payload, signature] = parts as readonly unknown[];
  if (!(protectedBytes instanceof Uint8Array)) throw new CborError('the protected header is no byte string');
  if (!(unprotectedHeader instanceof Map)) throw new CborError('the unprotected header is no map');
  if (!(signature instanceof Uint8Array)) throw new CborError('the signature is no byte string');
  const protectedHeader = decodeStrictCbor(protectedBytes, [TAG_EPOCH_TIME]);
  if (!(protectedHeader instanceof Map)) throw new CborError('the protected header is no map');
  if (!understandsCritical(protectedHeader, understood))
    throw new CborError('a crit header that is not understood');
  return { protectedBytes, protectedHeader, unprotectedHeader, payload, signature };
}

/* RFC 9052 §3.1: each label that it names is in the same header, and is read. */
function understandsCritical(header: ReadonlyMap<unknown, unknown>, understood: readonly number[]): boolean {
  const critical = header.get(LABEL.crit);
  if (!header.has(LABEL.crit)) return true;
  if (!Array.isArray(critical) || critical.length === 0) return false;
  return critical.every((label) => understood.some((one) => one === label) && header.has(label));
}

/** The seconds of a CBOR epoch time (tag 1) as a date; null for anything else. */
export function epochTime(value: unknown): Date | null {
  if (!(value instanceof TaggedCbor) || value.tag !== TAG_EPOCH_TIME) return null;
  const seconds: unknown = value.value;
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && Math.abs(seconds) < 8.64e12
    ? new Date(seconds * 1000)
    : null;
}

type CoseAlgorithm =
  | { readonly kind: 'rsa-pss'; readonly hash: 'sha256' | 'sha384' | 'sha512'; readonly saltLength: number }
  | {
      readonly kind: 'ecdsa';
      readonly hash: 'sha256' | 'sha384' | 'sha512';
      readonly curve: 'P-256' | 'P-384' | 'P-521';
    };

/* RFC 8230 §2 and RFC 9053 §2.1; each ECDSA label with the one curve that it is used with here. */
const ALGORITHMS: ReadonlyMap<number, CoseAlgorithm> = new Map<number, CoseAlgorithm>([
  [-37, { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 }],
  [-38, { kind: 'rsa-pss', hash: 'sha384', saltLength: 48 }],
  [-39, { kind: 'rsa-pss', hash: 'sha512', saltLength: 64 }],
  [-7, { kind: 'ecdsa', hash: 'sha256', curve: 'P-256' }],
  [-35, { kind: 'ecdsa', hash: 'sha384', curve: 'P-384' }],
  [-36, { kind: 'ecdsa', hash: 'sha512', curve: 'P-521' }],
]);

/** The scheme that the protected header names for `key`; a string says why there is none. */
export function coseScheme(message: CoseSign1, key: PublicKey): SignatureScheme | string {
  const label = message.protectedHeader.get(LABEL.alg);
  if (typeof label !== 'number') return 'no algorithm in the protected header';
  if (message.unprotectedHeader.has(LABEL.alg)) return 'an algorithm in the unprotected header';
  const algorithm = ALGORITHMS.get(label);
  if (algorithm === undefined) return `algorithm ${label} is not allowed`;
  const fits =
    algorithm.kind === 'ecdsa' ? key.kind === 'ec' && key.curve === algorithm.curve : key.kind === 'rsa';
  return fits ? algorithm : `algorithm ${label} does not fit the key of the leaf`;
}

/** Whether the signature over `["Signature1", protected, h'', payload]` holds under `key`. */
export function verifyCoseSign1(
  message: CoseSign1,
  key: PublicKey,
  scheme: SignatureScheme,
  crypto: SignatureCrypto,
): Promise<boolean> {
  if (scheme.kind === 'ecdsa' && message.signature.length !== 2 * CURVE_BYTES[scheme.curve]) {
    return Promise.resolve(false);
  }
  return crypto.verify(scheme, key.spki, signatureInput(message), message.signature);
}

/** What is signed: Sig_structure of RFC 9052 §4.4, the received protected bytes, an empty external_aad, the payload. */
export function signatureInput(message: CoseSign1): Uint8Array {
  return concatBytes(
    Uint8Array.of(0x84, 0x6a),
    utf8('Signature1'),
    encodeByteString(message.protectedBytes),
    encodeByteString(new Uint8Array()),
    encodeByteString(message.payload),
  );
}

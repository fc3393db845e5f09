// A statement in a Sigstore bundle v0.3: a DSSE envelope, signed with ECDSA P-256, and the hint that says by which key.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

import * as v from 'valibot';

import { utf8 } from '../../base/bytes/arrays.js';
import { canonicalJson, type Json } from '../../base/bytes/canonical-json.js';
import { freshKeyPairSync } from '../../keys/fresh-key.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';

export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export interface StatementKey {
  readonly privateKey: KeyObject;
  /** What to say of it: RFC 7638 thumbprint, SHA-256, base64url. */
  readonly id: string;
  /** Whether nobody keeps it: the signature then ties the bundle together, and says nothing of who made it. */
  readonly oneTime: boolean;
}

/** @throws CleanroomError USAGE unless it is a private key on P-256 */
export function statementKey(privateKey: KeyObject): StatementKey {
  return { privateKey, id: thumbprint(createPublicKey(privateKey)), oneTime: false };
}

/** A key that is forgotten. */
export function oneTimeKey(): StatementKey {
  const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  return { ...statementKey(privateKey), oneTime: true };
}

/** The bundle's text. */
export function signBundle(statement: Json, { privateKey, id }: StatementKey): string {
  const payload = utf8(canonicalJson(statement));
  const signature = sign('sha256', preAuthentication(payload), privateKey);
  return canonicalJson({
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: id }, tlogEntries: [] },
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ keyid: id, sig: signature.toString('base64') }],
    },
  });
}

const StatementSchema = v.looseObject({
  _type: v.literal('https://in-toto.io/Statement/v1'),
  subject: v.pipe(v.array(v.looseObject({ digest: v.record(v.string(), v.string()) })), v.minLength(1)),
  predicateType: v.string(),
  predicate: v.unknown(),
});

const BundleSchema = v.looseObject({
  mediaType: v.literal(BUNDLE_TYPE),
  dsseEnvelope: v.looseObject({
    payload: v.pipe(v.string(), v.base64()),
    payloadType: v.literal(PAYLOAD_TYPE),
    signatures: v.pipe(
      v.array(v.looseObject({ keyid: v.optional(v.string(), ''), sig: v.pipe(v.string(), v.base64()) })),
      v.length(1),
    ),
  }),
});

export interface ReadBundle {
  readonly statement: v.InferOutput<typeof StatementSchema>;
  /** What the bundle says signs it; nothing proves it without the key. */
  readonly keyId: string;
  /** True, false, or null where no key was given to check it with. */
  readonly signatureHolds: boolean | null;
}

/**
 * Reads a bundle, and checks its signature where a key is given.
 *
 * @throws CleanroomError IMAGE_ATTESTATION_MALFORMED
 */
export function readBundle(bytes: Uint8Array, publicKey: KeyObject | null): ReadBundle {
  try {
    const { dsseEnvelope } = v.parse(BundleSchema, parseStrictJson(Buffer.from(bytes).toString('utf8')));
    const payload = Buffer.from(dsseEnvelope.payload, 'base64');
    const statement = v.parse(StatementSchema, parseStrictJson(payload.toString('utf8')));
    const [signature] = dsseEnvelope.signatures;
    const holds =
      publicKey === null
        ? null
        : verify(
            'sha256',
            preAuthentication(payload),
            publicKey,
            Buffer.from(signature?.sig ?? '', 'base64'),
          );
    return { statement, keyId: signature?.keyid ?? '', signatureHolds: holds };
  } catch (cause) {
    throw new CleanroomError(
      'IMAGE_ATTESTATION_MALFORMED',
      `a bundle that is attached to the image: ${describeCause(cause)}`,
      {
        cause,
      },
    );
  }
}

/* DSSE 1.0.2, "PAE". */
function preAuthentication(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([utf8(head), payload]);
}

/** RFC 7638. @throws CleanroomError USAGE for a key of another kind */
export function thumbprint(publicKey: KeyObject): string {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256')
    throw new CleanroomError('USAGE', 'a key for statements about images is one on P-256');
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

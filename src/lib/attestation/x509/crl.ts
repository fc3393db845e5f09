// Certificate revocation list: DER to fields. RFC 5280 §5.1. Nothing is verified here.

import { CleanroomError } from '../../base/errors.js';
import { equalBytes } from '../../base/bytes/arrays.js';
import { contextTag, DerError, DerReader, TAG } from '../der/reader.js';
import {
  boolean,
  integerHex,
  objectIdentifier,
  octetAlignedBits,
  smallInteger,
  time,
} from '../der/values.js';
import { type Name, readName } from './names.js';
import { readSignatureAlgorithm } from './signature-algorithm.js';
import type { SignedDer } from './signature.js';

export interface RevocationList extends SignedDer {
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** Serial numbers, lower-case hex. */
  readonly revoked: ReadonlySet<string>;
}

const KNOWN_CRITICAL = new Set<string>();

/**
 * Reads one DER CRL. A critical CRL or entry extension (a delta or a partial list) is refused: it would change
 * the meaning of the list.
 *
 * @throws CleanroomError CERTIFICATE_MALFORMED
 */
export function parseRevocationList(der: Uint8Array): RevocationList {
  try {
    return readList(der);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new CleanroomError('CERTIFICATE_MALFORMED', `not a DER revocation list: ${cause.message}`, {
      cause,
    });
  }
}

function readList(der: Uint8Array): RevocationList {
  const outer = new DerReader(der);
  const body = outer.enter();
  outer.end();
  const tbs = body.next(TAG.sequence);
  const algorithm = body.next(TAG.sequence);
  const signature = octetAlignedBits(body.next(TAG.bitString).content);
  body.end();
  const fields = new DerReader(tbs.content);
  const version = fields.optional(TAG.integer);
  if (version !== undefined && smallInteger(version.content) !== 1) throw new DerError('not version 2');
  if (!equalBytes(fields.next(TAG.sequence).raw, algorithm.raw)) {
    throw new DerError('the signed algorithm is not the one outside');
  }
  const issuer = readName(fields);
  const thisUpdate = time(fields.next());
  const next = fields.optional(TAG.utcTime) ?? fields.optional(TAG.generalizedTime);
  const entries = fields.optional(TAG.sequence);
  const extensions = fields.optional(contextTag(0));
  fields.end();
  if (extensions !== undefined) refuseCritical(new DerReader(extensions.content).enter());
  return {
    tbs: tbs.raw,
    signatureAlgorithm: readSignatureAlgorithm(algorithm.content),
    signature,
    issuer,
    thisUpdate,
    ...(next === undefined ? {} : { nextUpdate: time(next) }),
    revoked: entries === undefined ? new Set() : readEntries(entries.content),
  };
}

function readEntries(content: Uint8Array): ReadonlySet<string> {
  const list = new DerReader(content);
  const serials = new Set<string>();
  while (!list.done) {
    const entry = list.enter();
    serials.add(integerHex(entry.next(TAG.integer).content));
    time(entry.next());
    const extensions = entry.optional(TAG.sequence);
    entry.end();
    if (extensions !== undefined) refuseCritical(new DerReader(extensions.content));
  }
  return serials;
}

function refuseCritical(list: DerReader): void {
  while (!list.done) {
    const item = list.enter();
    const oid = objectIdentifier(item.next(TAG.oid).content);
    const flag = item.optional(TAG.boolean);
    item.next(TAG.octetString);
    item.end();
    if (flag !== undefined && boolean(flag.content) && !KNOWN_CRITICAL.has(oid)) {
      throw new DerError(`critical extension ${oid}`);
    }
  }
}

// CBOR from outside: deterministic integers and lengths, no indefinite lengths, no duplicate keys, bounded depth. RFC 8949.

import { decode, Tagged } from 'cborg';

/** Why bytes are not acceptable CBOR. Caught where an endorsement is parsed. */
export class CborError extends Error {
  override readonly name = 'CborError';
}

/** A tag and its content, for the tags asked for; other tags are refused. */
export const TaggedCbor = Tagged;
export type TaggedCbor = Tagged;

const MAX_DEPTH = 16;

/**
 * Decodes exactly one CBOR item; maps become Map.
 *
 * @throws CborError for trailing bytes, a tag not in `tags`, or anything else that is not strict.
 */
export function decodeStrictCbor(bytes: Uint8Array, tags: readonly number[]): unknown {
  checkDepth(bytes);
  try {
    return decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
      allowBigInt: false,
      tags: Tagged.preserve(...tags),
    });
  } catch (cause) {
    throw new CborError(cause instanceof Error ? cause.message : 'not CBOR', { cause });
  }
}

/* The decoder recurses; this pass over the heads keeps it from being led too deep. */
function checkDepth(bytes: Uint8Array): void {
  const open: number[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const head = readHead(bytes, offset);
    offset = head.next;
    if (head.children > 0) open.push(head.children);
    else closeParents(open);
    if (open.length > MAX_DEPTH) throw new CborError(`nested deeper than ${MAX_DEPTH}`);
    if (open.length === 0) return;
  }
}

function closeParents(open: number[]): void {
  while (open.length > 0) {
    const left = (open.pop() ?? 0) - 1;
    if (left > 0) {
      open.push(left);
      return;
    }
  }
}

function readHead(bytes: Uint8Array, offset: number): { readonly next: number; readonly children: number } {
  const initial = bytes[offset] ?? 0;
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (info > 27) throw new CborError('an indefinite or reserved length');
  const extra = info < 24 ? 0 : 2 ** (info - 24);
  let argument = info < 24 ? info : 0;
  for (let i = 1; i <= extra; i++) argument = argument * 256 + (bytes[offset + i] ?? 0);
  const head = offset + 1 + extra;
  if (major === 2 || major === 3) return { next: head + argument, children: 0 };
  if (major === 4) return { next: head, children: argument };
  if (major === 5) return { next: head, children: 2 * argument };
  return { next: head, children: major === 6 ? 1 : 0 };
}

/** A definite-length byte string (major type 2), deterministic. */
export function encodeByteString(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const head =
    length < 24
      ? [0x40 | length]
      : length < 0x100
        ? [0x58, length]
        : length < 0x1_0000
          ? [0x59, length >> 8, length & 0xff]
          : [0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  const encoded = new Uint8Array(head.length + length);
  encoded.set(head);
  encoded.set(bytes, head.length);
  return encoded;
}

// A proof that a transparency log holds an entry: the entry, its place, the path to the root, and the signed tree head;
// and, where an earlier head was kept, that the log continues the one of that head (RFC 9162 §2.1.3, §2.1.4).

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { fromHex, toHex } from '../base/bytes/hex.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle-tree.js';
import {
  entryForm,
  entryOfForm,
  EntrySchema,
  type LogEntry,
  parseTreeHead,
  type ReadTreeHead,
  renderEntry,
  type TransparencyLog,
} from './transparency-log.js';

export const MAX_PROOF_BYTES = 256 * 1024;
const Node = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Path = v.pipe(v.array(Node), v.maxLength(64));

const ProofSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-log-proof'),
  entry: EntrySchema,
  index: v.pipe(v.number(), v.integer(), v.minValue(0)),
  path: Path,
  /** Signed tree head, JWS. */
  head: v.string(),
  consistency: v.optional(v.strictObject({ from: v.string(), path: Path })),
});

export interface LogProof {
  readonly entry: LogEntry;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  readonly head: ReadTreeHead;
  readonly consistency: { readonly from: ReadTreeHead; readonly path: readonly Uint8Array[] } | null;
}

/**
 * Proves entry `index` of a log under a head, and that the head continues `from` where one is given.
 *
 * @throws CleanroomError LOG_ENTRY_MISSING if the head does not cover the entry; LOG_FORKED if `from` is not a head of this log.
 */
export function proveEntry(
  log: TransparencyLog,
  index: number,
  head: ReadTreeHead,
  from: ReadTreeHead | null,
): LogProof {
  const { size, root } = head.head;
  const leaves = log.leaves.slice(0, size);
  const entry = log.entries[index];
  if (entry === undefined || index >= size || leaves.length < size)
    throw new CleanroomError(
      'LOG_ENTRY_MISSING',
      `the tree head covers ${size} entries, not number ${index}`,
    );
  if (!headHolds(log, head))
    throw new CleanroomError('LOG_FORKED', 'the log is not the one of its signed tree head');
  const path = inclusionProof(leaves, index);
  if (from === null) return { entry, index, path, head, consistency: null };
  if (!headHolds(log, from) || from.head.size > size)
    throw new CleanroomError(
      'LOG_FORKED',
      `the log does not continue the tree head of ${from.head.size} entries`,
    );
  const consistent = from.head.size === 0 ? [] : consistencyProof(leaves, from.head.size);
  const holds = verifyConsistency(from.head, { size, root }, consistent);
  if (!holds) throw new CleanroomError('LOG_FORKED', 'the log does not continue the tree head that was kept');
  return { entry, index, path, head, consistency: { from, path: consistent } };
}

/** Whether the log's first entries are those of the head. */
export function headHolds({ leaves }: TransparencyLog, { head }: ReadTreeHead): boolean {
  if (head.size > leaves.length) return false;
  const earlier = { size: head.size, root: treeRoot(leaves.slice(0, head.size)) };
  return verifyConsistency(head, earlier, []);
}

/** The one text of a proof: RFC 8785. */
export function renderProof({ entry, index, path, head, consistency }: LogProof): string {
  const proof: v.InferOutput<typeof ProofSchema> = {
    v: 1,
    use: 'cleanroom-log-proof',
    entry: entryForm(entry),
    index,
    path: path.map(toHex),
    head: head.jws.raw,
    ...(consistency === null
      ? {}
      : { consistency: { from: consistency.from.jws.raw, path: consistency.path.map(toHex) } }),
  };
  return canonicalJson(proof);
}

/** Reads a proof without judging it. @throws CleanroomError LOG_PROOF_MALFORMED, TREE_HEAD_REJECTED */
export function parseProof(bytes: Uint8Array): LogProof {
  const outcome = bytes.length > MAX_PROOF_BYTES ? null : v.safeParse(ProofSchema, readJson(bytes));
  if (outcome?.success !== true)
    throw new CleanroomError('LOG_PROOF_MALFORMED', 'it is not a proof of a transparency log');
  const { index, path, head, consistency } = outcome.output;
  const entry = entryOfForm(outcome.output.entry);
  if (entry === null) throw new CleanroomError('LOG_PROOF_MALFORMED', 'its statement is not of the entry');
  return {
    entry,
    index,
    path: path.map(node),
    head: parseTreeHead(head),
    consistency:
      consistency === undefined
        ? null
        : { from: parseTreeHead(consistency.from), path: consistency.path.map(node) },
  };
}

/** Why a proof does not hold, the signatures of its heads aside; null where it does. */
export function proofProblem({ entry, index, path, head, consistency }: LogProof): string | null {
  const { size, root } = head.head;
  const leaf = leafHash(utf8(renderEntry(entry).slice(0, -1)));
  if (!verifyInclusion({ leaf, index, size, root }, path))
    return `the entry ${entry.kind} ${entry.subject} is not at place ${index} of the log of ${size}`;
  if (consistency !== null && !verifyConsistency(consistency.from.head, head.head, consistency.path))
    return `the log of ${size} does not continue the one of ${consistency.from.head.size}`;
  return null;
}

function node(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === null) throw new CleanroomError('LOG_PROOF_MALFORMED', 'a node is not hex');
  return bytes;
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(decodeUtf8(bytes) ?? '', { maxDepth: 8 });
  } catch {
    return null;
  }
}

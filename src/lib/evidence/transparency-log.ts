// A transparency log without a server: one canonical JSON entry a line, and tree heads signed by whoever keeps it.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseCompactJws, type ParsedJws } from '../base/bytes/compact-jws.js';
import { fromHex } from '../base/bytes/hex.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import { ENTRY_KINDS } from './entry-kinds.js';
import { leafHash, treeRoot, type TreeState } from './merkle-tree.js';
import { readStatement, type Stated } from './signed-statement.js';

/** `typ` of a signed tree head. */
export const HEAD_TYPE = 'cleanroom-tree-head+jws';
export const MAX_LOG_BYTES = 256 * 1024 * 1024;
const MAX_ENTRY_CHARACTERS = 1024 * 1024;

const ENTRY = {
  kind: v.picklist(ENTRY_KINDS),
  /** SHA-256 of what is logged. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** What it is called: a file, a dataset version, a room. Never text or a secret. */
  subject: v.pipe(v.string(), v.maxLength(1024)),
  /** Seconds since 1970. */
  at: v.pipe(v.number(), v.integer(), v.minValue(0)),
} as const;

/** Version 2 holds the entry as a signed statement besides (`signed-statement.ts`), base64. */
export const EntrySchema = v.variant('v', [
  v.strictObject({ v: v.literal(1), ...ENTRY }),
  v.strictObject({ v: v.literal(2), ...ENTRY, statement: v.string() }),
]);

export interface LogEntry extends Stated {
  /** COSE_Sign1, base64; entries of earlier versions have none. */
  readonly statement?: string;
}

/** A log as read: entries and the hash of each line. */
export interface TransparencyLog {
  readonly entries: readonly LogEntry[];
  readonly leaves: readonly Uint8Array[];
}

/** The line of an entry, newline included: append exactly this. */
export function renderEntry(entry: LogEntry): string {
  return `${canonicalJson(entryForm(entry))}\n`;
}

/** An entry as it stands in the log and in proofs. */
export function entryForm(entry: LogEntry): v.InferOutput<typeof EntrySchema> {
  const { statement, ...stated } = entry;
  return statement === undefined ? { v: 1, ...stated } : { v: 2, ...stated, statement };
}

/** The entry of a form; null where its statement is none of it. */
export function entryOfForm(form: v.InferOutput<typeof EntrySchema>): LogEntry | null {
  const { kind, sha256, subject, at } = form;
  const stated = { kind, sha256, subject, at };
  if (form.v === 1) return stated;
  return readStatement(form.statement, stated) === null ? null : { ...stated, statement: form.statement };
}

/**
 * Reads a log. Every line must be an entry in canonical form, the last one ended by a newline.
 *
 * @throws CleanroomError LOG_MALFORMED naming the line
 */
export function parseLog(text: string): TransparencyLog {
  if (text !== '' && !text.endsWith('\n')) {
    throw new CleanroomError('LOG_MALFORMED', `line ${text.split('\n').length}: the last entry is cut off`);
  }
  const lines = text === '' ? [] : text.slice(0, -1).split('\n');
  const entries = lines.map((line, index) => parseEntry(line, index + 1));
  return { entries, leaves: lines.map((line) => leafHash(utf8(line))) };
}

/** Size and root of a log. */
export function logState(log: TransparencyLog): TreeState {
  return { size: log.leaves.length, root: treeRoot(log.leaves) };
}

function parseEntry(line: string, number: number): LogEntry {
  const outcome = line.length > MAX_ENTRY_CHARACTERS ? null : v.safeParse(EntrySchema, readJson(line));
  if (outcome?.success !== true) throw new CleanroomError('LOG_MALFORMED', `line ${number}: not an entry`);
  const entry = entryOfForm(outcome.output);
  if (entry === null)
    throw new CleanroomError('LOG_MALFORMED', `line ${number}: its statement is not of the entry`);
  if (renderEntry(entry) !== `${line}\n`) {
    throw new CleanroomError('LOG_MALFORMED', `line ${number}: not in canonical form (RFC 8785)`);
  }
  return entry;
}

const HeadSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-tree-head'),
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  root: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  at: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** A signed tree head whose signature has been checked. */
export interface TreeHead extends TreeState {
  readonly at: number;
}

/** A signed tree head as read; its signature has not been checked. */
export interface ReadTreeHead {
  readonly head: TreeHead;
  readonly jws: ParsedJws;
}

/** Reads a signed tree head without judging it. @throws CleanroomError TREE_HEAD_REJECTED for another form */
export function parseTreeHead(jws: string): ReadTreeHead {
  const parts = parseCompactJws(jws.trim());
  const outcome =
    parts?.header['typ'] === HEAD_TYPE &&
    parts.header['alg'] === 'ES256' &&
    parts.header['crit'] === undefined
      ? v.safeParse(HeadSchema, readJson(decodeUtf8(parts.payload) ?? ''))
      : null;
  const root = outcome?.success === true ? fromHex(outcome.output.root) : null;
  if (parts === null || outcome?.success !== true || root === null)
    throw new CleanroomError('TREE_HEAD_REJECTED', 'it is not a signed tree head');
  return { head: { size: outcome.output.size, root, at: outcome.output.at }, jws: parts };
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text, { maxDepth: 4 });
  } catch {
    return null;
  }
}

// A transparency log without a server: one canonical JSON entry a line, and tree heads signed by whoever keeps it.

import type { KeyObject } from 'node:crypto';

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../bytes/arrays.js';
import { canonicalJson } from '../bytes/canonical-json.js';
import { parseCompactJws } from '../bytes/compact-jws.js';
import { signEs256, verifyEs256 } from '../bytes/es256.js';
import { fromHex, toHex } from '../bytes/hex.js';
import { parseStrictJson } from '../bytes/strict-json.js';
import { CleanroomError } from '../errors.js';
import { leafHash, treeRoot, type TreeState } from './merkle-tree.js';

const HEAD_TYPE = 'cleanroom-tree-head+jws';
export const MAX_LOG_BYTES = 256 * 1024 * 1024;
const MAX_ENTRY_CHARACTERS = 1024 * 1024;

/** What goes into a log. */
export const ENTRY_KINDS = [
  'contract',
  'consent',
  'policy',
  'seal-statement',
  'deployment',
  'receipt',
  'tombstone',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

const EntrySchema = v.strictObject({
  v: v.literal(1),
  kind: v.picklist(ENTRY_KINDS),
  /** SHA-256 of what is logged. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** What it is called: a file, a dataset version, a room. Never text or a secret. */
  subject: v.pipe(v.string(), v.maxLength(1024)),
  /** Seconds since 1970. */
  at: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

export type LogEntry = Omit<v.InferOutput<typeof EntrySchema>, 'v'>;

/** A log as read: entries and the hash of each line. */
export interface TransparencyLog {
  readonly entries: readonly LogEntry[];
  readonly leaves: readonly Uint8Array[];
}

/** The line of an entry, newline included: append exactly this. */
export function renderEntry(entry: LogEntry): string {
  return `${canonicalJson({ v: 1, ...entry })}\n`;
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
  const { kind, sha256, subject, at } = outcome.output;
  const entry = { kind, sha256, subject, at };
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

/** Signs the state of a log (ES256); keep it: it finds a fork or a cut tail later. */
export function signTreeHead(state: TreeState, key: KeyObject, at: Date): string {
  const head = {
    v: 1,
    use: 'cleanroom-tree-head',
    size: state.size,
    root: toHex(state.root),
    at: Math.floor(at.getTime() / 1000),
  };
  return signEs256({ typ: HEAD_TYPE }, utf8(canonicalJson(head)), key);
}

/**
 * Verifies a signed tree head.
 *
 * @throws CleanroomError TREE_HEAD_REJECTED for another form, or another key's signature.
 */
export function verifyTreeHead(jws: string, key: KeyObject): TreeHead {
  const parts = parseCompactJws(jws.trim());
  if (parts?.header['typ'] !== HEAD_TYPE || !verifyEs256(parts, key)) {
    throw new CleanroomError('TREE_HEAD_REJECTED', 'the tree head is not signed by the key given');
  }
  const outcome = v.safeParse(HeadSchema, readJson(decodeUtf8(parts.payload) ?? ''));
  const root = outcome.success ? fromHex(outcome.output.root) : null;
  if (!outcome.success || root === null) {
    throw new CleanroomError('TREE_HEAD_REJECTED', 'the signed statement is not a tree head');
  }
  return { size: outcome.output.size, root, at: outcome.output.at };
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text, { maxDepth: 4 });
  } catch {
    return null;
  }
}

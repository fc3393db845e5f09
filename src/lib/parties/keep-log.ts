// Keeping a transparency log: entries go in, and a tree head over all of them is signed.

import { headHolds } from '../evidence/log-proof.js';
import type { Artefact } from '../evidence/log-artefact.js';
import {
  type LogEntry,
  logState,
  parseLog,
  parseTreeHead,
  renderEntry,
  type TransparencyLog,
} from '../evidence/transparency-log.js';
import type { Stated } from '../evidence/signed-statement.js';
import { signLogEntry } from './sign-log-entry.js';
import { signTreeHead } from './sign-tree-head.js';
import { type ContractSigner, signingKeyOf } from '../keys/contract-signer.js';
import { isoTime } from '../base/iso-time.js';
import { CleanroomError } from '../base/errors.js';
import type { LogStore } from './log-store.js';

const MAX_HEADS = 50;

export interface Appended {
  readonly entries: readonly (Omit<Stated, 'at'> & {
    /** ISO 8601. */
    readonly at: string;
    readonly index: number;
    readonly outcome: 'appended' | 'present';
  })[];
  readonly size: number;
  /** Signed tree head over the whole log. */
  readonly head: string;
  /** Whether half an entry was taken away that a run which was broken off had left behind; no head covered it. */
  readonly repaired: boolean;
}

/**
 * Appends what is not in the log yet, and signs a tree head that covers it. Another process may append at the same time:
 * whoever writes the last head covers all entries.
 *
 * @throws CleanroomError LOG_MALFORMED, LOG_FORKED (the log does not continue the head beside it), LOG_BUSY
 */
export async function appendEntries(
  store: LogStore,
  artefacts: readonly Artefact[],
  key: ContractSigner,
  at: Date,
): Promise<Appended> {
  const repaired = await dropHalfEntry(store);
  const before = await readKeptLog(store);
  const seconds = Math.floor(at.getTime() / 1000);
  const missing = artefacts.filter((artefact) => findEntry(before, artefact) === null);
  const lines: string[] = [];
  for (const { kind, sha256, subject, policy } of missing)
    lines.push(renderEntry(await signLogEntry({ kind, sha256, subject, at: seconds }, key, policy)));
  if (lines.length > 0) await store.append(lines.join(''));
  const { log, head } = await coverWithHead(store, key, at);
  const entries = artefacts.map((artefact) => {
    const index = findEntry(log, artefact);
    const entry = index === null ? undefined : log.entries[index];
    if (index === null || entry === undefined)
      throw new CleanroomError('LOG_FORKED', `${store.name} does not contain what was just appended`);
    const outcome = missing.includes(artefact) ? ('appended' as const) : ('present' as const);
    const { kind, sha256, subject, at: logged } = entry;
    return { kind, sha256, subject, at: isoTime(logged), index, outcome };
  });
  return { entries, size: log.entries.length, head, repaired };
}

/** Reads a log that continues the head beside it. @throws CleanroomError LOG_MALFORMED, LOG_FORKED */
export async function readKeptLog(store: LogStore): Promise<TransparencyLog> {
  const head = await store.readHead();
  return requireHead(store, parseLog(await store.readLog()), head);
}

function requireHead(store: LogStore, log: TransparencyLog, head: string | null): TransparencyLog {
  if (head !== null && !headHolds(log, parseTreeHead(head)))
    throw new CleanroomError('LOG_FORKED', `${store.name} does not continue the tree head beside it`);
  return log;
}

/* Behind the last whole entry, and only where the whole ones continue the signed head: else somebody took entries away. */
async function dropHalfEntry(store: LogStore): Promise<boolean> {
  const text = await store.readLog();
  const tail = text.slice(text.lastIndexOf('\n') + 1);
  if (tail === '') return false;
  requireHead(store, parseLog(text.slice(0, text.length - tail.length)), await store.readHead());
  await store.dropTail(tail);
  return true;
}

/** Number of the entry for an artefact; null where the log has none. */
export function findEntry(
  log: TransparencyLog,
  { kind, sha256 }: Pick<LogEntry, 'kind' | 'sha256'>,
): number | null {
  const index = log.entries.findIndex((entry) => entry.kind === kind && entry.sha256 === sha256);
  return index === -1 ? null : index;
}

/* After each head the log is read again: a head is only left behind if another one follows. */
async function coverWithHead(
  store: LogStore,
  key: ContractSigner,
  at: Date,
): Promise<{ readonly log: TransparencyLog; readonly head: string }> {
  let log = parseLog(await store.readLog());
  for (let tries = 0; tries < MAX_HEADS; tries++) {
    const head = await signTreeHead(logState(log), signingKeyOf(key), at);
    await store.writeHead(head);
    const now = parseLog(await store.readLog());
    if (now.entries.length === log.entries.length) return { log, head };
    log = now;
  }
  throw new CleanroomError('LOG_BUSY', `${store.name} grew at each of ${MAX_HEADS} tries`);
}

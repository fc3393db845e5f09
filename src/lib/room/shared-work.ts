// Rooms that share the documents of one run: the queue says what may be left, the parts in storage say what is done.
// Whoever finds all parts there merges them; every other room ends when the merged result is stored.

import { setTimeout as sleep } from 'node:timers/promises';

import { parseReceipt } from '../evidence/receipt.js';
import { decodeUtf8 } from '../base/bytes/arrays.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { ERROR_CODES, EXIT } from '../base/error-codes.js';
import { CleanroomError, type ErrorCode } from '../base/errors.js';
import type { BlobClient } from './blob-client.js';
import { holdLease, type Lease } from './lease.js';
import type { Part, PartStore, Run } from './part-store.js';
import { patiently, type Patience } from './patiently.js';
import type { ResultBlobs } from './result-store.js';
import type { WorkMarker } from './work-marker.js';
import type { LeasedMessage, WorkItem, WorkQueue } from './work-queue.js';

/** How long a message is leased, and how often an empty queue is asked again. */
export interface WorkPace {
  readonly leaseSeconds: number;
  readonly pollMs: number;
}

export const DEFAULT_PACE: WorkPace = { leaseSeconds: 20, pollMs: 1000 };

/* A document whose rooms ended so often before it was done is given up. */
const MAX_DELIVERIES = 4;
const MAX_RECEIPT_BYTES = 1024 * 1024;
const MAX_RESULT_BYTES = 64 * 1024 * 1024;

export interface SharedWorkOptions extends Patience {
  readonly queue: WorkQueue;
  readonly marker: WorkMarker;
  readonly parts: PartStore;
  readonly run: Run;
  readonly pace: WorkPace;
  readonly client: BlobClient;
  readonly blobs: ResultBlobs;
  /** Makes and stores the part of one document. False: another room had stored it before. */
  readonly makePart: (index: number) => Promise<boolean>;
  /** Stores that no summary can be made of a document. */
  readonly refusePart: (index: number, failure: ErrorCode) => Promise<boolean>;
}

/** The right and duty to merge: all parts, in order of the documents. */
export interface MergeTurn {
  readonly parts: readonly Part[];
  readonly lease: Lease;
}

/** A result that another room has stored. */
export interface MergedElsewhere {
  readonly sealed: string;
  readonly receipt: string;
}

/** Another room has merged, and the contract's limits refused what came of it. */
export interface RefusedElsewhere {
  readonly refused: ErrorCode;
}

export type SharedEnd = MergeTurn | MergedElsewhere | RefusedElsewhere;

/**
 * Takes part in the run until this room is to merge, or another has merged.
 *
 * @throws CleanroomError WORK_POISONED (a document that cannot be summarized, or a merge that no room survives),
 *   QUEUE_REFUSED, and what `makePart` throws for a failure that another try may heal, once that is used up
 */
export async function shareWork(options: SharedWorkOptions): Promise<SharedEnd> {
  return new SharedRun(options).join();
}

class SharedRun {
  private readonly done = new Map<number, Part>();
  private lastChange = Date.now();
  private lastEtag: string | null = null;
  private readonly patienceMs: number;

  constructor(private readonly options: SharedWorkOptions) {
    const { leaseSeconds } = options.pace;
    /* Longer than any lease, and not the same for all rooms. */
    this.patienceMs = 1000 * leaseSeconds * (2 + Math.random());
  }

  async join(): Promise<SharedEnd> {
    const { queue, pace, signal } = this.options;
    for (;;) {
      signal.throwIfAborted();
      this.refusePoisoned();
      const message = await this.patiently(() => queue.receive(pace.leaseSeconds));
      if (message !== null) {
        const turn = await this.take(message);
        if (turn !== null) return turn;
        continue;
      }
      const end = (await this.patiently(() => this.findMerged())) ?? (await this.findRefused());
      if (end !== null) return end;
      await this.patiently(() => this.replenish());
      await sleep(pace.pollMs, undefined, { signal });
    }
  }

  private patiently<T>(attempt: () => Promise<T>): Promise<T> {
    return patiently(this.options, 'work', attempt);
  }

  private async take(message: LeasedMessage): Promise<MergeTurn | null> {
    const { queue, pace, log, run } = this.options;
    const { item } = message;
    if (item === null || (item.kind === 'document' && item.index >= run.documents)) {
      log.write('work-foreign', { deliveries: message.deliveries });
      await this.patiently(() => queue.remove(message));
      return null;
    }
    const lease = holdLease(queue, message, pace.leaseSeconds);
    try {
      const turn =
        item.kind === 'merge' ? await this.takeMerge(lease) : await this.takeDocument(item.index, lease);
      this.lastChange = Date.now();
      return turn;
    } catch (error) {
      await lease.giveBack();
      throw error;
    }
  }

  private async takeDocument(index: number, lease: Lease): Promise<null> {
    const { log, signal } = this.options;
    if (!(await this.isDone(index))) {
      try {
        const mine = await this.summarize(index, lease.message.deliveries);
        log.write(mine ? 'part-done' : 'part-was-done', { document: index });
      } catch (error) {
        if (signal.aborted) throw error;
        log.write('part-failed', {
          document: index,
          code: codeOf(error),
          deliveries: lease.message.deliveries,
        });
        await lease.giveBack();
        return null;
      }
    }
    await this.patiently(() => lease.settle());
    await this.isDone(index);
    return null;
  }

  private async summarize(index: number, deliveries: number): Promise<boolean> {
    if (deliveries > MAX_DELIVERIES) return this.options.refusePart(index, 'WORK_POISONED');
    try {
      return await this.options.makePart(index);
    } catch (error) {
      if (this.options.signal.aborted || !(isFinal(codeOf(error)) || deliveries === MAX_DELIVERIES))
        throw error;
      return this.options.refusePart(index, codeOf(error));
    }
  }

  private async takeMerge(lease: Lease): Promise<MergeTurn | null> {
    if (lease.message.deliveries > MAX_DELIVERIES)
      throw new CleanroomError(
        'WORK_POISONED',
        `no room has survived merging the ${this.options.run.documents} parts`,
      );
    if ((await this.findMissing()).length > 0 || (await this.findMerged()) !== null) {
      /* Too early, or too late: nothing to do for this message. */
      await this.patiently(() => lease.settle());
      return null;
    }
    this.refusePoisoned();
    return { parts: [...this.done.values()].sort((a, b) => a.index - b.index), lease };
  }

  /* One document without a summary, and the run has none: no room needs to work on. */
  private refusePoisoned(): void {
    const failed = [...this.done.values()].find(({ failure }) => failure !== null);
    if (failed === undefined) return;
    throw new CleanroomError(
      'WORK_POISONED',
      `document ${failed.index + 1} of ${this.options.run.documents} has no summary: ${failed.failure ?? ''}`,
    );
  }

  private async isDone(index: number): Promise<boolean> {
    const { parts, run, board } = this.options;
    if (this.done.has(index)) return true;
    const part = await this.patiently(() => parts.read(index));
    if (part === null) return false;
    this.done.set(index, part);
    this.lastChange = Date.now();
    board.advance(this.done.size / run.documents);
    return true;
  }

  private async findMissing(): Promise<readonly number[]> {
    const missing: number[] = [];
    for (let index = 0; index < this.options.run.documents; index++)
      if (!(await this.isDone(index))) missing.push(index);
    return missing;
  }

  /* A receipt that is not signed at all would end this room early: a host that wants no result can have that more simply. */
  private async findMerged(): Promise<MergedElsewhere | null> {
    const { client, blobs, run } = this.options;
    const stored = await client.read(blobs.receipt, MAX_RECEIPT_BYTES);
    if (stored === null) return null;
    const text = (decodeUtf8(stored.bytes) ?? '').trim();
    const { receipt } = parseReceipt(text);
    if (receipt.contract !== run.parsed.digest || receipt.inputsDigest !== run.inputs) return null;
    const result = await client.read(blobs.result, MAX_RESULT_BYTES);
    const sealed = result === null ? null : decodeUtf8(result.bytes);
    return sealed === null || receipt.output?.sealed !== sha256Hex(sealed) ? null : { sealed, receipt: text };
  }

  /* Sealed for this run like a part, so that nobody else can end it; see `refuseMerge`. */
  private async findRefused(): Promise<RefusedElsewhere | null> {
    const { parts, run } = this.options;
    const refusal = await this.patiently(() => parts.read(run.documents));
    return refusal?.failure == null ? null : { refused: refusal.failure };
  }

  /* At the start, when all parts are there, and after a standstill: one room puts into the queue what is left. */
  private async replenish(): Promise<void> {
    const { marker, queue, log } = this.options;
    const seen = await marker.look();
    if (seen.etag !== this.lastEtag) this.lastChange = Date.now();
    this.lastEtag = seen.etag;
    const missing = await this.findMissing();
    const merge = missing.length === 0;
    const stalled = Date.now() - this.lastChange > this.patienceMs;
    if (!seen.fresh && !(merge && !seen.merge) && !stalled) return;
    if (!(await marker.claim(seen.etag, merge))) return;
    this.lastChange = Date.now();
    const items: readonly WorkItem[] = merge
      ? [{ kind: 'merge' }]
      : missing.map((index) => ({ kind: 'document', index }));
    log.write('work-put', { items: items.length, merge });
    for (const item of items) await this.patiently(() => queue.put(item));
  }
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof CleanroomError ? error.code : 'INTERNAL';
}

/* What another room, or another try, would find just the same. */
function isFinal(code: ErrorCode): boolean {
  const { exit } = ERROR_CODES[code];
  return exit === EXIT.badInput || exit === EXIT.refused || exit === EXIT.unsafe;
}

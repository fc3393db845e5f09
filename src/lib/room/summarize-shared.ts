// The summary of a run that several rooms share: parts by whoever gets to them, the merge by one.

import type { Sha256Hex } from '../base/bytes/digest.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { parseReceipt } from '../evidence/receipt.js';
import type { ContractQueue } from '../contract/schema.js';
import type { ErrorCode } from '../base/errors.js';
import { releasedKeyBytes } from './key-release/released-key.js';
import type { Summarizer } from '../summarizer/summarizer.js';
import type { UnlockedDataset } from './dataset.js';
import type { SourceDocument } from './documents.js';
import {
  derivePartKey,
  type MadePart,
  openPartStore,
  type Part,
  type PartStore,
  type Run,
} from './part-store.js';
import { patiently } from './patiently.js';
import { resultBlobs, storeRoomReport } from './result-store.js';
import { DEFAULT_PACE, type MergeTurn, shareWork } from './shared-work.js';
import {
  appraiseSummary,
  type Lengths,
  named,
  planLengths,
  type Summarized,
  summarizeOptions,
} from './summarize-and-appraise.js';
import type { FinishedWork, WorkContext } from './work.js';
import { openWorkMarker } from './work-marker.js';
import { createWorkQueue } from './work-queue.js';

export interface SharedSummary {
  readonly unlocked: readonly UnlockedDataset[];
  readonly inputs: Sha256Hex;
  readonly documents: readonly SourceDocument[];
  readonly summarizer: Summarizer;
  /** Counts what this room merged; then seals and stores it, or refuses it. */
  readonly giveOut: (summarized: Summarized) => Promise<FinishedWork>;
}

/**
 * Does this room's share of the run, and the merge where it falls to this room.
 *
 * @throws CleanroomError as shareWork and `giveOut`
 */
export async function summarizeInTurn(
  context: WorkContext,
  queue: ContractQueue,
  shared: SharedSummary,
): Promise<FinishedWork> {
  const { client, config, parsed, draft, startEvidence } = context;
  const { documents, inputs } = shared;
  const blobs = resultBlobs(parsed.contract, config.resultSas);
  const lengths = planLengths(parsed.contract.summary.limits, documents.length);
  const run = describeRun(context, shared, lengths);
  const parts = openPartStore({ client, sas: config.resultSas, run });
  const marker = openWorkMarker(client, parsed.contract, config.resultSas, inputs);
  const messages = createWorkQueue({
    url: `${queue.account}/${queue.name}`,
    sas: config.queueSas(),
    tlsRoots: config.tlsRoots,
  });
  const makers = partMakers(context, shared, { run, parts, lengths });
  try {
    await patiently(context, 'results', () =>
      storeRoomReport(client, blobs, { report: startEvidence, digest: draft.reportDigest }),
    );
    const pace = context.pace ?? DEFAULT_PACE;
    const end = await shareWork({ ...context, ...makers, queue: messages, marker, parts, run, pace, blobs });
    if ('parts' in end)
      return await merge(context, shared, { turn: end, lengths, refuseMerge: makers.refuseMerge });
    if ('refused' in end) return { outcome: 'refused', code: end.refused, receipt: null };
    return {
      outcome: 'released',
      receipt: { receipt: parseReceipt(end.receipt).receipt, jws: end.receipt },
      sealed: end.sealed,
      document: null,
    };
  } finally {
    messages.close();
  }
}

function describeRun(context: WorkContext, shared: SharedSummary, lengths: Lengths): Run {
  const { parsed } = context;
  const { unlocked, inputs, documents, summarizer } = shared;
  const { method, modelDigest } = summarizer;
  return {
    parsed,
    inputs,
    documents: documents.length,
    parameters: canonicalJson({
      method,
      model: modelDigest,
      maxTokens: lengths.maxTokens,
      beams: parsed.contract.summary.beams ?? 1,
    }),
    key: derivePartKey(
      unlocked.map(({ key }) => releasedKeyBytes(key)),
      parsed.digest,
      inputs,
    ),
  };
}

interface PartMaking {
  readonly run: Run;
  readonly parts: PartStore;
  readonly lengths: Lengths;
}

function partMakers(
  context: WorkContext,
  { documents, summarizer }: SharedSummary,
  { run, parts, lengths }: PartMaking,
): {
  readonly makePart: (index: number) => Promise<boolean>;
  readonly refusePart: (index: number, failure: ErrorCode) => Promise<boolean>;
  readonly refuseMerge: (failure: ErrorCode) => Promise<boolean>;
} {
  const { draft, identity } = context;
  const store = (index: number, made: MadePart): Promise<boolean> => {
    const work = { document: index, of: run.documents };
    return patiently(context, 'results', () =>
      parts.write(
        index,
        made,
        (output) => draft.signPart(output, work, made.failure),
        identity.receipt.publicKey,
      ),
    );
  };
  return {
    makePart: async (index) => {
      const options = summarizeOptions(context, lengths, () => undefined);
      const { summary, tokens } = await summarizer.summarizeOne(documentAt(documents, index), options);
      return store(index, { summary: { text: summary, tokens }, failure: null });
    },
    refusePart: (index, failure) => store(index, { summary: null, failure }),
    /* In the place after the last document: for the other rooms, which would find the same. */
    refuseMerge: (failure) => store(run.documents, { summary: null, failure }),
  };
}

interface Merging {
  readonly turn: MergeTurn;
  readonly lengths: Lengths;
  readonly refuseMerge: (failure: ErrorCode) => Promise<boolean>;
}

async function merge(
  context: WorkContext,
  { documents, summarizer, giveOut }: SharedSummary,
  { turn, lengths, refuseMerge }: Merging,
): Promise<FinishedWork> {
  try {
    const options = summarizeOptions(context, lengths, () => undefined);
    const each = turn.parts.map((part) => summaryOf(part, documents));
    const result = await summarizer.merge(named(documents), each, options);
    const summarized = appraiseSummary(context, documents, lengths, result);
    context.draft.setParts(
      turn.parts.map(({ receipt }) => ({ receipt: receipt.digest, report: receipt.receipt.report })),
    );
    const finished = await giveOut(summarized);
    if (finished.outcome === 'refused') await refuseMerge(finished.code);
    await turn.lease.settle();
    return finished;
  } catch (error) {
    await turn.lease.giveBack();
    throw error;
  }
}

function summaryOf(
  { index, summary }: Part,
  documents: readonly SourceDocument[],
): { readonly name: string; readonly summary: string; readonly tokens: number } {
  return {
    name: documentAt(documents, index).title,
    summary: summary?.text ?? '',
    tokens: summary?.tokens ?? 0,
  };
}

function documentAt(
  documents: readonly SourceDocument[],
  index: number,
): { name: string; title: string; text: string } {
  const document = documents[index];
  if (document === undefined) throw new RangeError(`there is no document ${index}`);
  return { name: document.title, title: document.title, text: document.text };
}

// One run of the demo: a local Azure of its own, the flow, and nothing left behind unless it is to be kept.

import { resolve } from 'node:path';

import type { ContractLimits } from '../contract/schema.js';
import type { Progress } from '../progress.js';
import { withOwnAzure } from './own-azure.js';
import { type DemoOutcome, runDemo } from './run-demo.js';
import { openSource } from './text-source.js';

export interface DemoSession {
  readonly packageRoot: string;
  readonly cacheDirectory: string;
  /** The user's own text; null for the sample. */
  readonly textPath: string | null;
  readonly sampleText: string;
  /** Directory to leave everything in; null: a temporary one that is removed. */
  readonly keep: string | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface DemoReport extends DemoOutcome {
  readonly text: string;
  readonly kept: string | null;
  readonly seconds: number;
}

/* What the sample's summary measures stands well inside; a text of the user's own is given more room. */
const SAMPLE_LIMITS: ContractLimits = {
  maxTokens: 32,
  maxShareOfSource: 0.3,
  maxVerbatimTokens: 8,
  minDocuments: 1,
  maxResults: 1,
};
const OWN_TEXT_LIMITS: ContractLimits = { ...SAMPLE_LIMITS, maxShareOfSource: 1, maxVerbatimTokens: 32 };

/** @throws CleanroomError FILE_* and TEXT_NOT_UTF8 for the text, and what any part of the flow throws */
export async function playDemo(session: DemoSession): Promise<DemoReport> {
  const started = performance.now();
  const textPath = resolve(session.textPath ?? session.sampleText);
  await openSource(textPath);
  const limits = session.textPath === null ? SAMPLE_LIMITS : OWN_TEXT_LIMITS;
  const outcome = await withOwnAzure({ ...session, parties: ['contoso', 'fabrikam'] }, (azure) =>
    runDemo({ azure, textPath, limits }),
  );
  return {
    ...outcome,
    text: textPath,
    kept: session.keep === null ? null : resolve(session.keep),
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

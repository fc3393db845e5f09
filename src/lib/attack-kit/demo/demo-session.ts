// One run of the demo: a local Azure of its own, the flow, and nothing left behind unless it is to be kept.

import { resolve } from 'node:path';

import type { ContractLimits } from '../../contract/schema.js';
import type { BaseSource } from '../../images/base/base-layers.js';
import type { Progress } from '../../base/progress.js';
import { type DemoRooms, withOwnAzure } from './own-azure.js';
import { type DemoOutcome, runDemo } from './run-demo.js';
import { openSource } from './text-source.js';

export interface DemoSession {
  readonly packageRoot: string;
  readonly cacheDirectory: string;
  /** As of withOwnAzure. */
  readonly base: BaseSource | null;
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
  /** Whether the text is the user's: the demo's model was made for the sample's kind. */
  readonly ownText: boolean;
  readonly kept: string | null;
  readonly rooms: DemoRooms;
  readonly seconds: number;
}

/* What the sample's summary measures stands well inside; a text of the user's own is given more room. */
const SAMPLE_LIMITS: ContractLimits = {
  scripts: ['Latin'],
  maxCharacters: 300,
  maxShareOfSource: 0.3,
  maxCopiedWords: 30,
  maxCopiedShare: 1,
  minDocuments: 1,
  maxResults: 1,
};
const OWN_TEXT_LIMITS: ContractLimits = {
  ...SAMPLE_LIMITS,
  maxCharacters: 900,
  maxShareOfSource: 1,
  maxCopiedWords: 60,
};
/* Picked sentences are copies: as long as the longest of them. */
const PICKED_LIMITS: ContractLimits = {
  ...OWN_TEXT_LIMITS,
  maxCharacters: 1200,
  maxCopiedWords: 200,
  maxCopiedShare: 1,
};

/** @throws CleanroomError FILE_* and TEXT_NOT_UTF8 for the text, and what any part of the flow throws */
export async function playDemo(session: DemoSession): Promise<DemoReport> {
  const started = performance.now();
  const textPath = resolve(session.textPath ?? session.sampleText);
  const { forModel, scripts } = await openSource(textPath);
  const ownLimits = forModel ? OWN_TEXT_LIMITS : PICKED_LIMITS;
  const limits = session.textPath === null ? SAMPLE_LIMITS : { ...ownLimits, scripts: [...scripts] };
  const parties = ['contoso', 'fabrikam'];
  const outcome = await withOwnAzure({ ...session, parties, withModel: forModel }, async (azure) => ({
    ...(await runDemo({ azure, textPath, limits })),
    rooms: azure.rooms,
  }));
  return {
    ...outcome,
    text: textPath,
    ownText: session.textPath !== null,
    kept: session.keep === null ? null : resolve(session.keep),
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

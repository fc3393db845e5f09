// One run of the demo: a local Azure of its own, the flow, and nothing left behind unless it is to be kept.

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { startEmulator } from '../emulator/emulator.js';
import { CleanroomError } from '../errors.js';
import type { Progress } from '../progress.js';
import type { ContractLimits } from '../contract/schema.js';
import { openSource } from './text-source.js';
import { type DemoOutcome, runDemo } from './run-demo.js';
import { openWorkspace } from './workspace.js';

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
  const { progress, signal, cacheDirectory, packageRoot } = session;
  const textPath = resolve(session.textPath ?? session.sampleText);
  await openSource(textPath);
  const root = await openRoot(session.keep);
  try {
    progress.phase('starting a local Azure');
    const emulator = await startEmulator({
      directory: join(root, 'emulator'),
      keyCache: join(cacheDirectory, 'emulator-keys'),
    });
    try {
      const workspace = await openWorkspace(root, emulator, { cacheDirectory, progress, signal });
      const limits = session.textPath === null ? SAMPLE_LIMITS : OWN_TEXT_LIMITS;
      const outcome = await runDemo({ workspace, packageRoot, textPath, limits });
      const kept = session.keep === null ? null : root;
      return {
        ...outcome,
        text: textPath,
        kept,
        seconds: Math.round((performance.now() - started) / 100) / 10,
      };
    } finally {
      await emulator.stop();
    }
  } finally {
    if (session.keep === null) await rm(root, { recursive: true, force: true });
  }
}

async function openRoot(keep: string | null): Promise<string> {
  if (keep === null) return mkdtemp(join(tmpdir(), 'cleanroom-demo-'));
  const root = resolve(keep);
  await mkdir(root, { recursive: true });
  if ((await readdir(root)).length > 0) {
    throw new CleanroomError('DIRECTORY_NOT_EMPTY', `${root} is not empty`);
  }
  return root;
}

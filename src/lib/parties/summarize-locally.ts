// Summarizes text on this machine with the room's code, in the form in which a room of these scripts would give it out.

import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import { alphabetOf, type Script } from '../contract/limits/alphabet.js';
import { formProblem, leavesInScripts, toSummaryText } from '../contract/limits/summary-text.js';
import { createSummarizer, type SourceDocument, type SummaryResult } from '../summarizer/summarizer.js';

export interface LocalSummaryInput {
  readonly documents: readonly SourceDocument[];
  /** Null for sentences of the text. */
  readonly modelDirectory: string | null;
  /** What the summary may be written in. */
  readonly scripts: readonly Script[];
  readonly maxTokens: number | undefined;
  readonly beams: number | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** @throws CleanroomError SUMMARY_ALPHABET for a summary in another script, and as createSummarizer and its summarize */
export async function summarizeLocally(input: LocalSummaryInput): Promise<SummaryResult> {
  const { documents, modelDirectory, scripts, maxTokens, beams, signal, progress } = input;
  if (modelDirectory !== null) progress.phase('loading the model');
  const summarizer = await createSummarizer({ modelDirectory });
  try {
    progress.phase('summarizing');
    const made = await summarizer.summarize(documents, {
      maxTokens,
      beams,
      whenModelFails: 'sentences',
      mayLeave: leavesInScripts(scripts),
      signal,
      progress,
    });
    return {
      ...made,
      summary: inScripts(made.summary, scripts),
      perDocument: made.perDocument.map((one) => ({ ...one, summary: inScripts(one.summary, scripts) })),
    };
  } finally {
    await summarizer.close();
  }
}

function inScripts(summary: string, scripts: readonly Script[]): string {
  const alphabet = alphabetOf(scripts);
  const text = toSummaryText(summary, alphabet);
  if (formProblem(text, alphabet) === null) return text;
  const other = Array.from(text).find(
    (character) => formProblem(character, alphabet) !== null && /\S/u.test(character),
  );
  throw new CleanroomError(
    'SUMMARY_ALPHABET',
    `the summary has ${nameOf(other)}, which is not of the script ${scripts.join(', ')}; a room gives no such summary out`,
    { hint: 'Name the scripts of the text with --script, as a contract does in summary.limits.scripts.' },
  );
}

function nameOf(character: string | undefined): string {
  if (character === undefined) return 'a character';
  return `the character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

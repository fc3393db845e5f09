// A directory of verdicts, and the self-test, for people.

import type { SelfTestResult } from '../parties/verify/self-test.js';
import type { VerifyOutcome } from '../parties/verify-request.js';
import type { DirectorySummary } from '../parties/verify/verify-directory.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { type Detail, renderJudgement } from './render-verdict.js';

const SHOWN = 50;

const TRUSTS = [
  ['hardware', 'on hardware'],
  ['service', 'by the word of an attestation service'],
  ['emulated', 'under emulated roots, which protect nothing'],
  [null, 'without a word about a room'],
] as const;

/** What `verify` found, for people. */
export function renderVerification(outcome: VerifyOutcome, detail: Detail): string {
  switch (outcome.kind) {
    case 'evidence':
    case 'agreement':
      return renderJudgement(outcome.result, detail);
    case 'directory':
      return renderDirectory(outcome.result);
    case 'self-test':
      return renderSelfTest(outcome.result);
  }
}

/** The summary line, then each file that was refused or is no evidence. */
export function renderDirectory({
  files,
  accepted,
  refused,
  unproven,
  notEvidence,
  leftOut,
  entries,
}: DirectorySummary): string {
  const trusts = TRUSTS.flatMap(([trust, words]) => {
    const those = entries.filter((entry) => entry.outcome === 'accepted' && entry.trust === trust).length;
    return those === 0 ? [] : [`${those} ${words}`];
  });
  const others = entries.filter((entry) => entry.outcome !== 'accepted');
  const lines = others.slice(0, SHOWN).map((entry) => {
    const detail = entry.problem ?? entry.failed.join(', ');
    return escapeTerminal(`  ${entry.outcome.padEnd(12)}  ${entry.path}  ${detail}`.replace(/[\t\n]+/g, ' '));
  });
  return [
    `${refused > 0 ? 'refused' : unproven > 0 ? 'unproven' : 'accepted'}  ${files} files: ${accepted} accepted, ${unproven} unproven, ${refused} refused, ${notEvidence} no evidence${leftOut === 0 ? '' : `, ${leftOut} not read`}`,
    ...(trusts.length === 0 ? [] : [`  accepted: ${trusts.join(', ')}`]),
    ...lines,
    ...(others.length > SHOWN ? [`  and ${others.length - SHOWN} more; see --json`] : []),
  ].join('\n');
}

export function renderSelfTest({
  attacks,
  attacksRefused,
  genuine,
  genuineAccepted,
  wrong,
}: SelfTestResult): string {
  return [
    `${attacksRefused} of ${attacks} attacks refused for the stated reason, ${genuineAccepted} of ${genuine} genuine pieces of evidence accepted`,
    ...wrong.map((name) => `  wrong  ${escapeTerminal(name)}`),
  ].join('\n');
}

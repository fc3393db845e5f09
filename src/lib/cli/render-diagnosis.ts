// Diagnoses for people: what is so, why, every comparison, and what mends it.

import type { ClaimComparison, Diagnosis } from '../parties/diagnosis/diagnosis.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

export function renderDiagnoses(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map(renderDiagnosis).join('\n\n');
}

function renderDiagnosis({ kind, code, what, why, fix, claims }: Diagnosis): string {
  const lines = [
    `${kind}${code === null ? '' : ` ${code}`}`,
    `  ${what}`,
    ...why.filter((line) => line !== '').map((line) => `  why: ${line}`),
    ...renderClaims(claims),
    ...fix.map((line) => `  try: ${line}`),
  ];
  return lines.map(escapeTerminal).join('\n');
}

/** Comparisons, one a line; what does not hold first. */
export function renderClaims(claims: readonly ClaimComparison[]): readonly string[] {
  const width = Math.max(0, ...claims.map(({ claim }) => claim.length));
  const ordered = [...claims.filter(({ holds }) => !holds), ...claims.filter(({ holds }) => holds)];
  return ordered.map(({ claim, expected, actual, holds, from }) =>
    holds
      ? `    ok    ${claim.padEnd(width)}  ${actual ?? 'absent'}  (${from})`
      : `    FAIL  ${claim.padEnd(width)}  ${from} wants ${expected}, found ${actual ?? 'nothing'}`,
  );
}

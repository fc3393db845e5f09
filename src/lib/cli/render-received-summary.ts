// A received summary for people: the text first, what vouches for it after.

import type { ReceivedSummary } from '../parties/receive-summary.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderJudgement } from './render-verdict.js';

export function renderSummary({ document, receipt, verdict }: ReceivedSummary): string {
  if (verdict.verdict !== 'accepted') return `the summary is not shown\n${renderJudgement(verdict)}`;
  const each = document.documents.map(
    ({ text }, index) => `\ndocument ${index + 1}\n  ${escapeTerminal(text)}`,
  );
  return [
    escapeTerminal(document.summary.text),
    ...each,
    '',
    `method ${document.method}`,
    `receipt ${receipt.time}: ${receipt.inputs.map(({ dataset, version }) => `${dataset} version ${version}`).join(', ')}; result ${receipt.budget?.used ?? 0} of ${receipt.budget?.of ?? 0}`,
    renderJudgement(verdict),
  ].join('\n');
}

// A received summary for people: the text first, what vouches for it after.

import type { ReceivedSummary } from '../parties/receive-summary.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderChecks } from './render-checks.js';

export function renderSummary({ document, receipt, verdict }: ReceivedSummary): string {
  const failed = verdict.checks.filter(({ status }) => status === 'fail');
  if (verdict.verdict === 'refused') {
    return `refused  ${failed.length} of ${verdict.checks.length} checks failed: the summary is not shown (trust: ${verdict.trust})\n${renderChecks(failed)}`;
  }
  const each = document.documents.map(
    ({ title, text }) => `\n${escapeTerminal(title)}\n  ${escapeTerminal(text)}`,
  );
  const { metrics } = document.summary;
  return [
    escapeTerminal(document.summary.text),
    ...each,
    '',
    `method ${document.method}, ${document.summary.tokens} tokens, BLEU-4 ${metrics.bleu4.toFixed(3)} and ROUGE-L ${metrics.rougeL.toFixed(3)} against the source`,
    `receipt ${receipt.time}: ${receipt.inputs.map(({ dataset, version }) => `${dataset} version ${version}`).join(', ')}; result ${receipt.budget?.used ?? 0} of ${receipt.budget?.of ?? 0}`,
    `accepted  ${verdict.checks.filter(({ status }) => status === 'pass').length} checks passed, ${verdict.checks.filter(({ status }) => status === 'skip').length} not made, trust: ${verdict.trust}`,
  ].join('\n');
}

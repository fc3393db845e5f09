// A received summary for people: the text first, what vouches for it after.

import { shellWord } from '../base/shell-word.js';
import type { ReceivedSummary } from '../parties/receive-summary.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderJudgement } from './render-verdict.js';

/* This command has no flag for them. */
const SEE_MORE = '--json --full lists them';

export function renderSummary({ name, document, receipt, verdict }: ReceivedSummary): string {
  if (verdict.verdict !== 'accepted')
    return `the summary is not shown\n${renderJudgement(verdict, 'statements', SEE_MORE)}\nnext: cleanroom why`;
  const each = document.documents.map(
    ({ text }, index) => `\ndocument ${index + 1}\n  ${escapeTerminal(text)}`,
  );
  return [
    escapeTerminal(document.summary.text),
    ...each,
    '',
    `method ${document.method}`,
    `receipt ${receipt.time}: ${receipt.inputs.map(({ dataset, version }) => `${dataset} version ${version}`).join(', ')}; result ${receipt.budget?.used ?? 0} of ${receipt.budget?.of ?? 0}`,
    renderJudgement(verdict, 'statements', SEE_MORE),
    `next: cleanroom summary --open shows it in a browser; cleanroom attest -f contract.yaml keeps evidence for an auditor; cleanroom destroy ${shellWord(name)} removes the room`,
  ].join('\n');
}

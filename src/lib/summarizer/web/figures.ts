// Tables of numbers on the page: limits with what was measured, and metrics.

import type { Receipt } from '../../audit/receipt.js';
import type { ContractLimits } from '../../contract/schema.js';
import type { ShownMetrics } from '../room-view.js';
import { type Html, html, NOTHING } from './html.js';

const LIMIT_LABELS: readonly (readonly [keyof ContractLimits, string])[] = [
  ['maxTokens', 'Longest summary, tokens'],
  ['maxShareOfSource', 'Largest share of the source’s length'],
  ['maxVerbatimTokens', 'Longest run of words taken over'],
  ['minDocuments', 'Fewest documents'],
  ['maxResults', 'Results under this contract'],
];

/** The contract's limits, and after the run what the guard found, check by check. */
export function renderLimits(limits: ContractLimits, receipt: Receipt | null): Html {
  const rows = LIMIT_LABELS.map(
    ([name, label]) =>
      html`<tr>
        <th scope="row">${label}</th>
        <td class="number">${limits[name]}</td>
      </tr>`,
  );
  return html`<h3>Limits of the contract</h3>
    <table>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${renderChecks(receipt)}`;
}

function renderChecks(receipt: Receipt | null): Html {
  if (receipt === null || receipt.checks.length === 0) return NOTHING;
  const rows = receipt.checks.map(
    ({ id, status, expected = '', actual = '' }) =>
      html`<tr>
        <th scope="row"><code>${id}</code></th>
        <td>${expected}</td>
        <td class="number">${actual}</td>
        <td>${status}</td>
      </tr>`,
  );
  return html`<h3>Measured</h3>
    <table>
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col">Allowed</th>
          <th scope="col">Found</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

/** BLEU-4 and ROUGE of a summary against its source. */
export function renderMetrics({ bleu4, rouge1, rouge2, rougeL }: ShownMetrics): Html {
  const figures = [
    ['BLEU-4', bleu4],
    ['ROUGE-1', rouge1],
    ['ROUGE-2', rouge2],
    ['ROUGE-L', rougeL],
  ] as const;
  const heads = figures.map(([name]) => html`<th scope="col">${name}</th>`);
  const cells = figures.map(([, value]) => html`<td class="number">${value.toFixed(3)}</td>`);
  return html`<table>
    <caption class="hidden">
      Overlap with the source, 0 to 1
    </caption>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      <tr>
        ${cells}
      </tr>
    </tbody>
  </table>`;
}

// Tables of numbers on the page: limits with what was measured, and metrics.

import type { Receipt } from '../../evidence/receipt.js';
import type { ContractLimits } from '../../contract/schema.js';
import type { ShownMetrics } from '../room-view.js';
import { type Html, html } from './html.js';
import { renderTable } from './table.js';

interface LimitRow {
  readonly limit: Exclude<keyof ContractLimits, 'scripts'>;
  readonly label: string;
  /** The guard's check of it; the number of results is counted by the budget. */
  readonly check: string | null;
}

const ROWS: readonly LimitRow[] = [
  { limit: 'maxCharacters', label: 'Longest result, in characters', check: 'SUMMARY_CHARACTERS' },
  { limit: 'maxShareOfSource', label: 'Largest share of the source’s length', check: 'SUMMARY_SHARE' },
  { limit: 'maxCopiedWords', label: 'Longest run of words taken over', check: 'SUMMARY_COPIED_WORDS' },
  { limit: 'maxCopiedShare', label: 'Largest share in copied runs', check: 'SUMMARY_COPIED_SHARE' },
  { limit: 'minDocuments', label: 'Fewest documents', check: 'SUMMARY_DOCUMENTS' },
  { limit: 'maxResults', label: 'Results under this contract', check: null },
];

/** The contract's limits, and after the run what was found for each. */
export function renderLimits(limits: Omit<ContractLimits, 'scripts'>, receipt: Receipt | null): Html {
  const rows = ROWS.map(
    ({ limit, label, check }) =>
      html`<tr>
        <th scope="row">${label}</th>
        <td class="number">${limits[limit]}</td>
        ${renderFound(check, receipt)}
      </tr>`,
  );
  return renderTable('Limits of the contract', ['Limit', 'Allowed', 'Found'], rows);
}

function renderFound(check: string | null, receipt: Receipt | null): Html {
  if (check === null) return html`<td class="number">${receipt?.budget?.used ?? '–'}</td>`;
  const made = receipt?.checks.find(({ id }) => id === check);
  if (made === undefined) return html`<td class="number">–</td>`;
  const mark = made.status === 'pass' ? '' : ` – outside (${check})`;
  return html`<td class="number ${made.status}">${made.actual ?? ''}${mark}</td>`;
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

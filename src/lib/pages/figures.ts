// Tables of numbers on the page: limits with what was measured, and metrics.

import type { Check } from '../base/verdict/check.js';
import type { ContractLimits } from '../contract/schema.js';
import { type Html, html } from './html.js';
import { renderTable } from './table.js';

interface LimitRow {
  readonly limit: Exclude<keyof ContractLimits, 'scripts'>;
  readonly label: string;
  /** The guard's check of it; the number of results is counted by the budget. */
  readonly check: string | null;
  /** Whether it is a share, 0 to 1. */
  readonly share?: true;
}

const ROWS: readonly LimitRow[] = [
  { limit: 'maxCharacters', label: 'Longest result, in characters', check: 'SUMMARY_CHARACTERS' },
  {
    limit: 'maxShareOfSource',
    label: 'Largest share of the source’s length',
    check: 'SUMMARY_SHARE',
    share: true,
  },
  { limit: 'maxCopiedWords', label: 'Longest run of words taken over', check: 'SUMMARY_COPIED_WORDS' },
  {
    limit: 'maxCopiedShare',
    label: 'Largest share in copied runs',
    check: 'SUMMARY_COPIED_SHARE',
    share: true,
  },
  { limit: 'minDocuments', label: 'Fewest documents', check: 'SUMMARY_DOCUMENTS' },
  { limit: 'maxResults', label: 'Results under this contract', check: null },
];

/** What a run came to: what the guard measured, where the reader may know it, and the place that it took. */
export interface Found {
  readonly checks: readonly {
    readonly id: string;
    readonly status: Check['status'];
    readonly actual?: string | undefined;
  }[];
  readonly taken: number | null;
}

/** The contract's limits, and after the run what was found for each. */
export function renderLimits(limits: Omit<ContractLimits, 'scripts'>, found: Found): Html {
  const rows = ROWS.map(
    (row) =>
      html`<tr>
        <th scope="row">${row.label}</th>
        <td class="number">${valueOf(row, limits[row.limit])}</td>
        ${renderFound(row, found)}
      </tr>`,
  );
  const caption =
    found.checks.length === 0
      ? 'Limits of the contract; measured values are in the result only'
      : 'Limits of the contract';
  return renderTable(caption, ['Limit', 'Allowed', 'Found'], rows);
}

function renderFound(row: LimitRow, { checks, taken }: Found): Html {
  if (row.check === null) return html`<td class="number">${taken ?? '–'}</td>`;
  const made = checks.find(({ id }) => id === row.check);
  if (made === undefined) return html`<td class="number">–</td>`;
  const mark = made.status === 'pass' ? '' : ` – outside (${row.check})`;
  return html`<td class="number ${made.status}">${valueOf(row, made.actual ?? '')}${mark}</td>`;
}

/* Shares in per cent, with one place behind the point. */
function valueOf({ share }: LimitRow, value: number | string): string {
  const known = value !== '' && Number.isFinite(Number(value));
  return share === true && known ? `${Math.round(Number(value) * 1000) / 10} %` : String(value);
}

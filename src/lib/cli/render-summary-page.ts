// A received summary as a page of its own, in the room's dress: the text first, then what vouches for it. Needs no script.

import { type Html, html, NOTHING } from '../pages/html.js';
import { renderLimits } from '../pages/figures.js';
import { STYLE_ELEMENT } from '../pages/style.js';
import { renderTable } from '../pages/table.js';
import { METHOD_LABELS } from '../pages/method-labels.js';
import type { Check, Trust } from '../base/verdict/check.js';
import type { ReceivedSummary } from '../parties/receive-summary.js';

const TRUST: Readonly<Record<Trust, string>> = {
  hardware: 'down to the hardware',
  service: 'by the word of an attestation service',
  emulated: 'in the local Azure only, without real hardware',
};

/** The page of a summary whose verdict is accepted. */
export function renderSummaryPage({ name, document, receipt, verdict }: ReceivedSummary): string {
  const passed = verdict.checks.filter(({ status }) => status === 'pass');
  const skipped = verdict.checks.filter(({ status }) => status === 'skip');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Summary – ${name}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header><h1>Summary: ${name}</h1></header>
        <main>
          <section class="state done" aria-label="Verdict">
            <p class="headline">Accepted</p>
            <p>
              Receipt and evidence hold, ${verdict.trust === null ? 'in no respect' : TRUST[verdict.trust]}.
            </p>
          </section>
          ${[document.summary, ...document.documents].map(renderText)}
          <section aria-labelledby="how">
            <h2 id="how">How it was made</h2>
            <p>Method: ${METHOD_LABELS[document.method]}.</p>
            ${renderInputs(receipt.inputs)}
            ${renderLimits(receipt.limits, { checks: document.checks, taken: receipt.budget?.used ?? null })}
          </section>
          <section aria-labelledby="checks">
            <h2 id="checks">What was checked</h2>
            ${renderChecks(passed.length === 1 ? '1 check passed' : `${passed.length} checks passed`, passed)}
            ${renderChecks(`${skipped.length} were not made`, skipped)}
          </section>
        </main>
        <footer><p>Receipt of ${receipt.time}. This page is on your machine only.</p></footer>
      </body>
    </html>`.markup;
}

function renderText({ text }: { readonly text: string }, index: number): Html {
  return html`<section>
    <h2>${index === 0 ? 'All of it' : `Document ${index}`}</h2>
    <blockquote>${text}</blockquote>
  </section>`;
}

function renderInputs(inputs: ReceivedSummary['receipt']['inputs']): Html {
  const rows = inputs.map(
    ({ dataset, owner, version }) =>
      html`<tr>
        <th scope="row">${dataset}</th>
        <td>${owner}</td>
        <td class="number">${version}</td>
      </tr>`,
  );
  return renderTable('Inputs', ['Dataset', 'Owner', 'Version'], rows);
}

function renderChecks(heading: string, checks: readonly Check[]): Html {
  if (checks.length === 0) return NOTHING;
  const items = checks.map(({ id, reason }) => html`<li><code>${id}</code> ${reason ?? ''}</li>`);
  return html`<details>
    <summary>${heading}</summary>
    <ul>
      ${items}
    </ul>
  </details>`;
}

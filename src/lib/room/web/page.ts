// The room's page: what it is doing, what came out, and how anybody can check it. Server-rendered; needs no script.

import { METHOD_LABELS } from '../../pages/method-labels.js';
import type { RoomView } from '../room-view.js';
import type { PhaseId, PhaseStatus, RoomState, RoomStatus } from '../room-status.js';
import { ERROR_CODES } from '../../base/error-codes.js';
import { type Html, html, NOTHING } from '../../pages/html.js';
import { renderLimits } from '../../pages/figures.js';
import { SCRIPT_ELEMENT, STYLE_ELEMENT } from '../../pages/style.js';

const HEADLINES: Readonly<Record<RoomState, string>> = {
  waiting: 'Waiting for what is not there yet',
  working: 'Working',
  done: 'Done',
  refused: 'Refused',
  failed: 'Failed',
};

const PHASE_LABELS: Readonly<Record<PhaseId, string>> = {
  keys: 'Attest, and get every owner’s key',
  budget: 'Take a place in the budget, in every owner’s account',
  working: 'Open the texts, summarize, measure against the limits, close the place',
  results: 'Seal what came of it, sign the receipt, store both',
};

const MARKS: Readonly<Record<PhaseStatus['state'], readonly [string, string]>> = {
  pending: ['○', 'to come'],
  active: ['●', 'now'],
  done: ['✓', 'done'],
  stopped: ['✕', 'stopped here'],
};

/** How summaries are made, for people. */
/** The whole page for the room's present state. */
export function renderPage(view: RoomView): string {
  const status = view.status();
  const ended = status.endedAt !== null;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${HEADLINES[status.state]} – ${view.contract.name} – clean room</title>
        ${ended ? NOTHING : html`<noscript><meta http-equiv="refresh" content="5" /></noscript>`}
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>Clean room: ${view.contract.name}</h1>
          <p class="soft">
            A confidential container group that summarizes sealed text under one agreed contract.
          </p>
        </header>
        <main>
          <p id="spoken" class="hidden" role="status" aria-live="polite"></p>
          <div id="live" data-version="${versionOf(view, status)}" data-ended="${ended ? 'yes' : 'no'}">
            ${renderLive(view, status)}
          </div>
        </main>
        <footer>${renderFooter()}</footer>
        ${SCRIPT_ELEMENT}
      </body>
    </html> `.markup;
}

/* Changes whenever the visible part does. */
function versionOf(view: RoomView, status: RoomStatus): string {
  const { state, phases, progress, waiting } = status;
  const phase = phases.findIndex((candidate) => candidate.state === 'active');
  const attempts = waiting.map((item) => `${item.what}:${item.attempts}`).join(',');
  return [state, phase, Math.floor(progress * 20), attempts, view.receipt() === null ? 0 : 1].join('|');
}

function renderLive(view: RoomView, status: RoomStatus): Html {
  return html`<section class="state ${status.state}" aria-label="State">
      <p class="headline">${HEADLINES[status.state]}</p>
      <p>${sentenceOf(status)}</p>
    </section>
    ${renderResult(view, status)} ${renderWaiting(status)}
    <section aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      <ol class="phases">
        ${status.phases.map(renderPhase)}
      </ol>
    </section>
    ${renderHow(view)} ${renderProof(view)}`;
}

function sentenceOf({ state, code, waiting, phases }: RoomStatus): string {
  if (state === 'done') return 'The summary is inside the contract’s limits and has been handed over.';
  if (code !== null) {
    const { summary, fix } = ERROR_CODES[code];
    return `${summary} ${fix} (${code})`;
  }
  if (state === 'waiting') return `Asking again for: ${waiting.map(({ what }) => what).join(', ')}.`;
  const active = phases.find((phase) => phase.state === 'active');
  return active === undefined ? 'The room has started.' : `${PHASE_LABELS[active.id]}.`;
}

function renderPhase({ id, state }: PhaseStatus): Html {
  const [mark, spoken] = MARKS[state];
  return html`<li class="${state}">
    <span class="mark" aria-hidden="true">${mark}</span>
    <span>${PHASE_LABELS[id]} <span class="hidden">(${spoken})</span></span>
  </li>`;
}

function renderWaiting({ waiting }: RoomStatus): Html {
  if (waiting.length === 0) return NOTHING;
  const rows = waiting.map(
    (item) =>
      html`<tr>
        <th scope="row">${item.what}</th>
        <td>${ERROR_CODES[item.code].summary} <code>${item.code}</code></td>
        <td class="number">${item.attempts}</td>
        <td class="number">${clockTime(item.nextAttempt)}</td>
      </tr>`,
  );
  return html`<section aria-labelledby="waiting">
    <h2 id="waiting">Not there yet</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Why</th>
          <th scope="col">Tries</th>
          <th scope="col">Next (UTC)</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}

function renderResult(view: RoomView, { state }: RoomStatus): Html {
  if (state !== 'done') return NOTHING;
  const summaries = view.summaries();
  if (summaries !== null)
    return html`<section aria-labelledby="result">
      <h2 id="result">Summary</h2>
      ${summaries.map(renderSummary)}
    </section>`;
  return html`<section aria-labelledby="result">
    <h2 id="result">Result</h2>
    <p>
      Sealed to ${view.contract.summary.recipients.join(', ')}: nobody else can read it, this page included. A
      recipient opens it with <code>cleanroom summary</code>.
    </p>
    <p><a href="/result">Sealed result (JWE)</a></p>
  </section>`;
}

function renderSummary(text: string, index: number): Html {
  return html`<h3>${index === 0 ? 'All of it' : `Document ${index}`}</h3>
    <blockquote>${text}</blockquote>`;
}

function renderHow(view: RoomView): Html {
  const { model, summary } = view.contract;
  const method: Html = !('family' in model)
    ? html`${METHOD_LABELS.extractive}`
    : 'dataset' in model
      ? html`${METHOD_LABELS[model.family]}, sealed by its owner (dataset ${model.dataset}),
          <code>${model.digest}</code>`
      : html`${METHOD_LABELS[model.family]}, <code>${model.digest}</code>`;
  const taken = view.receipt()?.receipt.budget?.used ?? null;
  return html`<section aria-labelledby="how">
    <h2 id="how">How it is made</h2>
    <p>Method: ${method}.</p>
    ${renderLimits(summary.limits, { checks: [], taken })}
  </section>`;
}

function renderProof(view: RoomView): Html {
  const receipt =
    view.receipt() === null ? NOTHING : html`<li><a href="/receipt">Signed receipt (JWS)</a></li>`;
  return html`<section aria-labelledby="proof">
    <h2 id="proof">Check it yourself</h2>
    <table class="digests">
      <tbody>
        <tr>
          <th scope="row">Contract</th>
          <td><code class="digest">${view.contractDigest}</code></td>
        </tr>
        <tr>
          <th scope="row">Policy hash</th>
          <td><code class="digest">${view.policyHash}</code></td>
        </tr>
      </tbody>
    </table>
    <ul>
      <li>
        <code>cleanroom attest</code> fetches this room’s hardware report over your own nonce, and checks that
        this connection’s key is in it.
      </li>
      ${receipt}
      <li><a href="/status">Status (JSON)</a></li>
    </ul>
  </section>`;
}

function renderFooter(): Html {
  return html`<p>
    This page is served with a key that the room made at its start. A browser cannot check that key:
    <code>cleanroom attest</code> compares it with the hardware report.
  </p>`;
}

function clockTime(iso: string): string {
  return iso.slice(11, 19);
}

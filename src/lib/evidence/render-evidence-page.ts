// A verdict as a page for people who are not engineers: answer, chain, checks in sentences, and what was not checked.
// The same markup is used by `verify --html` and by the static page in templates/web.

import { toBase64 } from '../base/bytes/base64.js';
import { sha256 } from '../base/bytes/digest.js';
import { CHECKS, isCheckId } from '../attestation/check-ids.js';
import { AS_EXPECTED } from '../attestation/check-log.js';
import type { EvidenceSummary } from '../attestation/describe-evidence.js';
import type { Check, CheckStatus, Trust } from '../base/verdict/check.js';
import type { Judgement, Statement, Subject } from '../base/verdict/statement.js';
import { describeReference } from './describe-reference.js';
import { remedyOf } from './check-remedies.js';
import { chainOf } from './evidence-chain.js';
import { PAGE_STYLE } from './evidence-page-style.js';

export interface PageContent extends Judgement, Partial<Subject> {
  readonly evidence: EvidenceSummary | null;
}

const TRUST_SENTENCE: Readonly<Record<Trust, string>> = {
  hardware: 'The trust ends in AMD’s and Microsoft’s own keys, which are built into this program.',
  service:
    'The trust ends in the word of a service whose keys the verifier was given. No hardware was checked.',
  emulated: 'The trust ends in keys read from a file: the hardware is emulated.',
};

const ANSWER: Readonly<Record<Judgement['verdict'], string>> = {
  accepted: 'Accepted',
  refused: 'Refused',
  unproven: 'Unproven',
};

const STATEMENT_MARK: Readonly<Record<Statement['status'], string>> = {
  proven: 'proven',
  refuted: 'refuted',
  unproven: 'not proven',
};

const MARK: Readonly<Record<CheckStatus, string>> = { pass: 'passed', fail: 'failed', skip: 'not checked' };

/** A complete page: no script, nothing loaded from anywhere. */
export function renderEvidencePage(content: PageContent): string {
  const styleHash = toBase64(sha256(PAGE_STYLE));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${answerOf(content)}: evidence of a clean room</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
${renderEvidenceContent(content)}
</main>
</body>
</html>
`;
}

const REHEARSAL =
  '<p class="warning">The keys of AMD and Microsoft are emulated, from a file: neither company vouches for anything below.</p>';

/** The content of the page's main element; every value from outside is escaped. */
export function renderEvidenceContent(content: PageContent): string {
  const { checks } = content;
  const of = (status: CheckStatus): readonly Check[] => checks.filter((check) => check.status === status);
  return [
    renderAnswer(content),
    renderStatements(content.statements),
    renderChecks('failed', 'What failed', of('fail')),
    `<details><summary>How it follows: every check</summary>`,
    content.checkedAgainst === 'emulated roots' ? REHEARSAL : '',
    `<section aria-labelledby="chain"><h2 id="chain">From the contract to the hardware</h2>${renderChain(checks)}</section>`,
    renderChecks('passed', 'What passed', of('pass')),
    renderSkipped(of('skip')),
    content.evidence === null ? '' : renderFacts(content.evidence),
    '</details>',
  ].join('\n');
}

const SENTENCE: Readonly<Record<Judgement['verdict'], string>> = {
  accepted: 'Everything that was asked is proven.',
  refused: 'Something in the evidence is wrong. Do not rely on this room.',
  unproven: 'No check failed, but something that was asked is not proven. Do not rely on this room yet.',
};

/* An emulated verdict never looks like one about hardware. */
function answerOf({ verdict, trust }: PageContent): string {
  return trust === 'emulated' ? `${ANSWER[verdict]}, emulated` : ANSWER[verdict];
}

function renderSubject({ contract, at, reference }: PageContent): string {
  const about =
    contract == null
      ? ''
      : `<p>Contract <strong>${escapeHtml(contract.name)}</strong> between ${escapeHtml(contract.parties.join(', '))}.</p>`;
  const when = at === undefined ? '' : `<p>Judged at ${escapeHtml(at)}.</p>`;
  const known =
    reference === undefined ? '' : `<p>Reference values ${escapeHtml(describeReference(reference))}.</p>`;
  return `${about}${when}${known}`;
}

function renderAnswer(content: PageContent): string {
  const { verdict, trust, checkedAgainst, warnings } = content;
  const trusted =
    verdict === 'accepted' && trust !== null
      ? `Trust: <strong>${trust}</strong>. ${TRUST_SENTENCE[trust]}`
      : `Checked against ${checkedAgainst}.`;
  const emulated = checkedAgainst === 'emulated roots' ? ' emulated' : '';
  return `<header class="${verdict}${emulated}">
<h1>${answerOf(content)}</h1>
<p>${SENTENCE[verdict]}</p>
${renderSubject(content)}
${warnings.map((warning) => `<p class="warning">Note: ${withFlags(warning)}.</p>`).join('')}<p class="trust">${trusted}</p>
</header>`;
}

function renderStatements(statements: readonly Statement[]): string {
  const items = statements
    .filter(({ demanded, status }) => demanded || status !== 'unproven')
    .map(({ id, status, text, missing }) => {
      const advice =
        missing === undefined ? '' : `<p class="advice">Would be proven by ${withFlags(missing)}.</p>`;
      const kind = status === 'proven' ? 'pass' : status === 'refuted' ? 'fail' : 'skip';
      return `<li class="${kind}"><p><span class="mark">${STATEMENT_MARK[status]}</span><strong>${escapeHtml(text)}</strong></p>${advice}<p class="id"><code>${id}</code></p></li>`;
    });
  const others = statements.filter(({ demanded, status }) => !demanded && status === 'unproven');
  const rest =
    others.length === 0 ? '' : `<p class="reason">Not asked: ${others.map(({ id }) => id).join(', ')}.</p>`;
  return `<section aria-labelledby="statements"><h2 id="statements">What is proven, and what is not</h2><ul class="checks">${items.join('')}</ul>${rest}</section>`;
}

function renderChain(checks: readonly Check[]): string {
  const links = chainOf(checks).map(
    ({ name, meaning, status }) =>
      `<li class="${status}"><strong>${name}</strong> <span class="mark">${MARK[status]}</span><br>${meaning}</li>`,
  );
  return `<ol class="chain">${links.join('')}</ol>`;
}

function renderChecks(id: string, title: string, checks: readonly Check[]): string {
  if (checks.length === 0) return '';
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><ul class="checks">${checks.map(renderCheck).join('')}</ul></section>`;
}

function renderCheck(check: Check): string {
  const failed = check.status === 'fail';
  const reason =
    failed && check.reason !== undefined ? `<p class="reason">Not so: ${withFlags(check.reason)}.</p>` : '';
  const remedy = failed && isCheckId(check.id) ? remedyOf(check.id) : undefined;
  const advice = remedy === undefined ? '' : `<p class="advice">What to do: ${withFlags(remedy)}.</p>`;
  const values = renderValues(check);
  const spec = check.spec === undefined ? '' : ` <span class="spec">${escapeHtml(check.spec)}</span>`;
  return `<li class="${check.status}"><p>${claimOf(check)}</p>${reason}${advice}${values}<p class="id"><code>${escapeHtml(check.id)}</code>${spec}</p></li>`;
}

/* Nothing where the claim itself is all that was expected: the sentence says it already. */
function renderValues({ id, expected, actual }: Check): string {
  const saysMore = (value: string | undefined): value is string =>
    value !== undefined && value !== AS_EXPECTED && !(isCheckId(id) && value === CHECKS[id].claim);
  const rows = [
    ...(saysMore(expected) ? [`<dt>Expected</dt><dd>${escapeHtml(expected)}</dd>`] : []),
    ...(saysMore(actual) ? [`<dt>Found</dt><dd>${escapeHtml(actual)}</dd>`] : []),
  ];
  return rows.length === 0 ? '' : `<dl>${rows.join('')}</dl>`;
}

function renderSkipped(checks: readonly Check[]): string {
  if (checks.length === 0) return '';
  const items = checks.map(
    (check) =>
      `<li class="skip"><p>${claimOf(check)}</p><p class="reason">Not checked: ${withFlags(check.reason ?? 'no reason given')}.</p><p class="id"><code>${escapeHtml(check.id)}</code></p></li>`,
  );
  return `<section aria-labelledby="skipped"><h2 id="skipped">What was not checked</h2><ul class="checks">${items.join('')}</ul></section>`;
}

function claimOf(check: Check): string {
  return escapeHtml(isCheckId(check.id) ? CHECKS[check.id].claim : check.id);
}

function renderFacts(evidence: EvidenceSummary): string {
  const { uvm, reportedTcb } = evidence;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Processor', evidence.product],
    ['Chip', evidence.chipId],
    ['Chip firmware', reportedTcb === undefined ? undefined : JSON.stringify(reportedTcb)],
    ['Guest', evidence.measurement],
    ['Guest firmware', uvm === undefined ? undefined : `${uvm.feed}, version ${String(uvm.svn)}`],
    ['Guest signed', uvm?.signingTime ?? undefined],
    ['Policy', evidence.hostData],
    ['Bound data', evidence.reportData],
    ['Attestation service', evidence.tokenIssuer],
    ['Token issued', evidence.tokenIssuedAt],
    ['Collected (unproven)', evidence.collected],
  ];
  const rows = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`],
  );
  if (rows.length === 0) return '';
  return `<section aria-labelledby="facts"><h2 id="facts">What the evidence states</h2><dl class="facts">${rows.join('')}</dl></section>`;
}

const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML; control and direction-changing characters are shown as escapes. */
export function escapeHtml(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replace(/[&<>"']/g, (character) => ENTITY[character] ?? character);
}

/* A flag is one word on the page too, which a line is not broken in; a command stands between backticks. */
function withFlags(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/--[a-z][a-z-]*/g, '<span class="flag">$&</span>');
}

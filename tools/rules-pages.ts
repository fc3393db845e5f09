// Pages, and parts of pages, that are made from tables of the program: findings, checks, statements, text profiles, exits.

import { readFileSync } from 'node:fs';

import { CHECKS } from '../src/lib/attestation/check-ids.js';
import { LINT_RULES } from '../src/lib/cce-policy/lint/lint-rules.js';
import { DEFAULT_TEXT_PROFILE, TEXT_PROFILES, textProfile } from '../src/lib/cce-policy/text/text-profile.js';
import { STATEMENTS } from '../src/lib/evidence/statements.js';
import { CONTAINER_EXITS } from '../src/lib/parties/diagnosis/explain-group.js';
import { withMadePart } from './made-part.js';

/* A shell's number for a process that signal 1 ended, less one. */
const FIRST_EXIT_BY_SIGNAL = 128;

/** The text of docs/reference/lint-findings.md: what \`policy show --lint\` can find. */
export function renderLintPage(): string {
  return [
    '# Findings of lint\n',
    'Generated from `src/lib/cce-policy/lint/lint-rules.ts`; do not edit. How findings are made, and accepted: [policy](policy.md#what-is-found).\n',
    '| id | severity | meaning | what to do |',
    '|---|---|---|---|',
    ...Object.entries(LINT_RULES).map(([id, { severity, summary, remedy }]) => `| \`${id}\` | ${severity} | ${summary} | ${remedy} |`),
    '',
  ].join('\n');
}

/** The text of docs/security/checks.md: every check that a verdict can hold. */
export function renderChecksPage(): string {
  return [
    '# Checks\n',
    'Generated from `src/lib/attestation/checks`; do not edit. Which statement stands on which: [what verify checks](what-verify-checks.md).\n',
    '| id | passes if | from |',
    '|---|---|---|',
    ...Object.entries(CHECKS).map(([id, { claim, spec }]) => `| \`${id}\` | ${claim} | ${spec} |`),
    '',
  ].join('\n');
}

/** The text of docs/security/what-verify-checks.md, its table of statements made anew. */
export function renderStatementsPage(): string {
  const rows = Object.entries(STATEMENTS).map(
    ([id, { text, ground }]) => `| \`${id}\` | ${text} | ${ground.join(', ') || '-'} |`,
  );
  const table = ['| statement | in words | stands on |', '|---|---|---|', ...rows, ''].join('\n');
  return withMadePart(readFileSync('docs/security/what-verify-checks.md', 'utf8'), 'statements', table);
}

/** The text of docs/reference/policy.md, its table of text profiles made anew. */
export function renderPolicyPage(): string {
  const rows = TEXT_PROFILES.map((name) => {
    const { apiVersion, frameworkVersion, infrastructureSvn, ...profile } = textProfile(name);
    const signals = profile.defaultSignals.join(', ') || 'none';
    const exec = profile.distinctExecProcesses ? 'each once' : 'as listed';
    const shown = `\`${name}\`${name === DEFAULT_TEXT_PROFILE ? ' (default)' : ''}`;
    return `| ${shown} | ${apiVersion}, ${frameworkVersion} | ${infrastructureSvn} | ${signals} | ${exec} |`;
  });
  const head = ['| profile | api, framework | infrastructure SVN | default signals | exec processes |', '|---|---|---|---|---|'];
  return withMadePart(readFileSync('docs/reference/policy.md', 'utf8'), 'text profiles', [...head, ...rows, ''].join('\n'));
}

/** The text of docs/reference/room-api.md, its table of the process's exit codes made anew. */
export function renderRoomPage(): string {
  const rows = Object.entries(CONTAINER_EXITS)
    .filter(([exit]) => Number(exit) < FIRST_EXIT_BY_SIGNAL)
    .map(([exit, { why, code }]) => `| ${exit} | ${why} | ${code === null ? '' : `\`${code}\``} |`);
  const head = ['| exit | cause | `cleanroom why` |', '|---|---|---|'];
  const ended = '| 0 | it was stopped (SIGTERM), or the run has no result, whatever the cause | |';
  return withMadePart(readFileSync('docs/reference/room-api.md', 'utf8'), 'exits', [...head, ended, ...rows, ''].join('\n'));
}

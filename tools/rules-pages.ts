// docs/reference/lint-findings.md and docs/security/checks.md from the tables of findings and of checks.

import { CHECKS } from '../src/lib/attestation/check-ids.js';
import { LINT_RULES } from '../src/lib/cce-policy/lint/lint-rules.js';

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

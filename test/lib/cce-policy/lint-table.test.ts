// The table of changes against lint: exactly what each adds, and that the host can do what a finding says.

import assert from 'node:assert/strict';

import { contractPolicyContent } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { compilePattern } from '../../../src/lib/cce-policy/pattern/pattern.js';
import { asGuestReads } from '../../../src/lib/cce-policy/pattern/reading.js';
import type { Finding } from '../../../src/lib/cce-policy/lint/finding.js';
import { lintPolicy } from '../../../src/lib/cce-policy/lint/lint-policy.js';
import { LINT_RULES, type LintId } from '../../../src/lib/cce-policy/lint/lint-rules.js';
import type { PolicyContent } from '../../../src/lib/cce-policy/policy-document.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { renderPolicy } from '../../../src/lib/cce-policy/text/render-policy.js';
import { parsedContract, roomImages } from '../../support/room-fixture.js';
import { DANGEROUS, HARMLESS, NOTED, type Row } from './lint-table.js';

const CLEAN = contractPolicyContent({ parsed: parsedContract(), tlsRoots: null, images: roomImages() });

function lint(content: PolicyContent): readonly Finding[] {
  return lintPolicy(parsePolicy(renderPolicy(content, { profile: '2.0', layout: 'compact' }).text));
}

const key = ({ id, where, about }: Finding): string => JSON.stringify([id, where, about]);
const KNOWN = new Set(lint(CLEAN).map(key));

const judged = new Map<Row, readonly Finding[]>();

/* Errors and warnings that the clean policy has not. Each row is judged once. */
function added(row: Row): readonly Finding[] {
  const findings =
    judged.get(row) ??
    lint(row.change(CLEAN)).filter((finding) => finding.severity !== 'note' && !KNOWN.has(key(finding)));
  judged.set(row, findings);
  return findings;
}

function ids(findings: readonly Finding[]): readonly LintId[] {
  return [...new Set(findings.map(({ id }) => id))].sort();
}

describe('lint by meaning', () => {
  it(`has at least 120 rows (${DANGEROUS.length} dangerous, ${HARMLESS.length} harmless)`, () => {
    assert.ok(DANGEROUS.length + HARMLESS.length >= 120);
  });

  for (const row of DANGEROUS) {
    it(`${row.threat}: finds ${row.found.join(' and ')} in ${row.what}`, () => {
      const findings = added(row);
      assert.deepEqual(ids(findings), [...row.found].sort());
      for (const { example, fix } of findings) assert.ok(example !== '' && fix !== '');
    });
  }

  for (const row of HARMLESS) {
    it(`${row.threat}: adds neither error nor warning for ${row.what}`, () => {
      assert.deepEqual(added(row).map(key), []);
    });
  }

  for (const { threat, what, change, found } of NOTED) {
    it(`${threat}: notes ${what}`, () => {
      const said = ids(lint(change(CLEAN)));
      assert.deepEqual(
        found.filter((id) => !said.includes(id)),
        [],
      );
    });
  }

  it('I7: gives examples of variables that the pattern takes', () => {
    const wrong = DANGEROUS.flatMap((row) => {
      const rules = row.change(CLEAN).containers.flatMap(({ env_rules }) => env_rules);
      return added(row).filter(({ id, example }) => {
        if (id !== 'ENV_DANGEROUS' && id !== 'ENV_OPEN_END') return false;
        const variable = example.replace('the host may set ', '');
        return !rules.some(
          ({ pattern, strategy }) =>
            strategy === 're2' && compilePattern(asGuestReads(pattern, 'anchored')).found(variable),
        );
      });
    });
    assert.deepEqual(wrong, []);
  });

  it('has a dangerous row for every error that a change of content can cause', () => {
    const covered = new Set(DANGEROUS.flatMap(({ found }) => found));
    const elsewhere: readonly LintId[] = [
      ...(['POLICY_FORM', 'POLICY_ALLOW_ALL', 'POINT_ALWAYS_ALLOWED', 'POINT_DEFAULT_ALLOWED'] as const),
      ...(['VERSION_UNUSABLE', 'DUMP_STACKS', 'RUNTIME_LOGGING', 'UNENCRYPTED_SCRATCH'] as const),
      ...(['EXTERNAL_PROCESS', 'PAUSE_UNKNOWN', 'HOST_NETWORK'] as const),
    ];
    const missing = (Object.keys(LINT_RULES) as LintId[]).filter(
      (id) => LINT_RULES[id].severity === 'error' && !covered.has(id) && !elsewhere.includes(id),
    );
    assert.deepEqual(missing, []);
  });
});

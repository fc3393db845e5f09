// The attack kit, as anybody runs it: every attack of kind E of the threat model, and exactly by what each is refused.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AttackReport } from '../../src/lib/attack-kit/demo/attack-session.js';
import { runProcess } from '../support/cleanroom-process.js';
import { lendKeys } from '../support/local-azure.js';

/* Threat, attack, the code of the refusal. */
const EXPECTED: readonly (readonly [string, string])[] = [
  ['I1/own-login', 'KEY_ACCESS_DENIED'],
  ['I1/owner-login', 'KEY_OPERATION_FORBIDDEN'],
  ['I1/room-identity', 'KEY_ACCESS_DENIED'],
  ['I2/swap-policy', 'KEY_POLICY_IMMUTABLE'],
  ['I3/crypto-officer', 'KEY_RELEASE_TOKEN_REJECTED'],
  ['I3/grant-itself', 'KEY_ACCESS_DENIED'],
  ['I4/allow-all', 'ROOM_POLICY_MISMATCH'],
  ['I4/debug-mode', 'KEY_RELEASE_DENIED'],
  ['I4/exec-enabled', 'KEY_RELEASE_DENIED'],
  ['I4/exec-into-room', 'SERVICE_FORBIDDEN'],
  ['I4/own-program', 'KEY_RELEASE_DENIED'],
  ['I5/fragment', 'KEY_RELEASE_DENIED'],
  ['I5/line-break', 'KEY_RELEASE_DENIED'],
  ['I5/order', 'KEY_RELEASE_DENIED'],
  ['I5/pattern', 'ROOM_POLICY_MISMATCH'],
  ['I6/contract-digest', 'POLICY_DENIED'],
  ['I6/wildcard', 'VARIABLE_DROPPED'],
  ['I7/foreign-code', 'VARIABLE_DROPPED'],
  ['I7/other-weights', 'POLICY_DENIED'],
  ['I8/logs', 'NOTHING_FOUND'],
  ['I9/old-evidence', 'EVIDENCE_REFUSED'],
  ['I9/published-token', 'KEY_RELEASE_REFUSED'],
  ['I9/report-for-own-key', 'ATTESTATION_REFUSED'],
  ['I10/file-share', 'POLICY_DENIED'],
  ['I10/plain-as-confidential', 'ROOM_CONFIG_INVALID'],
  ['I11/old-version', 'KEY_DISABLED'],
  ['I11/swapped-datasets', 'SEAL_STATEMENT_REJECTED'],
  ['I14/again', 'SAME_RESULT'],
  ['I14/budget-reset', 'SERVICE_FORBIDDEN'],
  ['I14/nearly-equal', 'CONTRACT_USED_UP'],
  ['I15/own-contract', 'DATASET_REFUSED'],
  ['I15/stored-contract', 'CONTRACT_DIGEST_MISMATCH'],
  ['I16/own-certificates', 'POLICY_DENIED'],
  ['I16/own-services', 'VARIABLE_DROPPED'],
  ['I18/own-text', 'SEAL_STATEMENT_REJECTED'],
  ['I23/braille', 'NO_RESULT'],
  ['I23/signs-that-count-as-one', 'NO_RESULT'],
  ['I24/lots', 'NO_RESULT'],
  ['I26/failing-by-the-text', 'NOTHING_FOUND'],
  ['I28/message-of-the-runtime', 'NOTHING_FOUND'],
  ['I28/open-streams', 'STATEMENT_REFUTED'],
  ['II1/escape-sequences', 'NO_RESULT'],
  ['II1/no-text', 'NO_RESULT'],
  ['II2/instructions', 'NO_RESULT'],
  ['II4/two-versions', 'CONSENT_MISSING'],
  ['II5/revoke-and-deny', 'RECEIPT_HOLDS'],
  ['II6/borrowed-attestation', 'KEY_NOT_AS_ASKED'],
  ['II6/known-key', 'KEY_NOT_AS_ASKED'],
  ['N1/other-room', 'KEY_RELEASE_DENIED'],
  ['N2/isolate', 'BUDGET_SPENT'],
  ['O4/platform-variables', 'VARIABLE_DROPPED'],
  ['O7/cut-before-result', 'COUNTED_ONCE'],
  ['O9/release-in-own-ledger', 'EVIDENCE_REFUSED'],
  ['O9/release-not-stated', 'EVIDENCE_REFUSED'],
  ['O9/release-of-another-service', 'EVIDENCE_REFUSED'],
  ['O9/release-with-stale-root', 'EVIDENCE_REFUSED'],
  ['O9/release-with-swapped-payload', 'EVIDENCE_REFUSED'],
  ['O9/service-without-evidence', 'EVIDENCE_REFUSED'],
  ['O9/service-with-stale-evidence', 'EVIDENCE_REFUSED'],
  ['O9/service-with-swapped-evidence', 'EVIDENCE_REFUSED'],
  ['X1/flipped-bit', 'NO_RESULT'],
  ['X1/read-blob', 'SEALED_BLOB_REJECTED'],
  ['X1/stretched-sas', 'SERVICE_FORBIDDEN'],
  ['X3/look-alike-vault', 'VAULT_HOST_UNKNOWN'],
  ['X3/other-contract-host', 'POLICY_DENIED'],
  ['X3/plain-http', 'CONTRACT_INVALID'],
  ['X4/own-token', 'KEY_ACCESS_DENIED'],
  ['X4/own-token-as-room', 'KEY_RELEASE_TOKEN_REJECTED'],
  ['X7/process-list', 'NOTHING_FOUND'],
];

describe('emulator attack --all', function () {
  this.timeout(900_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-attack-test-'));
  let report: AttackReport;
  let code: number | null = null;

  before(async () => {
    await lendKeys(root);
    const done = await runProcess(['emulator', 'attack', '--all', '--json'], {
      cwd: root,
      env: { HOME: root, TMPDIR: root },
      timeoutMs: 880_000,
    });
    assert.notEqual(done.stdout, '', done.stderr);
    ({ code } = done);
    report = (JSON.parse(done.stdout) as { result: AttackReport }).result;
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  for (const [attack, expected] of EXPECTED) {
    it(`${attack.replace('/', ': ')} is refused with ${expected}`, () => {
      const [id, name] = attack.split('/');
      const outcome = report.attacks.find((candidate) => candidate.id === id && candidate.name === name);
      assert.deepEqual([outcome?.refused, outcome?.code], [true, expected]);
      assert.notEqual(outcome?.refusedBy, 'nobody');
      assert.ok((outcome?.wouldHaveLeaked ?? '').length > 10);
    });
  }

  it('plays nothing else, exits 0, and leaves nothing behind', () => {
    assert.equal(report.attacks.length, EXPECTED.length);
    assert.deepEqual([code, report.succeeded], [0, 0]);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('cleanroom-')),
      [],
    );
  });
});

// `demo`, as a newcomer runs it: the summary, the verdict, and every attack refused by whom it should be.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runProcess } from '../support/cleanroom-process.js';
import { lendKeys } from '../support/local-azure.js';

interface DemoJson {
  readonly ok: boolean;
  readonly result: {
    readonly summary: string;
    readonly method: string;
    readonly verdict: {
      readonly verdict: string;
      readonly trust: string;
      readonly statements: readonly { readonly id: string; readonly status: string }[];
    };
    readonly attacks: readonly {
      readonly id: string;
      readonly refusedBy: string;
      readonly code: string;
      readonly refused: boolean;
    }[];
    readonly rooms: { readonly kind: string; readonly node: string; readonly why: string | null };
    readonly tighter: { readonly code: string; readonly cause: string | null };
  };
}

describe('demo', function () {
  this.timeout(300_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-demo-test-'));
  let report: DemoJson;
  let stderr = '';

  before(async () => {
    await lendKeys(root);
    const done = await runProcess(['demo', '--json'], {
      cwd: root,
      env: { HOME: root, TMPDIR: root },
      timeoutMs: 280_000,
    });
    assert.equal(done.code, 0, `${done.stderr}${done.stdout}`);
    report = JSON.parse(done.stdout) as DemoJson;
    stderr = done.stderr;
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  it('gives a summary by the model, and a verdict that is named as emulated', () => {
    assert.equal(report.result.method, 't5');
    assert.match(report.result.summary, /sell Orchard to bakeries from 14 March/);
    assert.equal(report.result.verdict.verdict, 'accepted');
    assert.equal(report.result.verdict.trust, 'emulated');
  });

  it("runs its rooms in namespaces wherever CI demands the tools for that, and on the image's own Node.js or says why not", () => {
    const { kind, node, why } = report.result.rooms;
    assert.ok(kind === 'namespaces' || process.env['CLEANROOM_REQUIRE_TOOLS'] !== '1', kind);
    assert.ok(node === 'image' || why !== null, why ?? '');
  });

  it('gives evidence that proves every statement but LOGGED offline, KEYS and RESULT among them', () => {
    const open = report.result.verdict.statements.filter(({ status }) => status !== 'proven');
    assert.deepEqual(
      open.map(({ id, status }) => `${id} ${status}`),
      ['LOGGED unproven'],
    );
  });

  it('X1 I1 X4 I2 I6 I4 I18: sees every attack of the host refused, each with its own code', () => {
    assert.deepEqual(
      report.result.attacks.map(({ id, refused, code }) => `${id} ${String(refused)} ${code}`),
      [
        'X1 true SEALED_BLOB_REJECTED',
        'I1 true KEY_ACCESS_DENIED',
        'X4 true KEY_ACCESS_DENIED',
        'I2 true KEY_POLICY_IMMUTABLE',
        'I6 true POLICY_DENIED',
        'I4 true KEY_RELEASE_DENIED',
        'I18 true SEAL_STATEMENT_REJECTED',
      ],
    );
  });

  it('shows a refusal under a limit that the summary cannot meet', () => {
    const { code, cause } = report.result.tighter;
    assert.deepEqual([code, cause], ['NO_RESULT', 'LIMIT_REFUSED']);
  });

  it('says phases only on stderr, and leaves nothing behind', () => {
    assert.ok(!stderr.includes('Orchard plans the tours'));
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('cleanroom-demo-')),
      [],
    );
  });
});

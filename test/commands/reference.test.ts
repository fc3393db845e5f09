// The table of reference values on the command line.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { REFERENCE_VALUES } from '../../src/lib/contract/published/reference-values.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('reference', function () {
  this.timeout(60_000);
  const root = useTemporaryDirectory();

  function withdrawn(): string {
    const path = join(root(), 'reference.json');
    const uvm = REFERENCE_VALUES.uvm.map((row) => ({ ...row, status: 'withdrawn' as const }));
    writeFileSync(path, JSON.stringify({ ...REFERENCE_VALUES, uvm }));
    return path;
  }

  it('shows the table with its day, its age, a class a row and what was announced', async () => {
    const { json } = await runCleanroomJson('reference', 'show');
    const result = json['result'] as { table: unknown; from: string };
    assert.deepEqual([result.table, result.from], [REFERENCE_VALUES, 'package']);
    const { stdout } = await runCleanroom('reference', 'show');
    assert.match(stdout, /^reference values of 2026-11-30, \d+ days? old, of this version/);
    assert.match(stdout, /latest {5}104 /);
    assert.match(stdout, /CVE-2026-21522 {2}no known fix/);
  });

  it('verifies the one in use, and says of another that nobody signed it and what it would change', async () => {
    assert.equal((await runCleanroom('reference', 'verify')).code, 0);
    const other = await runCleanroom('reference', 'verify', withdrawn());
    assert.equal(other.code, 5);
    assert.match(other.stdout, /^unsigned {2}table/);
    assert.match(other.stdout, /stricter {5}uvm 104 is withdrawn, not latest/);
  });

  it('I38: refuses every update while there is no release key', async () => {
    const { code, json } = await runCleanroomJson('reference', 'update', withdrawn());
    assert.equal(code, 5);
    assert.equal((json['error'] as { code: string }).code, 'REFERENCE_UNSIGNED');
  });

  it('is looked at by doctor, with its age and the advisories that have no known fix', async () => {
    const { json } = await runCleanroomJson('doctor');
    const { checks } = json['result'] as { checks: readonly { id: string; what: string }[] };
    const line = checks.find(({ id }) => id === 'REFERENCE_VALUES');
    assert.match(line?.what ?? '', /of 2026-11-30, \d+ days? old; CVE-2026-21522 without a known fix/);
  });
});

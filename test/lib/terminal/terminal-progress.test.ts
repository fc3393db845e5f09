// Progress as a terminal gets it; `script` gives the built program one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { requireTool } from '../../support/tools.js';

const PROGRAM = resolve('bin/run.js');
const SYMBOLS = /\u001b\[|✔/;

describe('progress on a terminal', function () {
  const directory = useTemporaryDirectory();

  before(function () {
    requireTool(this, 'script');
    writeFileSync(join(directory(), 'notes.txt'), 'The ferry leaves at nine. It is full on Fridays.');
  });

  function onTerminal(environment: Readonly<Record<string, string>>, columns = 80): string {
    const command = `stty cols ${String(columns)}; "${process.execPath}" ${PROGRAM} summarize notes.txt`;
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: directory(),
      env: { PATH: process.env['PATH'] ?? '', HOME: directory(), TERM: 'xterm-256color', ...environment },
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.equal(status, 0, stdout.slice(0, 1000));
    return stdout;
  }

  it('moves, in colour', () => {
    assert.match(onTerminal({ LANG: 'C.UTF-8' }), SYMBOLS);
    assert.match(onTerminal({ NO_COLOR: '' }), SYMBOLS);
  });

  it('is one plain line a phase where the terminal does not know its width', () => {
    assert.doesNotMatch(onTerminal({}, 0), SYMBOLS);
  });

  for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { LANG: 'C.UTF-8', LC_ALL: 'C' }])
    it(`is one plain line a phase under ${JSON.stringify(environment)}`, () => {
      const output = onTerminal(environment);
      assert.match(output, /^reading the text\r?\nsummarizing\r?\n/);
      assert.doesNotMatch(output, SYMBOLS);
    });
});

import assert from 'node:assert/strict';

import { Flags } from '@oclif/core';
import { captureOutput } from '@oclif/test';

import { BaseCommand, type Outcome } from '../../../src/lib/cli/base-command.js';
import { EXIT } from '../../../src/lib/base/error-codes.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';

interface Answer {
  readonly answer: number;
}

class Probe extends BaseCommand<typeof Probe, Answer> {
  static override flags = { fail: Flags.string(), exit: Flags.integer({ default: 0 }) };

  protected execute(): Promise<Outcome<Answer>> {
    this.warn('the clock is slow');
    if (this.flags.fail === 'bug') throw new TypeError('secret detail');
    if (this.flags.fail === 'service') {
      throw Object.assign(new CleanroomError('SERVICE_UNREACHABLE', 'not reached'), { token: 'eyJsecret' });
    }
    if (this.flags.fail === 'file')
      throw new CleanroomError('FILE_NOT_FOUND', '\u001b[31mred\u001b[0m is missing');
    return Promise.resolve({ result: { answer: 42 }, text: 'forty-two\n', exitCode: this.flags.exit });
  }
}

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const { stdout, stderr, error } = await captureOutput(async () => Probe.run(argv, process.cwd()));
    return { code: exitCode() ?? (error === undefined ? 0 : -1), stdout, stderr };
  } finally {
    process.exitCode = before;
  }
}

/** The exit code that the command has set. */
function exitCode(): number | undefined {
  return typeof process.exitCode === 'number' ? process.exitCode : undefined;
}

describe('every command', () => {
  it('prints its text on stdout and its warnings on stderr', async () => {
    const { code, stdout, stderr } = await run();
    assert.equal(code, EXIT.ok);
    assert.equal(stdout, 'forty-two\n');
    assert.match(stderr, /warning: the clock is slow/);
  });

  it('prints one envelope with --json, warnings inside', async () => {
    const { code, stdout } = await run('--json');
    assert.equal(code, EXIT.ok);
    assert.deepEqual(JSON.parse(stdout), {
      ok: true,
      result: { answer: 42 },
      warnings: ['the clock is slow'],
    });
  });

  for (const [failure, code, exit] of [
    ['bug', 'INTERNAL', EXIT.bug],
    ['file', 'FILE_NOT_FOUND', EXIT.badInput],
    ['service', 'SERVICE_UNREACHABLE', EXIT.service],
  ] as const) {
    it(`exits ${exit} for ${code}, the same with and without --json`, async () => {
      const text = await run('--fail', failure);
      const json = await run('--fail', failure, '--json');
      assert.equal(text.code, exit);
      assert.equal(json.code, exit);
      assert.equal(text.stdout, '');
      assert.match(text.stderr, new RegExp(`error ${code}: `));
      const envelope = JSON.parse(json.stdout) as { ok: boolean; error: { code: string } };
      assert.equal(envelope.ok, false);
      assert.equal(envelope.error.code, code);
    });
  }

  it('exits 2 for a flag it does not know, the same with and without --json', async () => {
    assert.equal((await run('--nonsense')).code, EXIT.usage);
    const json = await run('--nonsense', '--json');
    assert.equal(json.code, EXIT.usage);
    assert.match(json.stdout, /"code": "USAGE"/);
  });

  it('gives a refused verdict as a result, with exit 5', async () => {
    const { code, stdout } = await run('--exit', '5', '--json');
    assert.equal(code, EXIT.refused);
    assert.match(stdout, /"ok": true/);
  });

  it('X7: spreads no property of an error into its output', async () => {
    const text = await run('--fail', 'service');
    const json = await run('--fail', 'service', '--json');
    assert.ok(!`${text.stderr}${json.stdout}${json.stderr}`.includes('eyJsecret'));
  });

  it('X7: keeps the message of an unexpected failure to itself', async () => {
    const { stdout, stderr } = await run('--fail', 'bug', '--json');
    assert.ok(!`${stdout}${stderr}`.includes('secret detail'));
  });

  it('II1: shows escape sequences from outside instead of obeying them', async () => {
    const { stderr } = await run('--fail', 'file');
    assert.ok(!stderr.includes('\u001b['));
    assert.match(stderr, /\\u001b\[31mred/);
  });
});

// `cleanroom schema`: what --json prints, command by command. Every test that runs a command with --json compares what it
// printed with this (test/support/valid-output.ts).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';

import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { requireValidOutput } from '../support/valid-output.js';

interface Shown {
  readonly commands?: readonly string[];
  readonly schema?: object;
}

async function shown(...words: string[]): Promise<Shown> {
  const { json } = await runCleanroomJson('schema', ...words);
  return json['result'] as Shown;
}

describe('cleanroom schema', () => {
  it('has a schema of every command, and each is one', async () => {
    const { commands = [] } = await shown();
    assert.ok(
      commands.length > 60 && commands.includes('verify') && commands.includes('policy fragment sign'),
    );
    for (const command of commands) {
      const { schema } = await shown(...command.split(' '));
      assert.ok(schema, command);
      new Ajv2020({ strict: false }).compile(schema);
    }
  }).timeout(60_000);

  it('has no time as a number in any command', () => {
    const { commands, $defs } = JSON.parse(readFileSync('dist/result-schemas.json', 'utf8')) as Record<
      string,
      unknown
    >;
    const numbers: string[] = [];
    JSON.stringify({ commands, $defs }, (name, value: unknown) => {
      const isTime = /^(?:at|date|time|expires|lastSeen)$|(?:At|Time|Ends)$/.test(name);
      if (isTime && /"number"|"integer"/.test(JSON.stringify(value))) numbers.push(name);
      return value;
    });
    assert.deepEqual(numbers, []);
  });

  it('prints the schema itself, which refuses what the command does not print', async () => {
    const { stdout, code } = await runCleanroom('schema', 'completion');
    assert.equal(code, 0);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(stdout) as object);
    const good = { ok: true, result: { shell: 'bash', script: 'x' }, warnings: [] };
    const error = { code: 'USAGE', message: 'm', hint: '' };
    assert.ok(validate(good), JSON.stringify(validate.errors));
    assert.ok(validate({ ok: false, error, warnings: [] }));
    for (const bad of [
      { ok: true, result: { shell: 'bash', script: 5 }, warnings: [] },
      { ok: true, result: {}, warnings: [] },
      { ok: true, result: { shell: 'bash', script: 'x' } },
      { ok: false, error: { ...error, token: 'secret' }, warnings: [] },
      { ok: false, result: { shell: 'bash', script: 'x' }, warnings: [] },
    ])
      assert.ok(!validate(bad), JSON.stringify(bad));
  });

  it('is looked at wherever a test runs a command', () => {
    assert.throws(() =>
      requireValidOutput(['policy', 'hash', 'x', '--json'], '{"ok":true,"result":{},"warnings":[]}'),
    );
  });

  it('leaves long fields to --full, wherever a test runs a command', () => {
    const long = JSON.stringify({ ok: true, result: { policyHash: 'x'.repeat(70_000) }, warnings: [] });
    assert.throws(() => requireValidOutput(['status', '--json'], long), /without --full/);
  });

  it('names the nearest command for one that is not there', async () => {
    const { code, json } = await runCleanroomJson('schema', 'verfy');
    assert.equal(code, 2);
    assert.match(JSON.stringify(json), /Did you mean: cleanroom schema verify/);
  });
});

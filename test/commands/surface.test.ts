// The command line as scripts see it: every command, flag and argument in a committed snapshot; help that can be run.
// `UPDATE_SNAPSHOT=1 npx mocha test/commands/surface.test.ts` writes the snapshot anew: look at the difference.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

import { type Command, Config } from '@oclif/core';

import { TASKS } from '../../src/lib/cli/help.js';

const SNAPSHOT = 'test/commands/surface.json';

interface Surface {
  readonly args: readonly string[];
  readonly flags: readonly string[];
}

function surfaceOf(command: Command.Loadable): Surface {
  const flags = Object.values(command.flags).map((flag) => {
    const short = flag.char === undefined ? '' : `-${flag.char} `;
    const many = flag.type === 'option' && flag.multiple === true ? '…' : '';
    return `${short}--${flag.name}${flag.type === 'option' ? ' VALUE' : ''}${many}${flag.required === true ? ' (required)' : ''}`;
  });
  return { args: Object.keys(command.args), flags: flags.sort() };
}

describe('the command line', () => {
  let commands: readonly Command.Loadable[] = [];
  let others: readonly Command.Loadable[] = [];

  before(async () => {
    const config = await Config.load({ root: process.cwd(), devPlugins: false, userPlugins: false });
    commands = config.commands.filter(({ pluginName }) => pluginName === '@cleanroom/cli');
    others = config.commands.filter((command) => !commands.includes(command));
  });

  it('has one way to everything: of plugins, help alone', () => {
    assert.deepEqual(
      others.map(({ id }) => id),
      ['help'],
    );
  });

  it('is what the snapshot says: nothing that scripts rely on comes or goes unnoticed', () => {
    const surface = Object.fromEntries(
      [...commands]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((command) => [command.id.replaceAll(':', ' '), surfaceOf(command)]),
    );
    if (process.env['UPDATE_SNAPSHOT'] === '1')
      writeFileSync(SNAPSHOT, `${JSON.stringify(surface, null, 2)}\n`);
    assert.deepEqual(surface, JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
  });

  it('has every command and topic that is not hidden under one task of the first screen', async () => {
    const { topics } = await Config.load({ root: process.cwd(), devPlugins: false, userPlugins: false });
    const shown = new Set([
      ...[...commands, ...others]
        .filter(({ id, hidden }) => !id.includes(':') && !hidden)
        .map(({ id }) => id),
      ...topics.map(({ name }) => name).filter((name) => !name.includes(':')),
    ]);
    assert.deepEqual(TASKS.flatMap(({ members }) => members).sort(), [...shown].sort());
  });

  it('gives every command a summary and at least two examples', () => {
    const lacking = commands.filter(
      ({ summary, examples }) => summary === undefined || (examples ?? []).length < 2,
    );
    assert.deepEqual(
      lacking.map(({ id }) => id),
      [],
    );
  });

  it('takes --json and --profile everywhere', () => {
    const lacking = commands.filter(
      ({ flags }) => flags['json'] === undefined || flags['profile'] === undefined,
    );
    assert.deepEqual(
      lacking.map(({ id }) => id),
      [],
    );
  });

  it('names in its examples only flags that the command has', () => {
    const wrong = commands.flatMap(({ id, flags, examples }) =>
      (examples ?? []).flatMap((example) => {
        const text = typeof example === 'string' ? example : example.command;
        const own = text.split('|').find((part) => part.includes('config.bin')) ?? text;
        const used = [...own.matchAll(/(?:^|\s)--([a-z][a-z0-9-]*)/g)].map((match) => match[1] ?? '');
        const has = (name: string): boolean => {
          const negated = flags[name.replace(/^no-/, '')];
          return flags[name] !== undefined || (negated?.type === 'boolean' && negated.allowNo);
        };
        return used.filter((name) => !has(name)).map((name) => `${id}: --${name}`);
      }),
    );
    assert.deepEqual(wrong, []);
  });
});

// Each command that the documentation, an error or an example shows is there, with each flag, wherever it stands: in a
// block of any kind or in the middle of a sentence. Those that a test runs besides are listed by test/docs.test.ts; the
// lines that nothing runs are listed here.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Command, Config, Parser } from '@oclif/core';

import { ERROR_CODES } from '../src/lib/base/error-codes.js';

const PAGES = [
  ...['README.md', 'LIMITATIONS.md', 'SECURITY.md', 'CONTRIBUTING.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/* Fetch from the internet, or read a text of the reader's own: parsed, not run. */
const PARSED_ONLY = [
  'cleanroom model fetch t5-small --out models/t5-small',
  'cleanroom model fetch distilbart-cnn --weights q8 --out models/chain/bart',
  'cleanroom model inspect models/t5-small',
  'cleanroom summarize report.txt --model models/t5-small --beams 4 --max-tokens 120',
];

interface Shown {
  readonly where: string;
  readonly words: readonly string[];
}

/** Lines of fenced blocks, and the other text, of a page. */
function partsOf(page: string): { readonly fenced: readonly string[]; readonly prose: string } {
  const parts = readFileSync(page, 'utf8').split(/^```.*$/m);
  return {
    fenced: parts.filter((_, index) => index % 2 === 1).flatMap((block) => block.split('\n')),
    prose: parts.filter((_, index) => index % 2 === 0).join('\n'),
  };
}

function shownIn(page: string, program: RegExp): readonly Shown[] {
  const { fenced, prose } = partsOf(page);
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...fenced, ...inline]
    .map((line) => line.trim().replace(/^\$ /, '').split(/\s+/))
    .filter(([first = '']) => program.test(first))
    .map((words) => ({ where: `${page}: ${words.join(' ')}`, words: words.slice(1) }));
}

describe('what the documentation and the errors tell people to run', () => {
  let commands: ReadonlyMap<string, Command.Loadable>;
  let topics: ReadonlySet<string>;
  let config: Config;

  before(async () => {
    config = await Config.load({ root: process.cwd(), devPlugins: false, userPlugins: false });
    const ours = config.commands.filter(({ pluginName }) => pluginName === '@cleanroom/cli');
    commands = new Map(ours.map((command) => [command.id.replaceAll(':', ' '), command]));
    topics = new Set(config.topics.map(({ name }) => name.replaceAll(':', ' ')));
  });

  /** The command that the words begin with, and what follows. */
  function find(words: readonly string[]): { command: Command.Loadable; rest: readonly string[] } | null {
    for (const length of [2, 1]) {
      const command = commands.get(words.slice(0, length).join(' '));
      if (command !== undefined) return { command, rest: words.slice(length) };
    }
    return null;
  }

  /** What is wrong with a shown command; null for nothing. Arguments may be left out, or stand as placeholders. */
  function problemOf({ where, words }: Shown): string | null {
    // What stands behind -- is another program's.
    const end = words.indexOf('--');
    const plain = (end === -1 ? words : words.slice(0, end)).map((word) =>
      word.replace(/[[\],.;:]+$|^\[/g, ''),
    );
    const found = find(plain);
    const [first = ''] = plain;
    if (found === null)
      return /^(?:|…|--?(?:help|version)|COMMAND)$/.test(first) || topics.has(first)
        ? null
        : `${where}: no such command`;
    const flags = Object.values(found.command.flags);
    for (const word of found.rest) {
      const [, name] = /^--(?:no-)?([a-z][a-z0-9-]*)/.exec(word) ?? [];
      if (name !== undefined && !flags.some((flag) => [name, `no-${name}`].includes(flag.name)))
        return `${where}: no flag --${name}`;
      const [, char] = /^-([A-Za-z])$/.exec(word) ?? [];
      if (char !== undefined && !flags.some((flag) => flag.char === char))
        return `${where}: no flag -${char}`;
    }
    return null;
  }

  it('is a command with these flags, on every page', () => {
    const shown = PAGES.flatMap((page) => shownIn(page, /^cleanroom$/));
    assert.ok(shown.length > 150, String(shown.length));
    assert.deepEqual(
      shown.map(problemOf).filter((problem) => problem !== null),
      [],
    );
  });

  it('is a command with these flags, in every error and every example of the help', () => {
    const fixes = Object.entries(ERROR_CODES).flatMap(([code, { summary, fix }]) =>
      [
        ...`${summary}\n${fix}`.matchAll(
          /\bcleanroom (?!itself)((?:[a-z-]+|--?[a-z-]+|[A-Z]+)(?: (?:--?[a-z-]+|[a-z]+|[A-Z-]{2,}|\S+\.\w+))*)/g,
        ),
      ].map(([, words = '']) => ({ where: code, words: words.split(' ') })),
    );
    const examples = [...commands.values()].flatMap((command) =>
      (command.examples ?? []).map((example) => {
        const text = typeof example === 'string' ? example : example.command;
        const line = text
          .replaceAll('<%= config.bin %>', 'cleanroom')
          .replaceAll('<%= command.id %>', command.id.replaceAll(':', ' '));
        return {
          where: line,
          words:
            line
              .split(/(?<![.\w-])cleanroom /)
              .at(-1)
              ?.split(/\s+/) ?? [],
        };
      }),
    );
    assert.ok(fixes.length > 40 && examples.length > 90, `${fixes.length} ${examples.length}`);
    // A fix is a sentence: what follows its command may be words of the sentence.
    const missing = fixes.filter(({ words }) => find(words) === null && !topics.has(words[0] ?? ''));
    assert.deepEqual([...missing, ...examples.map(problemOf).filter((problem) => problem !== null)], []);
  });

  it('is run by a test or stands in the list of lines that are parsed only', () => {
    const lines = PAGES.flatMap((page) =>
      readFileSync(page, 'utf8')
        .split(/^```/m)
        .filter((block, index) => index % 2 === 1 && !block.startsWith('sh\n'))
        .flatMap((block) => block.split('\n')),
    );
    // A synopsis has brackets; blocks of `sh` are run (docs.test.ts).
    assert.deepEqual(
      lines.filter((line) => /^(?:\$ )?cleanroom /.test(line) && !/[[|]/.test(line)),
      PARSED_ONLY,
    );
  });

  it('is parsed by its command where nothing runs it', async () => {
    for (const line of PARSED_ONLY) {
      const found = find(line.split(' ').slice(1));
      assert.ok(found !== null, line);
      const command = await found.command.load();
      const input = {
        flags: { ...command.baseFlags, ...command.flags },
        args: command.args,
        strict: command.strict,
        context: Reflect.construct(command, [[...found.rest], config]) as Command,
      };
      await Parser.parse([...found.rest], input);
      assert.ok(
        PAGES.some((page) => partsOf(page).fenced.includes(line)),
        `${line} stands on no page any more`,
      );
    }
  });

  it('is a script of the package where it is npm’s', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const shown = PAGES.flatMap((page) => shownIn(page, /^npm$/));
    const missing = shown
      .flatMap(({ words }) =>
        [...words.join(' ').matchAll(/(?:^|npm )run ([\w:-]+)/g)].map(([, script = '']) => script),
      )
      .filter((script) => scripts[script] === undefined);
    assert.deepEqual(missing, []);
    assert.ok(existsSync('bin/run.js') && scripts['test'] !== undefined);
  });
});

// docs/reference/commands.md from the commands themselves.

import { readFileSync } from 'node:fs';

import { type Command, type Interfaces, Plugin, settings } from '@oclif/core';

/** The text of docs/reference/commands.md: every command with its summary, arguments and flags. */
export async function renderCommandsPage(): Promise<string> {
  settings.enableAutoTranspile = false;
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Interfaces.PJSON;
  const pjson = { ...manifest, oclif: { ...manifest.oclif, commands: './src/commands', plugins: [] } };
  // By hand: Config does not hand ignoreManifest on, and the manifest is of the build before.
  const plugin = new Plugin({ root: process.cwd(), pjson, isRoot: true, ignoreManifest: true });
  await plugin.load();
  const commands = [...plugin.commands].sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    '# Commands\n',
    'Generated from `src/commands`; do not edit. Every command also takes `--json` and `--profile`. `cleanroom COMMAND --help` has examples;',
    'exit codes are in [exit-codes.md](exit-codes.md).\n',
    ...commands.map(renderCommand),
  ].join('\n');
}

function renderCommand({ id, summary, description, args, flags }: Command.Loadable): string {
  const named = Object.values(args).map((arg) => (arg.required === true ? arg.name : `[${arg.name}]`));
  const own = Object.values(flags).filter(({ name }) => name !== 'json' && name !== 'profile');
  const parts = Object.values(args).map((arg) => `| \`${arg.name}\` | ${cell(describeArgument(arg))} |`);
  const rows = own
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => `| \`${shortOf(flag)}--${flag.name}${valueOf(flag)}\` | ${cell(describeFlag(flag))} |`);
  return [
    `## ${id.replaceAll(':', ' ')}\n`,
    `\`cleanroom ${[id.replaceAll(':', ' '), ...named].join(' ')}\`\n`,
    `${cell(summary ?? '')}\n`,
    ...(description === undefined || description === '' ? [] : [`${cell(description)}\n`]),
    ...(parts.length === 0 ? [] : ['| argument | |', '|---|---|', ...parts, '']),
    ...(rows.length === 0 ? [] : ['| flag | |', '|---|---|', ...rows, '']),
  ].join('\n');
}

function describeArgument({ description = '', required, options, default: otherwise }: Command.Arg.Any): string {
  return [
    description,
    ...(options === undefined ? [] : [`one of ${options.join(', ')}`]),
    ...(required === true ? ['required'] : []),
    ...(typeof otherwise === 'string' ? [`${otherwise} if absent`] : []),
  ].join('; ');
}

function describeFlag(flag: Command.Flag.Any): string {
  const otherwise: unknown = flag.type === 'option' ? flag.default : undefined;
  return [
    flag.summary ?? flag.description ?? '',
    ...(flag.required === true ? ['required'] : []),
    ...(typeof otherwise === 'string' || typeof otherwise === 'number' ? [`${otherwise} if absent`] : []),
  ].join('; ');
}

function shortOf({ char }: Command.Flag.Any): string {
  return char === undefined ? '' : `-${char}, `;
}

function valueOf(flag: Command.Flag.Any): string {
  if (flag.type === 'boolean') return '';
  const value = Array.isArray(flag.helpValue) ? flag.helpValue[0] : flag.helpValue;
  const shown = (flag.options ?? []).join('|') || (value ?? 'VALUE');
  return ` ${shown.replaceAll('|', '\\|')}`;
}

function cell(text: string): string {
  return text.replace(/\n/g, ' ').replace(/([|<>*])/g, '\\$1');
}

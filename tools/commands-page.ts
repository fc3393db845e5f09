// docs/reference/commands.md from the commands themselves.

import { readFileSync } from 'node:fs';

import { Config, type Command, type Interfaces, settings } from '@oclif/core';

/** The text of docs/reference/commands.md: every command with its summary, arguments and flags. */
export async function renderCommandsPage(): Promise<string> {
  settings.enableAutoTranspile = false;
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Interfaces.PJSON;
  const pjson = { ...manifest, oclif: { ...manifest.oclif, commands: './src/commands', plugins: [] } };
  const config = await Config.load({ root: process.cwd(), pjson, ignoreManifest: true });
  const commands = [...config.commands].sort((a, b) => (a.id < b.id ? -1 : 1));
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
  const rows = own
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => `| \`--${flag.name}${valueOf(flag)}\` | ${cell(flag.summary ?? flag.description ?? '')} |`);
  return [
    `## ${id.replaceAll(':', ' ')}\n`,
    `\`cleanroom ${[id.replaceAll(':', ' '), ...named].join(' ')}\`\n`,
    `${cell(summary ?? '')}\n`,
    ...(description === undefined || description === '' ? [] : [`${cell(description)}\n`]),
    ...(rows.length === 0 ? [] : ['| flag | |', '|---|---|', ...rows, '']),
  ].join('\n');
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

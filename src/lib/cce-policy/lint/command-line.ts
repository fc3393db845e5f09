// What a command really starts: wrappers such as env are looked through, and shells and interpreters told from other programs.

import { isMeasuredPath } from './paths.js';
import { posixBasename } from './posix-path.js';
import { simpleCommands } from './shell-text.js';

export type ProgramKind = 'shell' | 'interpreter' | 'other';

export interface ProgramCall {
  /** Name of the program, without its directory. */
  readonly program: string;
  readonly kind: ProgramKind;
  /** `script`: a file in the image. `inline`: code among the arguments. `open`: whatever is put in at run time. */
  readonly mode: 'script' | 'inline' | 'open';
  readonly arguments: readonly string[];
}

const SHELL = /^(?:sh|bash|dash|ash|zsh|ksh|mksh|fish|csh|tcsh|rbash|pwsh|powershell|cmd\.exe|su|login)$/;
const INTERPRETER =
  /^(?:node(?:js)?|deno|bun|python|pypy|perl|ruby|irb|php|lua|luajit|tclsh|wish|expect|java|jshell|groovy|scala|Rscript|R|erl|iex|elixir|ghci|awk|gawk|mawk|nawk|vim?|ex|ed|emacs|gdb|lldb|sqlite3|psql|mysql)$/;
/* These start what stands among their arguments. */
const WRAPPER =
  /^(?:env|nice|ionice|nohup|setsid|stdbuf|timeout|tini|dumb-init|catatonit|gosu|su-exec|sudo|doas|chroot|nsenter|unshare|setpriv|capsh|runuser|xargs|busybox|toybox|exec|time|watch|flock|script|find|strace|ltrace|taskset|chrt|start-stop-daemon|s6-setuidgid|chpst|command|ld\.so|ld-linux[a-z0-9.-]*|ld-musl[a-z0-9.-]*)$/;
const OPEN_WITHOUT_PROGRAM = /^(?:chroot|nsenter|unshare|busybox|toybox|script|su|sudo)$/;

/** Looks through wrappers. An empty command is a program without a name. */
export function programOf(command: readonly string[], mounted: readonly string[] = []): ProgramCall {
  const [first = '', ...rest] = command;
  const program = posixBasename(first);
  if (isUnmeasured(first, mounted)) return { program, kind: 'shell', mode: 'open', arguments: rest };
  if (WRAPPER.test(program)) return wrapped(program, rest, mounted);
  const kind = kindOf(program);
  return { program, kind, mode: modeOf(kind, rest, mounted), arguments: rest };
}

/* A program that no layer brings may be anything. */
function isUnmeasured(path: string, mounted: readonly string[]): boolean {
  return path.startsWith('/') && !isMeasuredPath(path.replace(/\/+/g, '/'), mounted);
}

function kindOf(program: string): ProgramKind {
  if (SHELL.test(program)) return 'shell';
  return INTERPRETER.test(program.replace(/[-.]?[0-9][0-9.]*[a-z]?$/, '')) ? 'interpreter' : 'other';
}

/* The first argument that is a shell, an interpreter or a file from outside; else the first that can be a program. */
function wrapped(wrapper: string, rest: readonly string[], mounted: readonly string[]): ProgramCall {
  const parts = rest.flatMap((argument, index) =>
    /^-S|^--split-string/.test(rest[index - 1] ?? '') || /\s/.test(argument)
      ? argument.split(/\s+/)
      : [argument],
  );
  const steered = parts.findIndex(
    (part) =>
      kindOf(posixBasename(part)) !== 'other' ||
      WRAPPER.test(posixBasename(part)) ||
      isUnmeasured(part, mounted),
  );
  const plain = parts.findIndex(
    (part) =>
      posixBasename(part) !== '' &&
      !part.startsWith('-') &&
      !/^[A-Za-z_]\w*=/.test(part) &&
      !/^[0-9.]+[smhd]?$/.test(part),
  );
  const at = steered === -1 ? plain : steered;
  if (at === -1) {
    const kind = OPEN_WITHOUT_PROGRAM.test(wrapper) ? 'shell' : 'other';
    return { program: wrapper, kind, mode: kind === 'shell' ? 'open' : 'script', arguments: rest };
  }
  return programOf(parts.slice(at), mounted);
}

const INLINE =
  /^-(?:[a-zA-Z]*[ceEr]|p|pe|-eval|-print|-command|-exec|-require|-import|-loader|-experimental-loader)(?:=.*)?$/;
const INTERACTIVE = /^(?:-|-[a-z]*[is]|--interactive|--repl|--init-file|--rcfile)$/;

function modeOf(kind: ProgramKind, rest: readonly string[], mounted: readonly string[]): ProgramCall['mode'] {
  if (kind === 'other') return 'script';
  const script = rest.findIndex((argument) => !argument.startsWith('-'));
  const options = script === -1 ? rest : rest.slice(0, script);
  if (options.some((option) => INTERACTIVE.test(option))) return 'open';
  if (options.some((option) => INLINE.test(option))) return 'inline';
  const file = rest[script];
  if (file === undefined)
    return rest.some((option) => /^--(?:version|help)$|^-[vV]$/.test(option)) ? 'script' : 'open';
  return isUnmeasured(file, mounted) ? 'open' : 'script';
}

/** The commands that a command consists of: itself, or those of the text that a shell is given with -c. */
export function partsOf(command: readonly string[], mounted: readonly string[] = []): readonly ProgramCall[] {
  const call = programOf(command, mounted);
  if (call.kind !== 'shell' || call.mode !== 'inline') return [call];
  const at = call.arguments.findIndex((argument) => INLINE.test(argument));
  const text = call.arguments[at + 1] ?? '';
  return [call, ...simpleCommands(text).map((words) => programOf(words, mounted))];
}

const FETCHING_PROGRAMS: readonly string[] = [
  ...[
    'curl',
    'wget',
    'aria2c',
    'scp',
    'sftp',
    'ftp',
    'tftp',
    'rsync',
    'nc',
    'ncat',
    'netcat',
    'socat',
    'telnet',
  ],
  ...['lynx', 'npx', 'azcopy', 'gsutil', 'rclone', 'skopeo', 'oras', 'docker', 'helm', 'kubectl'],
];
const FETCHING_SUBCOMMANDS: readonly (readonly [program: RegExp, argument: RegExp])[] = [
  [/^git$/, /^(?:clone|pull|fetch|submodule)$/],
  [
    /^(?:pip|pipx|gem|cargo|apt|apt-get|dnf|yum|microdnf|tdnf|apk|zypper|conda|luarocks)$/,
    /^(?:install|add|upgrade|update|download)$/,
  ],
  [/^(?:npm|pnpm|yarn|bun)$/, /^(?:i|ci|install|add|exec|dlx|update)$/],
  [/^(?:go|deno)$/, /^(?:get|install)$/],
  [/^az$/, /^(?:storage|acr|keyvault|login)$/],
  [/^aws$/, /^s3(?:api)?$/],
  [/^python$/, /^(?:pip|http\.server)$/],
];

/** Whether a call fetches code or data from somewhere: by the program, not by a word in a path or a comment. */
export function fetches(call: ProgramCall): boolean {
  const program = call.program.replace(/[0-9][0-9.]*$/, '');
  if (FETCHING_PROGRAMS.includes(program)) return true;
  if (
    FETCHING_SUBCOMMANDS.some(
      ([name, argument]) => name.test(program) && call.arguments.some((word) => argument.test(word)),
    )
  )
    return true;
  if (call.kind === 'other' || call.mode !== 'inline') return false;
  return call.arguments.some(
    (text) => /\/dev\/tcp\//.test(text) || (call.kind === 'interpreter' && /\bhttps?:\/\//.test(text)),
  );
}

const INSPECTOR =
  /^(?:--inspect(?:-brk|-wait|-port|-publish-uid)?(?:=.*)?|--debug(?:-brk|-port)(?:=.*)?|-agentlib:jdwp.*|-Xrunjdwp.*|-Xdebug|--remote-debugging-(?:port|pipe).*|debugpy|pdb|pydevd|gdbserver|rdbg|dlv)$/;

/** The argument that opens a debugger, or null. */
export function inspectorArgument(command: readonly string[]): string | null {
  return (
    command
      .flatMap((argument) => argument.split(/\s+/))
      .find((word) => INSPECTOR.test(posixBasenameOfProgram(word))) ?? null
  );
}

function posixBasenameOfProgram(word: string): string {
  return word.startsWith('/') ? posixBasename(word) : word;
}

/** The argument that names another process or the kernel by /proc, or null. */
export function processArgument(command: readonly string[]): string | null {
  return (
    command.find((argument) => /(?:^|[\s=])\/proc\/(?:self|[0-9]+|\*|kcore|kallsyms|sys)/.test(argument)) ??
    null
  );
}

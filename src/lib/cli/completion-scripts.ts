// Completion for bash, zsh and fish: commands and flags from the script itself, names of the directory from the program.

import { assertNever } from '../base/errors.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/* Flags whose values the directory knows, and commands whose argument is a room. */
const NAMES_OF_FLAGS: Readonly<Record<string, string>> = {
  party: 'parties',
  dataset: 'datasets',
  'model-dataset': 'datasets',
  profile: 'profiles',
};
const TAKE_ROOMS = ['attest', 'destroy', 'logs', 'restart', 'status', 'why'];

export interface CompletedFlag {
  /** Without dashes. */
  readonly name: string;
  readonly char: string | null;
  readonly description: string;
  readonly options: readonly string[];
  readonly takesValue: boolean;
}

export interface CompletedCommand {
  /** Words, such as `policy generate`. */
  readonly name: string;
  readonly description: string;
  readonly flags: readonly CompletedFlag[];
}

/** The script to source, for the program `bin`. */
export function renderCompletion(shell: Shell, bin: string, commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return renderBash(bin, commands);
    case 'zsh':
      return `#compdef ${bin}\nautoload -U +X bashcompinit && bashcompinit\n${renderBash(bin, commands)}`;
    case 'fish':
      return renderFish(bin, commands);
    default:
      return assertNever(shell);
  }
}

/* Words typed so far choose a branch: next words of topics, flags of a command, values of a flag that has a fixed set. */
function renderBash(bin: string, commands: readonly CompletedCommand[]): string {
  const flags = commands.map(
    ({ name, flags: own }) => `    '${name}') echo '${own.map((flag) => `--${flag.name}`).join(' ')}' ;;`,
  );
  const values = commands.flatMap(({ name, flags: own }) =>
    own
      .filter(({ options }) => options.length > 0)
      .map((flag) => `    '${name} --${flag.name}') echo '${flag.options.join(' ')}' ;;`),
  );
  const named = commands.flatMap(({ name, flags: own }) =>
    own
      .filter((flag) => NAMES_OF_FLAGS[flag.name] !== undefined)
      .map(
        (flag) =>
          `'${name} --${flag.name}') ${bin} completion bash --names ${NAMES_OF_FLAGS[flag.name] ?? ''} 2>/dev/null ;;`,
      ),
  );
  const id = bin.replaceAll('-', '_');
  return `_${id}_words() { # command so far -> next words
  case "$1" in
${nextWords(commands)
  .map(([prefix, words]) => `    '${prefix}') echo '${words.join(' ')}' ;;`)
  .join('\n')}
  esac
}
_${id}_flags() {
  case "$1" in
${flags.join('\n')}
  esac
}
_${id}_values() {
  case "$1" in
${[...values, ...named.map((line) => `    ${line}`)].join('\n')}
  esac
}
_${id}_complete() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' word next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) continue ;; esac
    next="$(_${id}_words "$command")"
    case " $next " in *" $word "*) command="\${command:+$command }$word" ;; esac
  done
  local values="$(_${id}_values "$command $previous")"
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [ "\${current#-}" != "$current" ]; then
    COMPREPLY=($(compgen -W "$(_${id}_flags "$command") --help" -- "$current"))
  else
    case "$command" in
      ${TAKE_ROOMS.join('|')}) COMPREPLY=($(compgen -W "$(${bin} completion bash --names rooms 2>/dev/null)" -- "$current")) ;;
      *) COMPREPLY=($(compgen -W "$(_${id}_words "$command")" -- "$current")) ;;
    esac
    [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _${id}_complete ${bin}
`;
}

function renderFish(bin: string, commands: readonly CompletedCommand[]): string {
  const id = bin.replaceAll('-', '_');
  const words = nextWords(commands).flatMap(([prefix, next]) =>
    next.map((word) => {
      const name = prefix === '' ? word : `${prefix} ${word}`;
      const description = commands.find((command) => command.name === name)?.description ?? '';
      return `complete -c ${bin} -f -n "__${id}_at '${prefix}'" -a ${word} -d ${quoteFish(description)}`;
    }),
  );
  const flags = commands.flatMap(({ name, flags: own }) =>
    own.map(({ name: long, char, description, options, takesValue }) =>
      [
        `complete -c ${bin} -n "__${id}_at '${name}'" -l ${long}`,
        ...(char === null ? [] : [`-s ${char}`]),
        ...(takesValue ? ['-r'] : []),
        ...(options.length === 0 ? [] : [`-f -a ${quoteFish(options.join(' '))}`]),
        ...namesInFish(bin, NAMES_OF_FLAGS[long]),
        `-d ${quoteFish(description)}`,
      ].join(' '),
    ),
  );
  const rooms = TAKE_ROOMS.map((name) =>
    [`complete -c ${bin} -n "__${id}_at '${name}'"`, ...namesInFish(bin, 'rooms')].join(' '),
  );
  return `function __${id}_at # true where the words so far, flags left out, are this command
  set -l words (commandline -opc)
  set -l plain (string match -v -- '-*' $words[2..-1])
  test "$plain" = "$argv[1]"
end
${[...words, ...flags, ...rooms].join('\n')}
`;
}

function namesInFish(bin: string, kind: string | undefined): readonly string[] {
  return kind === undefined ? [] : [`-f -a "(${bin} completion fish --names ${kind} 2>/dev/null)"`];
}

/* For every command or topic, the words that may follow. */
function nextWords(commands: readonly CompletedCommand[]): readonly (readonly [string, readonly string[]])[] {
  const next = new Map<string, Set<string>>();
  for (const { name } of commands) {
    const words = name.split(' ');
    words.forEach((word, index) => {
      const prefix = words.slice(0, index).join(' ');
      next.set(prefix, (next.get(prefix) ?? new Set()).add(word));
    });
  }
  return [...next].map(([prefix, words]) => [prefix, [...words].sort()]);
}

function quoteFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`;
}

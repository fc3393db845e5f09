import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import { NAME_KINDS, type NameKind } from '../lib/parties/known-names.js';

interface CompletionResult {
  readonly shell: string;
  readonly script: string;
}

export default class Completion extends BaseCommand<typeof Completion, CompletionResult> {
  static override summary = 'Print a completion script for bash, zsh or fish.';
  static override description =
    'Source what it prints. Completes commands, flags, flag values of a fixed set, and the parties, datasets, profiles and rooms that the directory knows.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bash > ~/.local/share/bash-completion/completions/<%= config.bin %>',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
  ];
  static override args = {
    shell: Args.string({ description: 'shell', options: ['bash', 'zsh', 'fish'], required: true }),
  };

  static override flags = {
    names: Flags.option({ options: NAME_KINDS })({
      description: 'print the names that the directory knows; the scripts ask for them',
      hidden: true,
    }),
  };

  protected async execute(): Promise<Outcome<CompletionResult>> {
    const { renderCompletion } = await import('../lib/cli/completion-scripts.js');
    if (this.flags.names !== undefined) return this.printNames(this.flags.names);
    const shell = this.args.shell as 'bash' | 'zsh' | 'fish';
    const commands = this.config.commands
      .filter(({ hidden }) => !hidden)
      .map(({ id, summary, flags }) => ({
        name: id.replaceAll(':', ' '),
        description: summary ?? '',
        flags: Object.values(flags).map((flag) => ({
          name: flag.name,
          char: flag.char ?? null,
          description: flag.description ?? '',
          options: flag.type === 'option' ? [...(flag.options ?? [])] : [],
          takesValue: flag.type === 'option',
        })),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const script = renderCompletion(shell, this.config.bin, commands);
    return { result: { shell, script }, text: script };
  }

  private async printNames(kind: NameKind): Promise<Outcome<CompletionResult>> {
    const { knownNames } = await import('../lib/parties/known-names.js');
    const { findRunningEmulator } = await import('../lib/parties/emulator-directory.js');
    const running = await findRunningEmulator(this.config.dataDir);
    const script = (await knownNames(kind, process.cwd(), running)).join('\n');
    return { result: { shell: this.args.shell, script }, text: script };
  }
}

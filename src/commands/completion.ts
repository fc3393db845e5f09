import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args } from '../lib/cli/oclif.js';

interface CompletionResult {
  readonly shell: string;
  readonly script: string;
}

export default class Completion extends BaseCommand<typeof Completion, CompletionResult> {
  static override summary = 'Print a completion script for bash, zsh or fish.';
  static override description =
    'Source what it prints. Completes commands, flags, and flag values of a fixed set.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bash > ~/.local/share/bash-completion/completions/<%= config.bin %>',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
  ];
  static override args = {
    shell: Args.string({ description: 'shell', options: ['bash', 'zsh', 'fish'], required: true }),
  };

  protected async execute(): Promise<Outcome<CompletionResult>> {
    const { renderCompletion } = await import('../lib/cli/completion-scripts.js');
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
}

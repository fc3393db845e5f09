// Opens a sealed blob or a sealed result with the recipient's own key.

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { OpenedFile } from '../lib/parties/open-file.js';

export default class Decrypt extends BaseCommand<typeof Decrypt, OpenedFile> {
  static override summary = 'Open a sealed blob or a sealed result with your own key.';
  static override description =
    'The private key is read from a file, an environment variable or a file descriptor. A blob of several documents is written to a new directory. A file appears only after all of it was authenticated.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.sealed --identity fabrikam.jwk --out notes.txt',
    '<%= config.bin %> <%= command.id %> summary.jwe --identity env:RESULT_KEY',
  ];
  static override args = {
    file: Args.string({ description: 'sealed blob or sealed result, or - for stdin', required: true }),
  };
  static override flags = {
    identity: Flags.string({
      char: 'i',
      description: 'private key (JWK)',
      helpValue: 'FILE|env:NAME|fd:N',
      required: true,
    }),
    out: Flags.string({
      char: 'o',
      description: 'file or new directory to write; default: stdout',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<OpenedFile>> {
    const { openFile } = await import('../lib/parties/open-file.js');
    const { readIdentityKey } = await import('../lib/keys/recipient-key.js');
    const { readSecret } = await import('../lib/parties/secret-input.js');
    const { outputOf, writeStdout } = await import('../lib/terminal/stdout-writer.js');
    const identity = readIdentityKey(await readSecret(this.flags.identity));
    // Text may go to a terminal: it is the reader's own.
    const toTerminal = this.flags.out === undefined && process.stdout.isTTY && !this.jsonEnabled();
    const output = toTerminal ? writeStdout : outputOf(this.flags.out, this.jsonEnabled() ? 'json' : 'text');
    const result = await openFile({
      source: this.args.file,
      identity,
      output,
      stdin: process.stdin,
      signal: this.signal,
      progress: await this.progress(),
    });
    if (typeof output !== 'string') return { result };
    return { result, text: `opened ${result.bytes} bytes to ${output}` };
  }
}

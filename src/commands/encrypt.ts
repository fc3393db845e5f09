// Seals text: to public keys without Azure, or for a contract's room.

import { Args, Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import type { SealedFile } from '../lib/workflows/seal-file.js';

export default class Encrypt extends BaseCommand<typeof Encrypt, SealedFile> {
  static override summary = 'Seal text, so that only the recipients named can open it.';
  static override description =
    'Takes a file of any size, a directory or a pattern (one dataset; names stay inside the seal), or stdin. Nothing is left behind when it fails or is interrupted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.txt --to fabrikam.pub.jwk --out notes.sealed',
    'cat notes.txt | <%= config.bin %> <%= command.id %> - --to a.pub.jwk --to b.pub.jwk > notes.sealed',
  ];
  static override args = {
    file: Args.string({ description: 'text file, directory, pattern, or - for stdin', required: true }),
  };
  static override flags = {
    to: Flags.string({
      description: 'public key to seal to, as JWK; may be given more than once',
      helpValue: 'KEY.jwk',
      multiple: true,
      required: true,
    }),
    out: Flags.string({ char: 'o', description: 'file to write; stdout if absent', helpValue: 'FILE' }),
  };

  protected async execute(): Promise<Outcome<SealedFile>> {
    const { sealFile } = await import('../lib/workflows/seal-file.js');
    const { readRecipientKey } = await import('../lib/sealed-blob/recipient-key.js');
    const { readTextBounded } = await import('../lib/files/read-bounded.js');
    const { outputOf } = await import('../lib/cli/stdout-writer.js');
    const recipients = [];
    for (const path of this.flags.to) recipients.push(readRecipientKey(await readTextBounded(path, 65_536)));
    const output = outputOf(this.flags.out, this.jsonEnabled() ? 'json' : 'text');
    const result = await sealFile({
      source: this.args.file,
      recipients,
      output,
      stdin: process.stdin,
      signal: this.signal,
      progress: await this.progress(),
    });
    if (typeof output !== 'string') return { result };
    return {
      result,
      text: `sealed ${result.bytes} bytes to ${output} for ${recipients.length} recipient(s)`,
    };
  }
}

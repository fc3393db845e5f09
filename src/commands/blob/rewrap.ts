// Gives a sealed blob to other recipients; only the header changes.

import { Args, Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { SealedFileView } from '../../lib/workflows/sealed-file.js';

export default class BlobRewrap extends BaseCommand<typeof BlobRewrap, SealedFileView> {
  static override summary = 'Seal the data key of a blob to other recipients; the payload stays as it is.';
  static override description =
    'Needs a key that opens the blob. The recipients given replace those there are. A seal statement speaks of the old header and has to be made anew.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.sealed --identity fabrikam.jwk --to new.pub.jwk --out notes.sealed',
    '<%= config.bin %> <%= command.id %> notes.sealed --identity env:KEY --to a.pub.jwk --to b.pub.jwk --out shared.sealed --json',
  ];
  static override args = { file: Args.string({ description: 'sealed blob', required: true }) };
  static override flags = {
    identity: Flags.string({
      char: 'i',
      description: 'private key, as JWK',
      helpValue: 'FILE|env:NAME|fd:N',
      required: true,
    }),
    to: Flags.string({
      description: 'public key to seal to, as JWK',
      helpValue: 'KEY.jwk',
      multiple: true,
      required: true,
    }),
    out: Flags.string({
      char: 'o',
      description: 'file to write; may be the blob itself',
      helpValue: 'FILE',
      required: true,
    }),
  };

  protected async execute(): Promise<Outcome<SealedFileView>> {
    const { rewrapSealedFile } = await import('../../lib/workflows/sealed-file.js');
    const { readIdentityKey, readRecipientKey } = await import('../../lib/sealed-blob/recipient-key.js');
    const { readTextBounded } = await import('../../lib/files/read-bounded.js');
    const { readSecret } = await import('../../lib/cli/secret-input.js');
    const { renderSealedFile } = await import('../../lib/cli/render-sealed-file.js');
    const recipients = [];
    for (const path of this.flags.to) recipients.push(readRecipientKey(await readTextBounded(path, 65_536)));
    const result = await rewrapSealedFile({
      path: this.args.file,
      output: this.flags.out,
      identity: readIdentityKey(await readSecret(this.flags.identity)),
      recipients,
      signal: this.signal,
    });
    return { result, text: renderSealedFile(result) };
  }
}

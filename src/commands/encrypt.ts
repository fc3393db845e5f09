// Seals text: to public keys without Azure, or for a contract's room.

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { encryptFlags, roomRequest } from '../lib/cli/encrypt-flags.js';
import { shellWord } from '../lib/base/shell-word.js';
import { Args } from '../lib/cli/oclif.js';
import type { EncryptResult as EncryptDatasetResult } from '../lib/parties/encrypt-dataset.js';
import type { EncryptionPreview } from '../lib/parties/plan-encryption.js';
import type { SealedFile } from '../lib/parties/seal-file.js';

type EncryptOutcome = SealedFile | EncryptDatasetResult | EncryptionPreview;

export default class Encrypt extends BaseCommand<typeof Encrypt, EncryptOutcome> {
  static override summary = "Encrypt a text for a contract's clean room.";
  static override description =
    'It creates the key of your dataset, seals the text and uploads it; with --to instead of --dataset it seals any bytes for public keys, without Azure. The input is a file of any size, a directory or a pattern (file names stay encrypted), or stdin. Texts are UTF-8; hidden files of a directory of texts are left out. A failed or interrupted run leaves nothing behind.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.txt',
    '<%= config.bin %> <%= command.id %> notes.txt -f contract.yaml --dataset notes --policy policy.rego',
    '<%= config.bin %> <%= command.id %> notes/ -f contract.yaml --dataset notes --sas env:UPLOAD_SAS --dry-run',
    '<%= config.bin %> <%= command.id %> notes.txt --to fabrikam.pub.jwk --out notes.sealed',
    'cat notes.txt | <%= config.bin %> <%= command.id %> - --to a.pub.jwk --to b.pub.jwk > notes.sealed',
  ];
  static override args = {
    file: Args.string({ description: 'text file, directory, pattern, or - for stdin', required: true }),
  };
  static override flags = encryptFlags;

  protected async execute(): Promise<Outcome<EncryptOutcome>> {
    const { dataset, to, yes } = this.flags;
    const context = await this.useCaseContext();
    if (dataset === undefined && to !== undefined) return this.sealToKeys(to);
    const { encryptForRoom } = await import('../lib/parties/encrypt-for-room.js');
    const { askToReopen } = await import('../lib/cli/ask-reopen.js');
    const request = {
      ...roomRequest(this.args.file, this.flags),
      reopens: askToReopen({ interactive: this.interactive, yes }),
    };
    const { renderEncrypted, renderPreview } = await import('../lib/cli/render-encrypted.js');
    const outcome = await encryptForRoom(request, context);
    return outcome.kind === 'preview'
      ? { result: outcome.result, text: renderPreview(outcome.result) }
      : { result: outcome.result, text: renderEncrypted(outcome.result) };
  }

  private async sealToKeys(to: readonly string[]): Promise<Outcome<SealedFile>> {
    const { encryptToKeys } = await import('../lib/parties/encrypt-to-keys.js');
    const { outputOf } = await import('../lib/terminal/stdout-writer.js');
    const output = outputOf(this.flags.out, this.jsonEnabled() ? 'json' : 'text');
    const result = await encryptToKeys({ file: this.args.file, to, output }, await this.useCaseContext());
    if (typeof output !== 'string') return { result };
    return {
      result,
      text: `sealed ${result.bytes} bytes to ${output} for ${to.length} recipient(s)\nnext: each recipient runs cleanroom decrypt ${shellWord(output)} --identity PRIVATE.jwk --out FILE`,
    };
  }
}

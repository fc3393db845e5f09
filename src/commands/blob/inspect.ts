// Shows the header of a sealed blob, without any key.

import { Args } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { SealedFileView } from '../../lib/workflows/sealed-file.js';

export default class BlobInspect extends BaseCommand<typeof BlobInspect, SealedFileView> {
  static override summary = 'Show the header of a sealed blob, without any key.';
  static override description =
    'For whom it is sealed, for which contract and dataset, and how much it holds. Nothing of this is authenticated: blob verify checks it against the owner’s seal statement.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.sealed',
    '<%= config.bin %> <%= command.id %> notes.sealed --json',
  ];
  static override args = { file: Args.string({ description: 'sealed blob', required: true }) };

  protected async execute(): Promise<Outcome<SealedFileView>> {
    const { inspectSealedFile } = await import('../../lib/workflows/sealed-file.js');
    const { renderSealedFile } = await import('../../lib/cli/render-sealed-file.js');
    const result = await inspectSealedFile(this.args.file);
    return { result, text: renderSealedFile(result) };
  }
}

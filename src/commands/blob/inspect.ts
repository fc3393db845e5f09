// Shows the header of a sealed blob, without any key.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { sealedTargetFlags } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { SealedFileView } from '../../lib/parties/sealed-file.js';

export default class BlobInspect extends BaseCommand<typeof BlobInspect, SealedFileView> {
  static override summary = 'Show the header of a sealed blob without a key.';
  static override description =
    'Shows the recipients, the contract and dataset, and the size. From storage only the header is read. Nothing shown here is authenticated: verify checks a blob against the seal statement of its owner.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.sealed',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --json',
  ];
  static override args = {
    target: Args.string({ description: 'file or https URL; default: the blob of --dataset' }),
  };
  static override flags = {
    ...sealedTargetFlags,
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID' }),
  };

  protected async execute(): Promise<Outcome<SealedFileView>> {
    const { openSealedTarget } = await import('../../lib/parties/sealed-target.js');
    const { inspectSealed } = await import('../../lib/parties/sealed-file.js');
    const { renderSealedFile } = await import('../../lib/cli/render-sealed-file.js');
    const { file: contractPath, dataset, sas } = this.flags;
    const request = { target: this.args.target, contractPath, dataset, sas };
    const { location } = await openSealedTarget(this.desk, request);
    try {
      const result = await inspectSealed(location);
      return { result, text: renderSealedFile(result) };
    } finally {
      await location.close();
    }
  }
}

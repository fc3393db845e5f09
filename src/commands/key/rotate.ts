// A new version of a dataset's key, bound to the policy that the room has now.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { datasetFlag, imageFlags, trustProgramFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { RotatedKey } from '../../lib/parties/dataset-keys.js';

export default class KeyRotate extends BaseCommand<typeof KeyRotate, RotatedKey> {
  static override summary = "Create a new version of a dataset's key, bound to the room's present policy.";
  static override description =
    'Release policies are immutable: a changed room needs a new version. Earlier versions stay until the dataset is sealed again (encrypt disables them) or revoked. If the latest version is bound to the present policy and nothing is sealed to it yet, no version is created.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --image summarizer=room.tar',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: datasetFlag,
    ...imageFlags,
    'trust-program': trustProgramFlag,
  };

  protected async execute(): Promise<Outcome<RotatedKey>> {
    const { openKeyContext } = await import('../../lib/parties/key-context.js');
    const { agreedPolicy } = await import('../../lib/parties/agreed-policy.js');
    const { rotateDatasetKey } = await import('../../lib/parties/dataset-keys.js');
    const { renderKey } = await import('../../lib/cli/render-key.js');
    const context = await openKeyContext(this.desk, this.flags.file, this.flags.dataset);
    const { flags } = this;
    const request = {
      ...context,
      contractPath: flags.file,
      imageFlags: flags.image,
      trusted: flags['trust-program'] ?? [],
    };
    const running = await this.useCaseContext();
    const { policy } = await agreedPolicy(request, running);
    running.progress.phase(`new version of key ${context.dataset.key.name}`);
    const result = await rotateDatasetKey(context.vault, { ...context, policyHash: policy.hash });
    const why =
      result.outcome === 'unused'
        ? '\n  no new version was made: nothing is sealed to this one yet, and it is bound to the present policy'
        : '';
    return {
      result,
      text: `${renderKey(result.key)}${why}\n  seal the dataset again with: cleanroom encrypt`,
    };
  }
}

// A new version of a dataset's key, bound to the policy that the room has now.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { imageFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { KeyView } from '../../lib/parties/dataset-keys.js';

interface RotateResult {
  readonly key: KeyView;
  /** Versions that blobs sealed before are still bound to. */
  readonly earlier: readonly string[];
}

export default class KeyRotate extends BaseCommand<typeof KeyRotate, RotateResult> {
  static override summary = "Make a new version of a dataset's key, bound to the room's present policy.";
  static override description =
    'Release policies are immutable: a room that was changed needs a new version. Earlier versions stay until the dataset has been sealed again (encrypt disables them) or is revoked.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --image summarizer=room.tar',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID', required: true }),
    image: imageFlag,
  };

  protected async execute(): Promise<Outcome<RotateResult>> {
    const { openKeyContext } = await import('../../lib/parties/key-context.js');
    const { recomputeRoomPolicy } = await import('../../lib/parties/room-policy.js');
    const { rotateDatasetKey } = await import('../../lib/parties/dataset-keys.js');
    const { renderKey } = await import('../../lib/cli/render-key.js');
    const context = await openKeyContext(this.desk, this.flags.file, this.flags.dataset);
    const progress = await this.progress();
    const { policy } = await recomputeRoomPolicy({
      ...context,
      imageFlags: this.flags.image,
      cacheDirectory: this.config.cacheDir,
      progress,
      signal: this.signal,
    });
    progress.phase(`new version of key ${context.dataset.key.name}`);
    const result = await rotateDatasetKey(context.vault, { ...context, policyHash: policy.hash });
    return { result, text: `${renderKey(result.key)}\n  seal the dataset again with: cleanroom encrypt` };
  }
}

// A dataset's key as its owner's vault tells it.

import { Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { KeyView } from '../../lib/workflows/dataset-keys.js';

export default class KeyShow extends BaseCommand<typeof KeyShow, KeyView> {
  static override summary = "Show a dataset's key: fingerprint, release policy clause by clause, state.";
  static override description =
    'The fingerprint is the one that headers of blobs and receipts name. Private material is never shown; the vault does not give it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --key-version VERSION --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID', required: true }),
    'key-version': Flags.string({ description: 'version; the latest if absent' }),
  };

  protected async execute(): Promise<Outcome<KeyView>> {
    const { openKeyContext } = await import('../../lib/cli/key-context.js');
    const { viewKey, requireKey } = await import('../../lib/workflows/dataset-keys.js');
    const { renderKey } = await import('../../lib/cli/render-key.js');
    const { dataset, vault } = await openKeyContext(
      this.environmentSearch,
      this.flags.file,
      this.flags.dataset,
    );
    const result = viewKey(await requireKey(vault, dataset.key.name, this.flags['key-version'] ?? null));
    return { result, text: renderKey(result) };
  }
}

// Makes a dataset's key in its owner's vault, bound to the room's policy.

import { Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { imageFlag } from '../../lib/cli/flags.js';
import type { ImportKeyRequest } from '../../lib/release-policy/importkey-config.js';
import type { KeyView } from '../../lib/workflows/dataset-keys.js';

export default class KeyCreate extends BaseCommand<typeof KeyCreate, KeyView> {
  static override summary = "Create a dataset's key inside the HSM, for attested rooms only.";
  static override description =
    'RSA of 3072 bits unless told otherwise, exportable, with an immutable release policy that names the CCE policy recomputed from contract and images. A second run makes a new version.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --image summarizer=room.tar',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --kind ec --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID', required: true }),
    image: imageFlag,
    kind: Flags.option({
      options: ['rsa', 'ec', 'oct'] as const,
      description: 'kind of key; rsa if absent',
    })(),
    size: Flags.integer({ description: 'bits (rsa: 2048, 3072, 4096; oct: 128, 192, 256)' }),
    mutable: Flags.string({
      description: 'leave the release policy changeable, for this reason (a lint finding)',
      helpValue: 'REASON',
    }),
    'from-importkey-config': Flags.string({
      description: "configuration of Microsoft's importkey tool: must agree with contract and policy",
      helpValue: 'FILE',
      exclusive: ['import', 'kind'],
    }),
    import: Flags.string({
      description: 'private JWK to import; a copy then stays outside the HSM (a lint finding)',
      helpValue: 'FILE|env:NAME|fd:N',
    }),
  };

  protected async execute(): Promise<Outcome<KeyView>> {
    const { openKeyContext } = await import('../../lib/cli/key-context.js');
    const { recomputeRoomPolicy } = await import('../../lib/cli/room-policy.js');
    const { requireConsent } = await import('../../lib/workflows/consent-files.js');
    const { createDatasetKey } = await import('../../lib/workflows/dataset-keys.js');
    const { renderKey } = await import('../../lib/cli/render-key.js');
    const { file, dataset: id, image, kind, size, mutable } = this.flags;
    const { environment, parsed, dataset, vault } = await openKeyContext(this.environmentSearch, file, id);
    await requireConsent(file, parsed);
    const progress = await this.progress();
    const { policy } = await recomputeRoomPolicy({
      parsed,
      environment,
      imageFlags: image,
      cacheDirectory: this.config.cacheDir,
      progress,
      signal: this.signal,
    });
    const configured = await this.readConfiguredKind({ parsed, dataset, policyHash: policy.hash });
    progress.phase(`creating key ${dataset.key.name}`);
    const material = await this.readMaterial();
    if (material !== null)
      this.warn('whoever made the imported key may hold a copy, and could open the blob with it');
    if (mutable !== undefined) this.warn('the release policy can be changed after the audit');
    const result = await createDatasetKey(vault, {
      parsed,
      dataset,
      policyHash: policy.hash,
      kind: configured ?? kind ?? 'rsa',
      ...(size === undefined ? {} : { size }),
      mutableReason: mutable ?? null,
      material,
    });
    return { result, text: renderKey(result) };
  }

  /** The kind of key of an importkey configuration; null where none was given. */
  private async readConfiguredKind(asked: ImportKeyRequest): Promise<'rsa' | 'oct' | null> {
    const path = this.flags['from-importkey-config'];
    if (path === undefined) return null;
    const { readImportKeyConfig } = await import('../../lib/release-policy/importkey-config.js');
    const { readTextBounded } = await import('../../lib/files/read-bounded.js');
    const { kind, notes } = readImportKeyConfig(await readTextBounded(path, 1024 * 1024), asked);
    for (const note of notes) this.warn(note);
    return kind;
  }

  private async readMaterial() {
    if (this.flags.import === undefined) return null;
    const { readIdentityKey } = await import('../../lib/sealed-blob/recipient-key.js');
    const { readSecret } = await import('../../lib/cli/secret-input.js');
    return readIdentityKey(await readSecret(this.flags.import)).export({ format: 'jwk' });
  }
}

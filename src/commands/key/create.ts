// Makes a dataset's key in its owner's vault, bound to the room's policy.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { datasetFlag, imageFlags, trustProgramFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { CreatedKey } from '../../lib/parties/create-key.js';

export default class KeyCreate extends BaseCommand<typeof KeyCreate, CreatedKey> {
  static override summary = "Create a dataset's key in the HSM, for attested rooms only.";
  static override description =
    'By default RSA with 3072 bits, exportable, with an immutable release policy that names the CCE policy recomputed from contract and images. A second run creates a new version.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --image summarizer=room.tar',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --kind ec --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: datasetFlag,
    ...imageFlags,
    kind: Flags.option({
      options: ['rsa', 'ec', 'oct'] as const,
      description: 'kind of key; default: rsa',
    })(),
    size: Flags.integer({ description: 'bits (rsa: 2048, 3072, 4096; oct: 128, 192, 256)' }),
    mutable: Flags.string({
      description: 'let the release policy be changed later, for this reason; unsafe, and a lint finding',
      helpValue: 'REASON',
    }),
    'from-importkey-config': Flags.string({
      description: "configuration of Microsoft's importkey tool; must agree with contract and policy",
      helpValue: 'FILE',
      exclusive: ['import', 'kind'],
    }),
    import: Flags.string({
      description: 'private JWK to import; a copy stays outside the HSM (a lint finding)',
      helpValue: 'FILE|env:NAME|fd:N',
    }),
    'trust-program': trustProgramFlag,
  };

  protected async execute(): Promise<Outcome<CreatedKey>> {
    const { runKeyCreate } = await import('../../lib/parties/create-key.js');
    const { renderAttestation, renderKey } = await import('../../lib/cli/render-key.js');
    const { flags } = this;
    const request = {
      contractPath: flags.file,
      dataset: flags.dataset,
      imageFlags: flags.image,
      kind: flags.kind,
      size: flags.size,
      mutableReason: flags.mutable,
      importKeyConfig: flags['from-importkey-config'],
      importFrom: flags.import,
      trusted: flags['trust-program'] ?? [],
    };
    const result = await runKeyCreate(request, await this.useCaseContext());
    return { result, text: `${renderKey(result)}${renderAttestation(result.attestation)}` };
  }
}

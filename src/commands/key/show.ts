// A dataset's key as its owner's vault tells it.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { KeyHolder } from '../../lib/evidence/unattested-paths.js';
import { datasetFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { KeyAttestationView } from '../../lib/parties/key-attestation.js';
import type { KeyView } from '../../lib/parties/dataset-keys.js';

interface ShownKey extends KeyView {
  /** Who may do what with it; null where that may not be read. */
  readonly holders: readonly KeyHolder[] | null;
  /** What the HSM attests of it; null where it attests nothing. */
  readonly attestation: KeyAttestationView | null;
}

export default class KeyShow extends BaseCommand<typeof KeyShow, ShownKey> {
  static override summary = "Show a dataset's key: fingerprint, release policy and roles.";
  static override description =
    'The fingerprint is the one in blob headers and receipts. The release policy is shown clause by clause; what the HSM attests of the key, checked, with its attributes raw. Private material is never shown.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --key-version VERSION --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: datasetFlag,
    'key-version': Flags.string({ description: 'version; default: the latest' }),
  };

  protected async execute(): Promise<Outcome<ShownKey>> {
    const { openKeyContext, readHolders } = await import('../../lib/parties/key-context.js');
    const { describeHolders } = await import('../../lib/evidence/unattested-paths.js');
    const { viewKey, requireKey } = await import('../../lib/parties/dataset-keys.js');
    const { renderHolders, renderKey } = await import('../../lib/cli/render-key.js');
    const { file, dataset: id, 'key-version': version } = this.flags;
    const context = await openKeyContext(this.desk, file, id);
    const { attestVaultKey, unattestedWarning, viewAttestation } =
      await import('../../lib/parties/key-attestation.js');
    const { contractAnchors } = await import('../../lib/parties/verify-room-evidence.js');
    const { renderAttestation } = await import('../../lib/cli/render-key.js');
    const kept = await requireKey(context.vault, context.dataset.key.name, version ?? null);
    const { hsm } = await contractAnchors(context.parsed, context.environment.profile);
    const attestation = viewAttestation(await attestVaultKey(context.vault, kept, hsm, () => new Date()));
    const warning = kept.publicKey === null ? null : unattestedWarning(kept.id, attestation);
    if (warning !== null) this.warn(warning);
    const key = viewKey(kept);
    const found = await readHolders(context);
    if (found.kind === 'unread') this.warn(`the role assignments were not read: ${found.reason}`);
    const holders = found.kind === 'unread' ? null : describeHolders(key.id, found.roles);
    return {
      result: { ...key, holders, attestation },
      text: `${renderKey(key)}${renderAttestation(attestation)}${renderHolders(holders)}`,
    };
  }
}

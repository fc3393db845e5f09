// Ends the use of a dataset's key for good.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { CONTRACT_KEY_HELP, logFlag, yesFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { Revocation } from '../../lib/parties/revoke-key.js';

interface RevokeResult extends Revocation {
  readonly tombstoneFile: string;
}

export default class KeyRevoke extends BaseCommand<typeof KeyRevoke, RevokeResult> {
  static override summary = "Disable every version of a dataset's key and sign a tombstone.";
  static override description =
    'Disables each version, reads it again and requests it: no room receives the key any more. For each version it reports whether the vault’s refusal proves that or had another reason. Summaries that recipients already have stay with them. The tombstone is signed with your contract key.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --yes',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --yes --out notes.revoked.jws',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID', required: true }),
    'contract-key': Flags.string({
      description: 'contract key of the owner: a private JWK or the URL of a key in a vault',
      helpValue: CONTRACT_KEY_HELP,
    }),
    out: Flags.string({ char: 'o', description: 'file to write the tombstone to', helpValue: 'FILE' }),
    log: logFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<RevokeResult>> {
    const { CleanroomError } = await import('../../lib/base/errors.js');
    const { openKeyContext } = await import('../../lib/parties/key-context.js');
    const { signingKeyOf } = await import('../../lib/keys/contract-signer.js');
    const { openOwnerKey } = await import('../../lib/parties/contract-key.js');
    const { requirePartyKey } = await import('../../lib/parties/consent-files.js');
    const { revokeDatasetKey } = await import('../../lib/parties/revoke-key.js');
    const { renderRevocation } = await import('../../lib/cli/render-key.js');
    const { writeFileAtomic } = await import('../../lib/base/files/atomic-write.js');
    if (!this.flags.yes)
      throw new CleanroomError('USAGE', 'revoking cannot be taken back lightly; confirm with --yes');
    const { environment, parsed, dataset, vault } = await openKeyContext(
      this.desk,
      this.flags.file,
      this.flags.dataset,
    );
    const contractKey = await openOwnerKey(environment, dataset, this.flags['contract-key']);
    requirePartyKey(parsed, dataset.owner, contractKey);
    const owner = { contractKey: signingKeyOf(contractKey), at: new Date() };
    const revocation = await revokeDatasetKey(vault, dataset, owner);
    const tombstoneFile = this.flags.out ?? `${dataset.id}.revoked.jws`;
    await writeFileAtomic(tombstoneFile, `${revocation.tombstone}\n`);
    if (this.flags.log !== undefined) {
      const { logArtefacts } = await import('../../lib/parties/log.js');
      const { describeArtefact } = await import('../../lib/evidence/log-artefact.js');
      const { utf8 } = await import('../../lib/base/bytes/arrays.js');
      const tombstone = describeArtefact(utf8(revocation.tombstone), dataset.id, 'tombstone');
      await logArtefacts(this.flags.log, [tombstone], contractKey, this.desk);
    }
    if (revocation.releaseRefused === 'not-proven')
      this.warn(
        'every version was read back as disabled; that its release is refused for that is not proven',
      );
    return { result: { ...revocation, tombstoneFile }, text: renderRevocation(revocation, tombstoneFile) };
  }
}

// Gives a sealed blob to other recipients; only the header changes.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { CONTRACT_KEY_HELP, imageFlags, sealedTargetFlags, trustProgramFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { CleanroomError } from '../../lib/base/errors.js';
import type { RewrappedBlob } from '../../lib/parties/rewrap-stored.js';
import type { SealedFileView } from '../../lib/parties/sealed-file.js';

export default class BlobRewrap extends BaseCommand<typeof BlobRewrap, SealedFileView | RewrappedBlob> {
  static override summary = 'Wrap the data key of a blob for other recipients without changing the payload.';
  static override description =
    'Needs a key that opens the blob. The new recipients replace the present ones. For a file they are those of --to, and its seal statement must be made again. With --dataset and no file the blob in storage is changed: its recipients become the latest version of the dataset’s key, which must be bound to the policy recomputed from contract and images, and those of --to. Only the header and a new seal statement are sent, and a room can open the blob at every moment.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.sealed --identity fabrikam.jwk --to new.pub.jwk --out notes.sealed',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --identity env:KEY --to fabrikam.pub.jwk --json',
  ];
  static override args = {
    target: Args.string({ description: 'sealed file; default: the blob of --dataset' }),
  };
  static override flags = {
    ...sealedTargetFlags,
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID' }),
    identity: Flags.string({
      char: 'i',
      description: 'private key (JWK)',
      helpValue: 'FILE|env:NAME|fd:N',
      required: true,
    }),
    to: Flags.string({
      description: 'public key to seal to (JWK)',
      helpValue: 'KEY.jwk',
      multiple: true,
      default: [],
    }),
    out: Flags.string({
      char: 'o',
      description: 'file to write; may be the input file',
      helpValue: 'FILE',
      dependsOn: ['to'],
    }),
    ...imageFlags,
    'trust-program': trustProgramFlag,
    'contract-key': Flags.string({
      description: 'contract key of the owner: a private JWK or the URL of a key in a vault',
      helpValue: CONTRACT_KEY_HELP,
    }),
  };

  protected async execute(): Promise<Outcome<SealedFileView | RewrappedBlob>> {
    const { rewrapInStorage, rewrapOnDisk } = await import('../../lib/parties/rewrap-in-storage.js');
    const { renderSealedFile } = await import('../../lib/cli/render-sealed-file.js');
    const { identity, to, out, dataset, sas, file: contractPath } = this.flags;
    const { target } = this.args;
    if (target !== undefined && out !== undefined) {
      const result = await rewrapOnDisk({ path: target, output: out, identity, to, signal: this.signal });
      return { result, text: renderSealedFile(result) };
    }
    if (target !== undefined || dataset === undefined) {
      throw new CleanroomError('USAGE', 'rewrap needs FILE with --to and --out, or --dataset ID');
    }
    const contractKeyPath = this.flags['contract-key'];
    const result = await rewrapInStorage(this.desk, {
      ...{ contractPath, dataset, sas, identity, to, contractKeyPath },
      imageFlags: this.flags.image,
      trusted: this.flags['trust-program'] ?? [],
      ...(await this.useCaseContext()),
    });
    if (to.length > 0)
      this.warn('a holder of one of the further keys can open the dataset without attestation');
    return { result, text: renderSealedFile(result) };
  }
}

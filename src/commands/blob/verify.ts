// Checks a sealed blob without a key, against its owner's seal statement.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { sealedTargetFlags } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { EXIT } from '../../lib/base/error-codes.js';
import type { Check } from '../../lib/base/verdict/check.js';

interface BlobVerifyResult {
  readonly verdict: 'accepted' | 'refused';
  readonly checks: readonly Check[];
}

export default class BlobVerify extends BaseCommand<typeof BlobVerify, BlobVerifyResult> {
  static override hidden = true;
  static override summary = "Check a sealed blob against its owner's seal statement without a key.";
  static override description =
    'Checks header, length and segments, the signature of the statement by the contract key of the dataset’s owner, and the digests of header and payload. The blob is a file, a URL, or the location in the contract. A blob without a statement is refused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes',
    '<%= config.bin %> <%= command.id %> notes.sealed -f contract.yaml --dataset notes --statement notes.sealed.jws --json',
  ];
  static override args = {
    target: Args.string({ description: 'file or https URL; default: the location in the contract' }),
  };
  static override flags = {
    ...sealedTargetFlags,
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID', required: true }),
    statement: Flags.string({
      description: 'seal statement; default: the .jws file beside the blob',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<BlobVerifyResult>> {
    const { verifyTarget } = await import('../../lib/parties/verify-sealed-target.js');
    const { decide } = await import('../../lib/base/verdict/check.js');
    const { renderSealChecks } = await import('../../lib/cli/render-sealed-file.js');
    const { file: contractPath, dataset, sas, statement } = this.flags;
    const checks = await verifyTarget(this.desk, {
      target: this.args.target,
      contractPath,
      dataset,
      sas,
      statementPath: statement,
    });
    const { verdict } = decide(checks, 'service');
    return {
      result: { verdict, checks },
      text: renderSealChecks(verdict, checks),
      exitCode: verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    };
  }
}

// Checks a sealed blob without a key, against its owner's seal statement.

import { Args, Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { EXIT } from '../../lib/error-codes.js';
import type { Check } from '../../lib/verdict/check.js';

interface BlobVerifyResult {
  readonly verdict: 'accepted' | 'refused';
  readonly checks: readonly Check[];
}

export default class BlobVerify extends BaseCommand<typeof BlobVerify, BlobVerifyResult> {
  static override summary = "Check a sealed blob against its owner's seal statement, without a key.";
  static override description =
    'Structure, signature of the statement by the contract key of the dataset’s owner, and the digests of header and payload. A blob without a statement is refused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.sealed -f contract.yaml --dataset notes',
    '<%= config.bin %> <%= command.id %> notes.sealed -f contract.yaml --dataset notes --statement notes.sealed.jws --json',
  ];
  static override args = { file: Args.string({ description: 'sealed blob', required: true }) };
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: Flags.string({ description: 'dataset of the contract', helpValue: 'ID', required: true }),
    statement: Flags.string({
      description: 'seal statement; else beside the blob, with .jws',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<BlobVerifyResult>> {
    const { readContract } = await import('../../lib/cli/environment.js');
    const { readTextBounded } = await import('../../lib/files/read-bounded.js');
    const { MAX_STATEMENT_BYTES } = await import('../../lib/sealed-blob/seal-statement.js');
    const { ownerOf, verifySealedFile } = await import('../../lib/workflows/sealed-file.js');
    const { decide } = await import('../../lib/verdict/check.js');
    const { renderSealChecks } = await import('../../lib/cli/render-sealed-file.js');
    const { contract } = await readContract(this.flags.file);
    const path = this.flags.statement ?? `${this.args.file}.jws`;
    const raw = (await readTextBounded(path, MAX_STATEMENT_BYTES)).trim();
    const ownerKey = ownerOf(contract, this.flags.dataset).contractKey;
    const checks = await verifySealedFile(this.args.file, { raw, ownerKey, dataset: this.flags.dataset });
    const { verdict } = decide(checks, 'service');
    return {
      result: { verdict, checks },
      text: renderSealChecks(verdict, checks),
      exitCode: verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    };
  }
}

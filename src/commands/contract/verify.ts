import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Flags } from '../../lib/cli/oclif.js';
import { EXIT } from '../../lib/base/error-codes.js';
import type { Check } from '../../lib/base/verdict/check.js';

interface ConsentResult {
  readonly verdict: 'accepted' | 'refused';
  readonly digest: string;
  readonly signers: readonly string[];
  readonly needed: number;
  readonly checks: readonly Check[];
}

export default class ContractVerify extends BaseCommand<typeof ContractVerify, ConsentResult> {
  static override summary = 'Check who has signed a contract and whether that is enough.';
  static override description =
    'Reads every NAME.PARTY.consent.jws beside the contract. Exit 5: the signatures are not enough.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
  };

  protected async execute(): Promise<Outcome<ConsentResult>> {
    const { readContract } = await import('../../lib/parties/environment.js');
    const { appraiseConsent } = await import('../../lib/keys/sign-consent.js');
    const { findConsents } = await import('../../lib/parties/consent-files.js');
    const { renderChecks } = await import('../../lib/cli/render-checks.js');
    const parsed = await readContract(this.flags.file);
    const { sufficient, signers, needed, checks } = appraiseConsent(
      parsed,
      await findConsents(this.flags.file),
    );
    const verdict = sufficient ? 'accepted' : 'refused';
    return {
      result: { verdict, digest: parsed.digest, signers, needed, checks },
      text: `${verdict}  ${signers.length} of ${needed} signatures over ${parsed.digest}\n${renderChecks(checks)}`,
      exitCode: sufficient ? EXIT.ok : EXIT.refused,
    };
  }
}

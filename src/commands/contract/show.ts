import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { Chapter } from '../../lib/evidence/contract-explained.js';
import type { ExplanationFormat } from '../../lib/evidence/render-explanation.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { ParsedContract } from '../../lib/contract/check.js';
import { CleanroomError } from '../../lib/base/errors.js';

interface ShowResult {
  readonly digest: string;
  readonly policyHash: string | null;
  readonly chapters: readonly Chapter[];
}

const FORMATS: readonly ExplanationFormat[] = ['text', 'markdown', 'html'];

export default class ContractShow extends BaseCommand<typeof ContractShow, ShowResult> {
  static override summary = 'Show in plain language what each party agrees to.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego --format html > contract.html',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({
      description: 'CCE policy of the contract: Rego, base64 or ARM template',
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: FORMATS })({ description: 'output format', default: 'text' as const }),
  };

  protected async execute(): Promise<Outcome<ShowResult>> {
    const { readContract } = await import('../../lib/parties/environment.js');
    const { explainContract } = await import('../../lib/evidence/contract-explained.js');
    const { renderExplanation } = await import('../../lib/evidence/render-explanation.js');
    const { escapeTerminal } = await import('../../lib/terminal/escape-terminal.js');
    const parsed = await readContract(this.flags.file);
    const policyHash =
      this.flags.policy === undefined ? null : await this.boundPolicy(this.flags.policy, parsed);
    const { findConsents } = await import('../../lib/parties/consent-files.js');
    const { appraiseConsent } = await import('../../lib/keys/sign-consent.js');
    const { named } = appraiseConsent(parsed, await findConsents(this.flags.file));
    const chapters = explainContract(parsed, policyHash, named);
    return {
      result: { digest: parsed.digest, policyHash, chapters },
      text: escapeTerminal(renderExplanation(chapters, this.flags.format)),
    };
  }

  /* What is said of a policy is true only of one that pins this contract. */
  private async boundPolicy(file: string, { contract, digest }: ParsedContract): Promise<string> {
    const { readPolicyAt } = await import('../../lib/parties/policy-source.js');
    const { contractPinProblem } = await import('../../lib/cce-policy/read/contract-pin.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const policy = await readPolicyAt(file);
    const problem = contractPinProblem(parsePolicy(policy.text), digest);
    if (problem === null) return policy.hash;
    throw new CleanroomError(
      'POLICY_DRIFT',
      `${file} is not bound to the contract ${contract.name}: ${problem}`,
      {
        hint: 'Make the policy of this contract with: cleanroom policy generate -f contract.yaml',
      },
    );
  }
}

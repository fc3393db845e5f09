import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { Chapter, ExplanationFormat } from '../../lib/audit/contract-explained.js';
import { Flags } from '../../lib/cli/oclif.js';

interface ShowResult {
  readonly digest: string;
  readonly policyHash: string | null;
  readonly chapters: readonly Chapter[];
}

const FORMATS: readonly ExplanationFormat[] = ['text', 'markdown', 'html'];

export default class ContractShow extends BaseCommand<typeof ContractShow, ShowResult> {
  static override summary = 'Say in plain language what each party of a contract agrees to.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego --format html > contract.html',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({ description: 'CCE policy that the contract was bound to', helpValue: 'FILE' }),
    format: Flags.option({ options: FORMATS })({ description: 'form of the text', default: 'text' as const }),
  };

  protected async execute(): Promise<Outcome<ShowResult>> {
    const { readContract } = await import('../../lib/cli/environment.js');
    const { explainContract, renderExplanation } = await import('../../lib/audit/contract-explained.js');
    const { escapeTerminal } = await import('../../lib/cli/escape-terminal.js');
    const parsed = await readContract(this.flags.file);
    const policyHash = this.flags.policy === undefined ? null : await hashOf(this.flags.policy);
    const chapters = explainContract(parsed, policyHash);
    return {
      result: { digest: parsed.digest, policyHash, chapters },
      text: escapeTerminal(renderExplanation(chapters, this.flags.format)),
    };
  }
}

async function hashOf(path: string): Promise<string> {
  const { readFileBounded } = await import('../../lib/files/read-bounded.js');
  const { sha256Hex } = await import('../../lib/bytes/digest.js');
  return sha256Hex(await readFileBounded(path, 16 * 1024 * 1024));
}

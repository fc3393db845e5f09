import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { CONTRACT_KEY_HELP, logFlag, trustProgramFlag, yesFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import { CleanroomError } from '../../lib/base/errors.js';
import type { ParsedContract } from '../../lib/contract/parse.js';

interface SignResult {
  readonly party: string;
  readonly digest: string;
  /** File; null where somebody who was asked did not agree. */
  readonly signature: string | null;
}

export default class ContractSign extends BaseCommand<typeof ContractSign, SignResult> {
  static override summary = "Sign a contract with a party's contract key.";
  static override description =
    'Shows the contract on a terminal, and asks. The signature covers the digest of the canonical form and is written beside the contract.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --party fabrikam',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --party contoso --key https://contoso-hsm.managedhsm.azure.net/keys/contract',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    party: Flags.string({ description: "party that signs; default: the profile's" }),
    key: Flags.string({
      description:
        'contract key: a private JWK or the URL of a key in a vault; default: keys/PARTY.contract.jwk',
      helpValue: CONTRACT_KEY_HELP,
    }),
    log: logFlag,
    'trust-program': trustProgramFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<SignResult>> {
    const { readContract } = await import('../../lib/parties/environment.js');
    const { openContractKey } = await import('../../lib/parties/contract-key.js');
    const { writeConsent } = await import('../../lib/parties/consent-files.js');
    const parsed = await readContract(this.flags.file);
    const party = this.flags.party ?? (await this.desk.openIfThere())?.profile.party;
    if (party === undefined)
      throw new CleanroomError('USAGE', 'no profile names the party that signs', {
        hint: 'Add --party NAME.',
      });
    const key = await openContractKey(this.flags.key, party, this.desk);
    const named = this.flags['trust-program'] ?? [];
    const { name } = parsed.contract;
    if (!(await this.agrees(parsed)))
      return {
        result: { party, digest: parsed.digest, signature: null },
        text: `the contract ${name} is not signed`,
      };
    const signature = await writeConsent(this.flags.file, parsed, { party, key, at: new Date(), named });
    if (this.flags.log !== undefined) {
      const { consentArtefacts, logArtefacts } = await import('../../lib/parties/log.js');
      const artefacts = await consentArtefacts(parsed, signature, party);
      await logArtefacts(this.flags.log, artefacts, key, this.desk);
    }
    return {
      result: { party, digest: parsed.digest, signature },
      text: `${party} has signed ${name} (${parsed.digest})\nwrote ${signature}: hand it to the other parties`,
    };
  }

  /* Who signs in a script has read it before. */
  private async agrees(parsed: ParsedContract): Promise<boolean> {
    if (!this.interactive) return true;
    const { renderContractShown } = await import('../../lib/cli/render-agreement.js');
    const { confirm } = await import('../../lib/terminal/confirm.js');
    this.say(renderContractShown(parsed, null));
    const question = 'Sign this contract?';
    return confirm({ interactive: true, yes: false, question, otherwise: 'the contract is not signed' });
  }
}

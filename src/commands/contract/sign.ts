import { Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { CleanroomError } from '../../lib/errors.js';

interface SignResult {
  readonly party: string;
  readonly digest: string;
  readonly signature: string;
}

export default class ContractSign extends BaseCommand<typeof ContractSign, SignResult> {
  static override summary = "Sign the contract with a party's contract key.";
  static override description =
    'Read it first: cleanroom contract show. The signature is over the digest of the canonical form and is written beside the contract.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --party fabrikam',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --party contoso --key keys/contoso.contract.jwk',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    party: Flags.string({ description: "party that signs; else the profile's" }),
    key: Flags.string({
      description: 'private contract key (JWK); keys/PARTY.contract.jwk if absent',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<SignResult>> {
    const { readContract, tryEnvironment } = await import('../../lib/cli/environment.js');
    const { partyKeyPath, readPartyKey } = await import('../../lib/workflows/init-party.js');
    const { writeConsent } = await import('../../lib/workflows/consent-files.js');
    const parsed = await readContract(this.flags.file);
    const party = this.flags.party ?? (await tryEnvironment(this.environmentSearch))?.profile.party;
    if (party === undefined)
      throw new CleanroomError('USAGE', 'no profile says which party signs', { hint: 'Add --party NAME.' });
    const key = await readPartyKey(this.flags.key ?? partyKeyPath(process.cwd(), party, 'contract'));
    const signature = await writeConsent(this.flags.file, parsed, { party, key, at: new Date() });
    return {
      result: { party, digest: parsed.digest, signature },
      text: `${party} has signed ${parsed.contract.name} (${parsed.digest})\nwrote ${signature}: hand it to the other parties`,
    };
  }
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { modelFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { RenewedContract } from '../../lib/parties/renew-contract.js';

export default class ContractRenew extends BaseCommand<typeof ContractRenew, RenewedContract> {
  static override summary =
    'Write the successor of a contract of an earlier version or without results left.';
  static override description = `Parties, datasets and terms are carried over. The name gets a number, and results are counted from zero. Nobody has signed the successor: every party reads and signs it.
A contract of version 1 lacks some of what its successor needs: owners of datasets send new cards (cleanroom init, --with), and --model gives the model.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --with fabrikam.party.json --model models/t5-demo',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'earlier contract', default: 'contract.yaml' }),
    name: Flags.string({ description: 'name of the successor; default: the earlier name with a number' }),
    with: Flags.string({
      description: 'new card of a party; may be given more than once',
      helpValue: 'CARD',
      multiple: true,
    }),
    model: modelFlag({ description: 'directory of the model that the earlier contract names' }),
    out: Flags.string({ description: 'file to write; default: NAME.yaml beside the earlier contract' }),
    force: Flags.boolean({ description: 'overwrite an existing file' }),
  };

  protected async execute(): Promise<Outcome<RenewedContract>> {
    const { runContractRenewal } = await import('../../lib/parties/renew-contract.js');
    const { ownVersion } = await import('../../lib/parties/own-version.js');
    const { file, name, model, out, force } = this.flags;
    const result = await runContractRenewal({
      file,
      name: name ?? null,
      cards: this.flags.with ?? [],
      modelDirectory: model ?? null,
      program: { release: ownVersion() },
      out: out ?? null,
      existing: force ? 'replace' : 'keep',
    });
    const { path } = result;
    return {
      result,
      text: `wrote ${path}: ${result.name}, digest ${result.digest}; nobody has signed it\nnext: cleanroom contract show -f ${path}, then every party: cleanroom contract sign -f ${path}`,
    };
  }
}

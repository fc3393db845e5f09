import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { contractFlag } from '../../lib/cli/flags.js';
import type { LogVerdict } from '../../lib/parties/log.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { EXIT } from '../../lib/base/error-codes.js';

export default class LogVerify extends BaseCommand<typeof LogVerify, LogVerdict> {
  static override summary = 'Check a transparency log against its tree head and the heads that you kept.';
  static override description =
    'Every line must be an entry, and the log must match the head beside it and every head given. Removed, changed or moved entries, a cut tail and a fork are refused (exit 5). A head counts that a party of the contract (-f) signed: without one the log is unproven (exit 5), and entries behind it are named and not counted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> audit.log -f contract.yaml',
    '<%= config.bin %> <%= command.id %> audit.log --head march.head.jws -f contract.yaml --json',
  ];
  static override args = { log: Args.string({ description: 'file or URL of a blob', required: true }) };
  static override flags = {
    file: contractFlag,
    head: Flags.string({
      description: 'tree head that you kept; may be given more than once',
      helpValue: 'FILE',
      multiple: true,
    }),
  };

  protected async execute(): Promise<Outcome<LogVerdict>> {
    const { readContract } = await import('../../lib/parties/environment.js');
    const { openLog } = await import('../../lib/parties/log-location.js');
    const { partyPublicKeys, verifyLog } = await import('../../lib/parties/log.js');
    const { renderChecks } = await import('../../lib/cli/render-checks.js');
    const keys = this.flags.file === undefined ? [] : partyPublicKeys(await readContract(this.flags.file));
    if (keys.length === 0) this.warn('no contract was given, so no tree head counts: add -f contract.yaml');
    const store = await openLog(this.args.log, this.desk);
    const result = await verifyLog(store, this.flags.head ?? [], keys);
    if (result.behind > 0 && result.size > 0)
      this.warn(`${result.behind} entries stand behind the signed head, and are not counted`);
    return {
      result,
      text: `${result.verdict}  ${result.size} entries, root ${result.root}\n${renderChecks(result.checks)}`,
      exitCode: result.verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    };
  }
}

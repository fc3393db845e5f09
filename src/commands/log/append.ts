import { ENTRY_KINDS } from '../../lib/evidence/entry-kinds.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { CONTRACT_KEY_HELP } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { Appended } from '../../lib/parties/keep-log.js';

export default class LogAppend extends BaseCommand<typeof LogAppend, Appended> {
  static override summary = 'Append contracts, signatures, policies and receipts to a transparency log.';
  static override description =
    'LOG is a file or the URL of a blob. It receives digests only, each once. A signed tree head over all entries is written beside it (LOG.head.jws): send it to the other parties, who can then detect a removed or changed entry.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> audit.log contract.yaml policy.rego --party contoso',
    '<%= config.bin %> <%= command.id %> audit.log receipt.jws --key env:CONTRACT_KEY --json',
  ];
  static override args = {
    log: Args.string({ description: 'file or URL of a blob', required: true }),
    files: Args.string({ description: 'files to append', required: true, multiple: true }),
  };
  static override flags = {
    kind: Flags.option({ options: ENTRY_KINDS })({
      description: 'kind of the files; default: by content',
    }),
    party: Flags.string({ description: "party that keeps the log; default: the profile's" }),
    key: Flags.string({
      description: 'contract key that signs the tree head: a private JWK or the URL of a key in a vault',
      helpValue: CONTRACT_KEY_HELP,
    }),
  };

  protected async execute(): Promise<Outcome<Appended>> {
    const { openContractKey } = await import('../../lib/parties/contract-key.js');
    const { openLog } = await import('../../lib/parties/log-location.js');
    const { appendFiles } = await import('../../lib/parties/log.js');
    const { escapeTerminal } = await import('../../lib/terminal/escape-terminal.js');
    const key = await openContractKey(this.flags.key, this.flags.party, this.desk);
    const store = await openLog(this.args.log, this.desk);
    const result = await appendFiles(store, this.args.files, this.flags.kind ?? null, key);
    const lines = result.entries.map(
      ({ index, kind, subject, outcome }) => `${index}  ${kind}  ${subject}  ${outcome}`,
    );
    const { repaired } = result;
    if (repaired)
      this.warn(
        'the log ended with half an entry, of a run that was broken off; no head covered it, and it is gone',
      );
    return {
      result,
      text: escapeTerminal(
        [...lines, `${result.size} entries; the signed tree head is beside the log`].join('\n'),
      ),
    };
  }
}

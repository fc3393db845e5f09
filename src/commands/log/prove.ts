import { ENTRY_KINDS } from '../../lib/evidence/entry-kinds.js';
import type { LogEntry } from '../../lib/evidence/transparency-log.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface ProveResult {
  readonly entry: Omit<LogEntry, 'statement' | 'at'> & {
    /** ISO 8601. */
    readonly at: string;
  };
  readonly index: number;
  /** Entries that the tree head covers. */
  readonly size: number;
  readonly proof: string;
  /** File of the signed statement, where one was asked for. */
  readonly statement: string | null;
}

export default class LogProve extends BaseCommand<typeof LogProve, ProveResult> {
  static override summary = 'Prove that a transparency log contains a file.';
  static override description =
    'Writes the entry, its path to the root and the signed tree head; with --head also a proof that the log continues the log of that head. attest --log puts such proofs into an evidence bundle, where verify checks them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> audit.log contract.yaml --out contract.proof.json',
    '<%= config.bin %> <%= command.id %> audit.log policy.rego --head march.head.jws --out policy.proof.json',
    '<%= config.bin %> <%= command.id %> audit.log contract.yaml --statement contract.cose',
  ];
  static override args = {
    log: Args.string({ description: 'file or URL of a blob', required: true }),
    file: Args.string({ description: 'file that was logged', required: true }),
  };
  static override flags = {
    kind: Flags.option({ options: ENTRY_KINDS })({ description: 'kind of the file; default: by content' }),
    head: Flags.string({ description: 'tree head that you kept', helpValue: 'FILE' }),
    statement: Flags.string({
      description: 'also write the entry as a signed statement (COSE_Sign1), as SCITT ledgers take it',
      helpValue: 'FILE',
    }),
    out: Flags.string({
      char: 'o',
      description: 'file to write; default: FILE.proof.json',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<ProveResult>> {
    const { openLog } = await import('../../lib/parties/log-location.js');
    const { proveFile, writeProof, writeStatement } = await import('../../lib/parties/log.js');
    const { escapeTerminal } = await import('../../lib/terminal/escape-terminal.js');
    const store = await openLog(this.args.log, this.desk);
    const proof = await proveFile(store, this.args.file, this.flags.kind ?? null, this.flags.head);
    const path = this.flags.out ?? `${this.args.file}.proof.json`;
    await writeProof(path, proof);
    const statement = this.flags.statement ?? null;
    if (statement !== null) await writeStatement(statement, proof);
    const { kind, sha256, subject, at } = proof.entry;
    const { isoTime } = await import('../../lib/base/iso-time.js');
    const entry = { kind, sha256, subject, at: isoTime(at) };
    const { index } = proof;
    const { size } = proof.head.head;
    return {
      result: { entry, index, size, proof: path, statement },
      text: escapeTerminal(`${entry.kind} ${entry.subject} is entry ${index} of ${size}; wrote ${path}`),
    };
  }
}

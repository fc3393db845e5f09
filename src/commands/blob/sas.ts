// A SAS for a room, with the least rights, into a file.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { requiredContractFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';

interface BlobSasResult {
  readonly variable: string;
  readonly account: string;
  readonly container: string;
  readonly scope: 'blob' | 'container';
  readonly permissions: string;
  readonly expires: string;
  /** The file that holds it; null where it was asked to be shown. */
  readonly file: string | null;
  /** The SAS itself, only with --show. */
  readonly sas: string | null;
}

export default class BlobSas extends BaseCommand<typeof BlobSas, BlobSasResult> {
  static override summary = 'Create a short-lived SAS for a room with only the rights that it needs.';
  static override description = `For a data owner whose storage is in another tenant than the room: give the file to the host. Rights and scope follow the room's plan. The SAS is signed by identity (user delegation) or by account key.
The SAS is a secret: it is written to a file of mode 0600, and printed only with --show.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --dataset notes --out notes.sas',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --budget notes --out budget.sas --hours 8 --account-key env:AZURE_STORAGE_KEY',
  ];
  static override flags = {
    file: requiredContractFlag,
    dataset: Flags.string({
      description: 'dataset to read',
      helpValue: 'ID',
      exactlyOne: ['dataset', 'budget', 'for'],
    }),
    budget: Flags.string({
      description: 'dataset in whose account results are counted; rights: create and read',
      helpValue: 'ID',
    }),
    for: Flags.option({
      description: "one of the contract's own blobs",
      options: ['contract', 'result'] as const,
    })(),
    out: Flags.string({
      char: 'o',
      description: 'file to write (mode 0600)',
      helpValue: 'FILE',
      exactlyOne: ['out', 'show'],
    }),
    show: Flags.boolean({ description: 'print the SAS' }),
    hours: Flags.integer({ description: 'hours until it expires', default: 24, min: 1, max: 168 }),
    'account-key': Flags.string({
      description: 'account key to sign with instead of the identity',
      helpValue: 'FILE|env:NAME|fd:N',
    }),
  };

  protected async execute(): Promise<Outcome<BlobSasResult>> {
    const { issueSas } = await import('../../lib/parties/issue-sas.js');
    const { dataset, budget, out, hours } = this.flags;
    const issued = await issueSas(this.desk, {
      contractPath: this.flags.file,
      subject:
        dataset !== undefined
          ? { kind: 'dataset', id: dataset }
          : budget !== undefined
            ? { kind: 'budget', id: budget }
            : { kind: this.flags.for ?? 'result' },
      hours,
      accountKey: this.flags['account-key'],
      out,
    });
    const { variable, account, container, scope, permissions, query } = issued;
    const expires = issued.expiresAt.toISOString();
    const result: BlobSasResult = {
      variable,
      account,
      container,
      scope,
      permissions,
      expires,
      file: out ?? null,
      sas: out === undefined ? query : null,
    };
    const where = `${scope} ${container} of ${account}, rights ${permissions}, until ${expires}`;
    return {
      result,
      text:
        out === undefined
          ? query
          : `wrote ${out}: ${where}\nthe host runs:  cleanroom deploy -f contract.yaml --parameter-file ${variable}=${out}`,
    };
  }
}

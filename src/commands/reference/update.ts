import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args } from '../../lib/cli/oclif.js';

interface UpdateResult {
  /** Day of the table that is in use from now on. */
  readonly date: string;
  /** Day of the one before. */
  readonly replaced: string;
}

export default class ReferenceUpdate extends BaseCommand<typeof ReferenceUpdate, UpdateResult> {
  static override summary = 'Use a newer table of reference values, signed by the release key.';
  static override description =
    'The signature is checked with the release key of this version, and the table must be newer than the one in use. While there is no release key, tables change with the package only and every update is refused (exit 5).';
  static override examples = [
    '<%= config.bin %> <%= command.id %> reference.jws',
    '<%= config.bin %> <%= command.id %> reference.jws --json',
  ];
  static override args = {
    file: Args.string({ description: 'signed table of reference values', required: true }),
  };

  protected async execute(): Promise<Outcome<UpdateResult>> {
    const { updateReference } = await import('../../lib/parties/reference/reference-in-use.js');
    const { reference, replaced } = await updateReference(this.args.file, new Date());
    return {
      result: { date: reference.date, replaced },
      text: `reference values of ${reference.date} are in use, before of ${replaced}`,
    };
  }
}

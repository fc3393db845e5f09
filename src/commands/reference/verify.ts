import { EXIT } from '../../lib/base/error-codes.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args } from '../../lib/cli/oclif.js';
import type { ReferenceVerification } from '../../lib/parties/reference/verify-reference.js';

export default class ReferenceVerify extends BaseCommand<typeof ReferenceVerify, ReferenceVerification> {
  static override summary =
    'Check a table of reference values: form, date, signature, and what it would change.';
  static override description =
    'Without FILE it checks the table in use. Exit 5: nobody signed the table; --reference FILE can still make one verdict stricter with it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> reference.json --json',
  ];
  static override args = {
    file: Args.string({ description: 'table of reference values; default: the one in use' }),
  };

  protected async execute(): Promise<Outcome<ReferenceVerification>> {
    const { verifyReference } = await import('../../lib/parties/reference/verify-reference.js');
    const { renderReferenceVerification } = await import('../../lib/cli/render-reference.js');
    const result = await verifyReference(this.args.file, new Date());
    return {
      result,
      text: renderReferenceVerification(result),
      exitCode: result.signed ? EXIT.ok : EXIT.refused,
    };
  }
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { ShownReference } from '../../lib/parties/reference/show-reference.js';

export default class ReferenceShow extends BaseCommand<typeof ReferenceShow, ShownReference> {
  static override summary = 'Show the reference values of firmware, services and ledgers, with their date.';
  static override description =
    'Prints the table of reference values in use: versions of the utility VM, the infrastructure fragment, the sidecar and AMD firmware, attestation services, ledgers and advisories, each with its class (latest, current, old, withdrawn) and source.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  protected async execute(): Promise<Outcome<ShownReference>> {
    const { showReference } = await import('../../lib/parties/reference/show-reference.js');
    const { renderReference } = await import('../../lib/cli/render-reference.js');
    const result = await showReference(new Date());
    return { result, text: renderReference(result) };
  }
}

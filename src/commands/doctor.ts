import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { contractFlag } from '../lib/cli/flags.js';
import { Flags } from '../lib/cli/oclif.js';
import { EXIT } from '../lib/base/error-codes.js';
import type { Finding } from '../lib/base/verdict/finding.js';
import type { DoctorLine } from '../lib/parties/doctor/doctor-line.js';

interface DoctorResult {
  readonly healthy: boolean;
  readonly checks: readonly DoctorLine[];
  /** Null where they were not looked for (--as, --exposure). */
  readonly paths: readonly Finding[] | null;
}

export default class Doctor extends BaseCommand<typeof Doctor, DoctorResult> {
  static override summary =
    'Check tools, services, roles, keys and storage, and show how to fix what is wrong.';
  static override description = `Changes nothing. What cannot be checked is listed with the reason. Without a profile it checks this machine.
With --as it also lists every way to a dataset's plaintext that needs no attestation, as far as that party's login can see. Exit 4: something is wrong.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --as party-2 --json',
  ];
  static override flags = {
    file: contractFlag,
    as: Flags.option({
      description: 'party to check for: party-1 hosts the room, party-2 owns data',
      options: ['party-1', 'party-2'] as const,
    })(),
    exposure: Flags.string({
      description: 'exported key, roles and SAS (JSON) instead of live ones',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<DoctorResult>> {
    const { diagnose } = await import('../lib/parties/doctor/run-doctor.js');
    const { renderDiagnosis } = await import('../lib/cli/render-doctor.js');
    const { isUnsafe } = await import('../lib/base/verdict/finding.js');
    const { file, as, exposure } = this.flags;
    const diagnosis = await diagnose(this.desk, { contractPath: file, as, exposure });
    const { lines, paths } = diagnosis;
    const healthy = !lines.some(({ status }) => status === 'fail') && !isUnsafe(paths ?? []);
    return {
      result: { healthy, checks: lines, paths },
      text: renderDiagnosis(diagnosis),
      exitCode: healthy ? EXIT.ok : EXIT.unsafe,
    };
  }
}

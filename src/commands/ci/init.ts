import { join } from 'node:path';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface CiInitResult {
  readonly file: string;
}

export default class CiInit extends BaseCommand<typeof CiInit, CiInitResult> {
  static override summary = 'Write a pipeline that checks policy, drift and set-up.';
  static override description =
    'The pipeline recomputes the policy from contract and images, lints it, compares it with the parties’ policy.rego, and runs doctor. It asks no question, fails with the exit code of the failing command, and keeps the results. It logs in by federated credential or by secret (AZURE_* variables).';
  static override examples = [
    '<%= config.bin %> <%= command.id %> github',
    '<%= config.bin %> <%= command.id %> gitlab --out ../deployment',
  ];
  static override args = {
    system: Args.string({
      description: 'pipeline system',
      options: ['github', 'gitlab', 'azure-devops'],
      required: true,
    }),
  };
  static override flags = {
    out: Flags.string({
      char: 'o',
      description: 'root of the repository',
      helpValue: 'DIR',
      default: '.',
    }),
    force: Flags.boolean({ description: 'overwrite an existing file' }),
  };

  protected async execute(): Promise<Outcome<CiInitResult>> {
    const { renderPipeline } = await import('../../lib/parties/pipeline-files.js');
    const { writeNewFiles } = await import('../../lib/base/files/write-new-files.js');
    const pipeline = renderPipeline(this.args.system as 'github' | 'gitlab' | 'azure-devops');
    await writeNewFiles(this.flags.out, [pipeline], this.flags.force ? 'replace' : 'refuse');
    const file = join(this.flags.out, pipeline.name);
    return {
      result: { file },
      text: `wrote ${file}\nnext: set AZURE_CLIENT_ID and AZURE_TENANT_ID there, and add a profile ci`,
    };
  }
}

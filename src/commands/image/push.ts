import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { platformFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { PushResult } from '../../lib/parties/push-image.js';

export default class ImagePush extends BaseCommand<typeof ImagePush, PushResult> {
  static override summary = 'Push an OCI archive to a registry and print its reference by digest.';
  static override description =
    "Logs in with docker's credentials; to an Azure Container Registry with the profile's Azure login.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> summarizer.tar contoso.azurecr.io/cleanroom/summarizer:v1',
    '<%= config.bin %> <%= command.id %> summarizer.tar cleanroom.local/summarizer:v1 --json',
  ];
  static override args = {
    archive: Args.string({ description: 'OCI archive or layout directory', required: true }),
    reference: Args.string({ description: 'REGISTRY/REPOSITORY:TAG', required: true }),
  };
  static override flags = {
    ...platformFlag,
    'statement-key': Flags.string({
      description: 'private key (P-256, PEM) that signs SPDX list and provenance; default: a one-time key',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<PushResult>> {
    const { pushArchive } = await import('../../lib/parties/push-image.js');
    const { describeAttached } = await import('../../lib/images/attest/attach.js');
    const request = {
      ...this.args,
      platform: this.flags.platform,
      statements: {
        packageRoot: this.config.root,
        version: this.config.version,
        keyFile: this.flags['statement-key'] ?? null,
      },
    };
    const context = { progress: await this.progress(), warn: (message: string) => void this.warn(message) };
    const result = await pushArchive(request, await this.desk.openIfThere(), context);
    return { result, text: [result.reference, ...result.attached.map(describeAttached)].join('\n') };
  }
}

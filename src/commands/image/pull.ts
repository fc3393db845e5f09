import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { platformFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { PullResult } from '../../lib/parties/pull-image.js';

export default class ImagePull extends BaseCommand<typeof ImagePull, PullResult> {
  static override summary = 'Fetch an image from a registry into an OCI archive and check its digests.';
  static override description = 'A reference by digest always means the same image; a tag may be moved.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mcr.microsoft.com/aci/skr:2.10 --out skr.tar',
    '<%= config.bin %> <%= command.id %> contoso.azurecr.io/cleanroom/summarizer:v1 --out summarizer.tar --json',
  ];
  static override args = {
    reference: Args.string({ description: 'REGISTRY/REPOSITORY:TAG or …@sha256:…', required: true }),
  };
  static override flags = {
    ...platformFlag,
    out: Flags.string({ char: 'o', description: 'archive to write', helpValue: 'FILE', required: true }),
  };

  protected async execute(): Promise<Outcome<PullResult>> {
    const { pullImage } = await import('../../lib/parties/pull-image.js');
    const request = {
      reference: this.args.reference,
      platform: this.flags.platform,
      out: this.flags.out,
    };
    const context = { progress: await this.progress(), warn: (message: string) => void this.warn(message) };
    const result = await pullImage(request, await this.desk.openIfThere(), context);
    return { result, text: result.reference };
  }
}

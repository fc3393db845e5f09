import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { platformFlag } from '../../lib/cli/flags.js';
import { Args } from '../../lib/cli/oclif.js';
import type { PushedImage } from '../../lib/images/registry/registry-image.js';

interface PushResult extends PushedImage {
  /** The reference to put into a contract. */
  readonly reference: string;
}

export default class ImagePush extends BaseCommand<typeof ImagePush, PushResult> {
  static override summary = 'Push an OCI archive to a registry, and print the reference that pins it.';
  static override description =
    "Logs in with docker's credentials, or with the profile's Azure login for an Azure Container Registry.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> summarizer.tar contoso.azurecr.io/cleanroom/summarizer:v1',
    '<%= config.bin %> <%= command.id %> summarizer.tar cleanroom.local/summarizer:v1 --json',
  ];
  static override args = {
    archive: Args.string({ description: 'OCI archive or layout directory', required: true }),
    reference: Args.string({ description: 'REGISTRY/REPOSITORY:TAG', required: true }),
  };
  static override flags = { ...platformFlag };

  protected async execute(): Promise<Outcome<PushResult>> {
    const { openImageArchive } = await import('../../lib/images/archive/image-archive.js');
    const { parseImageReference } = await import('../../lib/images/registry/reference.js');
    const { pushImage } = await import('../../lib/images/registry/registry-image.js');
    const { openRegistry } = await import('../../lib/parties/registry.js');
    const reference = parseImageReference(this.args.reference);
    const client = await openRegistry(reference, await this.desk.openIfThere());
    const { parsePlatform } = await import('../../lib/images/archive/platform.js');
    const archive = await openImageArchive(this.args.archive, {
      platform: parsePlatform(this.flags.platform),
    });
    try {
      for (const remark of archive.remarks) this.warn(remark);
      (await this.progress()).phase(`Pushing to ${reference.registry}`);
      const pushed = await pushImage(client, archive, reference);
      const pinned = `${reference.registry}/${reference.repository}@${pushed.manifestDigest}`;
      return { result: { ...pushed, reference: pinned }, text: pinned };
    } finally {
      await archive.close();
    }
  }
}

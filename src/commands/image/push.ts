import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { platformFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { AttachedStatement } from '../../lib/images/attest/attach.js';
import type { PushedImage } from '../../lib/images/registry/registry-image.js';

interface PushResult extends PushedImage {
  /** The reference to put into a contract. */
  readonly reference: string;
  /** Statements that were attached: the list of parts, and provenance; empty for an image that is none of ours. */
  readonly attached: readonly AttachedStatement[];
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
  static override flags = {
    ...platformFlag,
    'statement-key': Flags.string({
      description:
        'private key (P-256, PEM) that signs the list of parts and the provenance; a one-time key if absent',
      helpValue: 'FILE',
    }),
  };

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
      const { attachStatements, describeAttached } = await import('../../lib/images/attest/attach.js');
      const attached = await attachStatements(client, archive, {
        packageRoot: this.config.root,
        version: this.config.version,
        keyFile: this.flags['statement-key'] ?? null,
      });
      const lines = [pinned, ...attached.map(describeAttached)];
      return { result: { ...pushed, reference: pinned, attached }, text: lines.join('\n') };
    } finally {
      await archive.close();
    }
  }
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { platformFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface PullResult {
  readonly path: string;
  /** `sha256:…` of the image's manifest. */
  readonly manifestDigest: string;
  /** The reference that pins what was pulled. */
  readonly reference: string;
}

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
    const { parsePlatform } = await import('../../lib/images/archive/platform.js');
    const { parseImageReference } = await import('../../lib/images/registry/reference.js');
    const { openRegistryImage, saveImage } = await import('../../lib/images/registry/registry-image.js');
    const { openRegistry } = await import('../../lib/parties/registry.js');
    const reference = parseImageReference(this.args.reference);
    const client = await openRegistry(reference, await this.desk.openIfThere());
    (await this.progress()).phase(`Fetching from ${reference.registry}`);
    const image = await openRegistryImage(client, reference, parsePlatform(this.flags.platform));
    for (const remark of image.remarks) this.warn(remark);
    await saveImage(image, reference, this.flags.out);
    const manifestDigest = image.manifestDigest ?? '';
    const pinned = `${reference.registry}/${reference.repository}@${manifestDigest}`;
    return { result: { path: this.flags.out, manifestDigest, reference: pinned }, text: pinned };
  }
}

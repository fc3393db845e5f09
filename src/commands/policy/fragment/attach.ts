import { BaseCommand, type Outcome } from '../../../lib/cli/base-command.js';
import { Args } from '../../../lib/cli/oclif.js';
import type { AttachedFragment } from '../../../lib/parties/attach-fragment.js';

export default class PolicyFragmentAttach extends BaseCommand<typeof PolicyFragmentAttach, AttachedFragment> {
  static override summary = 'Attach a signed policy fragment to an image in a registry.';
  static override description =
    'Pushes an OCI manifest whose subject is the image, with the artifact type that az confcom uses. Registries without the referrers API list it under a tag. Only a signed fragment is pushed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> web.cose contoso.azurecr.io/web@sha256:…',
    '<%= config.bin %> <%= command.id %> web.cose contoso.azurecr.io/web@sha256:… --json',
  ];
  static override args = {
    fragment: Args.string({ description: 'signed fragment', required: true }),
    image: Args.string({ description: 'image by digest', required: true }),
  };

  protected async execute(): Promise<Outcome<AttachedFragment>> {
    const { attachFragmentFile } = await import('../../../lib/parties/attach-fragment.js');
    const result = await attachFragmentFile(
      this.args.fragment,
      this.args.image,
      await this.desk.openIfThere(),
    );
    return { result, text: result.manifestDigest };
  }
}

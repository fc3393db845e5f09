import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { cacheFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { baseFlags } from '../../lib/cli/room-base.js';
import type { ImageVerdict } from '../../lib/parties/verify-image.js';

export default class ImageVerify extends BaseCommand<typeof ImageVerify, ImageVerdict> {
  static override summary = 'Compare an image with known releases, layer by layer.';
  static override description =
    "Builds this installation's own room in memory and compares it and the released versions with the image. Nothing of the image is run. Exit 5: the image is no known release.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> --program summarizer.tar',
    '<%= config.bin %> <%= command.id %> contoso.azurecr.io/cleanroom/summarizer@sha256:… --json',
  ];
  static override args = {
    image: Args.string({
      description: 'archive, layout directory, or REGISTRY/REPOSITORY@sha256:…',
      required: true,
    }),
  };
  static override flags = {
    program: Flags.boolean({ description: 'compare the program (always done)' }),
    'statement-key': Flags.string({
      description: 'public key (P-256, PEM) that must have signed the attached statements',
      helpValue: 'FILE',
    }),
    'local-only': Flags.boolean({
      description: 'compare with a room without base, as the local Azure may run it',
    }),
    ...baseFlags,
    ...cacheFlag,
  };

  protected async execute(): Promise<Outcome<ImageVerdict>> {
    const { EXIT } = await import('../../lib/base/error-codes.js');
    const { lockedBase } = await import('../../lib/cli/room-base.js');
    const { describeRead } = await import('../../lib/images/attest/attach.js');
    const { renderProgramVerdict } = await import('../../lib/images/pack/verify-program.js');
    const { layerCacheOf } = await import('../../lib/parties/layer-cache.js');
    const { verifyImage } = await import('../../lib/parties/verify-image.js');
    const result = await verifyImage({
      image: this.args.image,
      packageRoot: this.config.root,
      base: this.flags['local-only']
        ? { kind: 'none' }
        : { kind: 'locked', source: await lockedBase(this.config.cacheDir, this.flags) },
      cache: layerCacheOf(this.config.cacheDir, this.flags.cache),
      statementKey: this.flags['statement-key'] ?? null,
      environment: () => this.desk.openIfThere(),
      progress: await this.progress(),
    });
    return {
      result,
      text: [renderProgramVerdict(result), ...result.attached.map(describeRead)].join('\n'),
      exitCode: result.release === null ? EXIT.refused : EXIT.ok,
    };
  }
}

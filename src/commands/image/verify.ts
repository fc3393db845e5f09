import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { cacheFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { baseFlags } from '../../lib/cli/room-base.js';
import type { ImageVerdict } from '../../lib/parties/verify-image.js';

export default class ImageVerify extends BaseCommand<typeof ImageVerify, ImageVerdict> {
  static override summary =
    'Say which program an image is: layer by layer, what is the same and what is not.';
  static override description =
    "Builds this installation's own room in memory, and takes the releases of its table; nothing of the image is run. Exits 5 where the image is no program that is known.";
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
    program: Flags.boolean({ description: 'compare the program; this is what is done without it, too' }),
    'statement-key': Flags.string({
      description: 'public key (P-256, PEM) that is to have signed what is attached to the image',
      helpValue: 'FILE',
    }),
    'local-only': Flags.boolean({
      description: 'compare with a room without its base, as the local Azure may have it',
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

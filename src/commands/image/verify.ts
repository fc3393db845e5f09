import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { cacheFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { baseFlags } from '../../lib/cli/room-base.js';
import type { ImageArchive } from '../../lib/images/archive/image-archive.js';
import type { ReadStatement } from '../../lib/images/attest/attach.js';
import type { RegistryClient } from '../../lib/images/registry/registry-client.js';
import type { NamedProgram, ProgramVerdict } from '../../lib/images/pack/verify-program.js';

interface VerifyResult extends ProgramVerdict {
  /** `sha256:…` of the image's manifest; null in a docker archive. */
  readonly manifestDigest: string | null;
  /** Digest of the model's files, as contracts name it; null without a baked-in model. */
  readonly modelDigest: string | null;
  /** Statements that are attached to the image in its registry; empty for a file. */
  readonly attached: readonly ReadStatement[];
  /** Programs that the image was compared with: this installation's, and the releases of its table. */
  readonly known: readonly string[];
}

export default class ImageVerify extends BaseCommand<typeof ImageVerify, VerifyResult> {
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

  private client: RegistryClient | null = null;

  protected async execute(): Promise<Outcome<VerifyResult>> {
    const { EXIT } = await import('../../lib/base/error-codes.js');
    const { measureImage } = await import('../../lib/images/measure.js');
    const { modelDigestOf, readModelLayer } = await import('../../lib/images/model-layer.js');
    const { renderProgramVerdict, verifyProgram } = await import('../../lib/images/pack/verify-program.js');
    const { layerCacheOf } = await import('../../lib/parties/layer-cache.js');
    const { describeRead } = await import('../../lib/images/attest/attach.js');
    const progress = await this.progress();
    const archive = await this.open();
    try {
      progress.phase('Measuring the image');
      const cache = layerCacheOf(this.config.cacheDir, this.flags.cache);
      const model = await readModelLayer(archive);
      const image = await measureImage(archive, {
        reference: archive.path,
        ...(cache === undefined ? {} : { cache }),
      });
      progress.phase("Building this installation's own room to compare with");
      const known = await this.known();
      const verdict = verifyProgram(image, model !== null, known);
      const result = {
        ...verdict,
        manifestDigest: archive.manifestDigest,
        modelDigest: model === null ? null : modelDigestOf(model),
        attached: await this.attached(archive),
        known: known.map(({ release }) => release),
      };
      return {
        result,
        text: [renderProgramVerdict(verdict), ...result.attached.map(describeRead)].join('\n'),
        exitCode: verdict.release === null ? EXIT.refused : EXIT.ok,
      };
    } finally {
      await archive.close();
    }
  }

  private async attached(archive: ImageArchive): Promise<readonly ReadStatement[]> {
    if (this.client === null) return [];
    const { readStatements } = await import('../../lib/images/attest/attach.js');
    return readStatements(this.client, archive, {
      packageRoot: this.config.root,
      keyFile: this.flags['statement-key'] ?? null,
    });
  }

  private async known(): Promise<readonly NamedProgram[]> {
    const { lockedBase } = await import('../../lib/cli/room-base.js');
    const { layerCacheOf } = await import('../../lib/parties/layer-cache.js');
    const { measureOwnProgram } = await import('../../lib/images/pack/own-program.js');
    const { readReleaseTable } = await import('../../lib/images/pack/release-package.js');
    const releases = await readReleaseTable(this.config.root);
    const cache = layerCacheOf(this.config.cacheDir, this.flags.cache);
    const own = await measureOwnProgram({
      packageRoot: this.config.root,
      program: 'summarizer',
      base: this.flags['local-only']
        ? { kind: 'none' }
        : { kind: 'locked', source: await lockedBase(this.config.cacheDir, this.flags) },
      releases,
      ...(cache === undefined ? {} : { cache }),
    });
    const table = releases.releases.map(({ version, layers, config }) => ({
      release: version,
      layers,
      config,
    }));
    return [own, ...table.filter(({ release }) => release !== own.release)];
  }

  private async open(): Promise<ImageArchive> {
    const { access } = await import('node:fs/promises');
    const { openImageArchive } = await import('../../lib/images/archive/image-archive.js');
    const isFile = await access(this.args.image).then(
      () => true,
      () => false,
    );
    if (isFile) return openImageArchive(this.args.image);
    const { parseImageReference } = await import('../../lib/images/registry/reference.js');
    const { openRegistryImage } = await import('../../lib/images/registry/registry-image.js');
    const { openRegistry } = await import('../../lib/parties/registry.js');
    const reference = parseImageReference(this.args.image);
    const client = await openRegistry(reference, await this.desk.openIfThere());
    this.client = client;
    return openRegistryImage(client, reference);
  }
}

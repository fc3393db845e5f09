import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { modelFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import { baseFlags } from '../../lib/cli/room-base.js';
import type { BuiltImage } from '../../lib/images/build/build-image.js';
import type { ImageBase } from '../../lib/images/pack/pack-program.js';

export default class ImageBuild extends BaseCommand<typeof ImageBuild, BuiltImage> {
  static override summary = "Build the room's image reproducibly, without Docker.";
  static override description =
    'Debian packages and Node.js, named by version and digest in room.lock.json, are fetched once into the cache and ' +
    'checked. The npm packages and the program of this installation are added. The same version gives the same bytes everywhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model t5-demo --out summarizer.tar',
    '<%= config.bin %> <%= command.id %> --model ./flan-t5-small --out summarizer.tar --json',
  ];
  static override flags = {
    model: modelFlag({ description: 'model directory, or the name of a shipped model; default: none' }),
    base: Flags.string({
      description: 'OCI archive of a base image with Node.js instead of the locked base',
      helpValue: 'ARCHIVE',
    }),
    'local-only': Flags.boolean({
      description: "leave out the base; the image runs in local rooms only, on this machine's Node.js",
      exclusive: ['base'],
    }),
    sidecar: Flags.boolean({
      description: "pack the emulator's stand-in for the key-release sidecar instead",
      exclusive: ['model'],
    }),
    release: Flags.string({
      description: 'rebuild the room of that version from its published package',
      helpValue: 'VERSION',
      exclusive: ['base', 'sidecar'],
    }),
    from: Flags.string({
      description: "package file of that version instead of npm's",
      helpValue: 'FILE.tgz',
      dependsOn: ['release'],
    }),
    ...baseFlags,
    out: Flags.string({ char: 'o', description: 'archive to write', helpValue: 'FILE', required: true }),
  };

  protected async execute(): Promise<Outcome<BuiltImage>> {
    const { packSidecar, packSummarizer } = await import('../../lib/images/pack/pack-program.js');
    const { model, sidecar, out, release } = this.flags;
    if (model !== undefined) await requireLoadable(model);
    const base = await this.base();
    if (release !== undefined) return this.rebuild(release, base);
    const options = { packageRoot: this.config.root, out, signal: this.signal, base };
    const progress = await this.progress();
    progress.phase('Building the image');
    const image = sidecar
      ? await packSidecar(options)
      : await packSummarizer({ ...options, modelDirectory: model ?? null });
    if (base.kind === 'none')
      this.warn('the image has no base: it is labelled for the local room, and Azure cannot run it');
    return { result: image, text: `${image.manifestDigest}  ${image.path}` };
  }

  /** Another version's room: everything from its package and from npm, nothing from this installation. */
  private async rebuild(version: string, base: ImageBase): Promise<Outcome<BuiltImage>> {
    const { packSummarizer } = await import('../../lib/images/pack/pack-program.js');
    const { differingLayers, readReleaseTable, withRelease } =
      await import('../../lib/images/pack/release-package.js');
    const { CleanroomError } = await import('../../lib/base/errors.js');
    const { lockedBase } = await import('../../lib/cli/room-base.js');
    const { cache } = await lockedBase(this.config.cacheDir, this.flags);
    const releases = await readReleaseTable(this.config.root);
    (await this.progress()).phase(`Building the room of ${version} again`);
    const source = { version, from: this.flags.from ?? null, releases, cache };
    return withRelease(source, async (packageRoot, known) => {
      const image = await packSummarizer({
        packageRoot,
        out: this.flags.out,
        signal: this.signal,
        base,
        packages: { from: null, cache },
        modelDirectory: this.flags.model ?? null,
      });
      const different = known === null || base.kind !== 'locked' ? [] : differingLayers(known, image.layers);
      if (different.length > 0)
        throw new CleanroomError(
          'RELEASE_NOT_REPRODUCED',
          `the room of ${version} was built, and these layers are not those of the table: ${different.join(', ')}`,
        );
      if (known === null)
        this.warn(`the table of releases does not name ${version}: there is nothing to compare with`);
      return { result: image, text: `${image.manifestDigest}  ${image.path}` };
    });
  }

  private async base(): Promise<ImageBase> {
    const { base, sidecar, 'local-only': localOnly } = this.flags;
    if (base !== undefined) return { kind: 'archive', path: base };
    if (localOnly || sidecar) return { kind: 'none' };
    const { lockedBase } = await import('../../lib/cli/room-base.js');
    return { kind: 'locked', source: await lockedBase(this.config.cacheDir, this.flags) };
  }
}

/* What a room would refuse is said before an image is built around it. */
async function requireLoadable(model: string): Promise<void> {
  const { describeSafeModel } = await import('../../lib/summarizer/model-facts.js');
  await describeSafeModel(model);
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { modelFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import type { BuiltImage } from '../../lib/images/build/build-image.js';

export default class ImageBuild extends BaseCommand<typeof ImageBuild, BuiltImage> {
  static override summary =
    'Pack the summarizer and a model into an OCI archive, reproducibly and without Docker.';
  static override description =
    'The same inputs give the same bytes. Without --base the image has no Node.js of its own and runs in the local room only.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model t5-demo --out summarizer.tar',
    '<%= config.bin %> <%= command.id %> --model ./flan-t5-small --base node-20.tar --out summarizer.tar --json',
  ];
  static override flags = {
    model: modelFlag({ description: 'model directory to pack, or a model that comes along; none if absent' }),
    base: Flags.string({ description: 'OCI archive of a base image with Node.js', helpValue: 'ARCHIVE' }),
    sidecar: Flags.boolean({
      description: "pack the emulator's stand-in for the key-release sidecar instead",
      exclusive: ['model'],
    }),
    out: Flags.string({ char: 'o', description: 'archive to write', helpValue: 'FILE', required: true }),
  };

  protected async execute(): Promise<Outcome<BuiltImage>> {
    const { packSidecar, packSummarizer } = await import('../../lib/images/pack/pack-program.js');
    const { model, base, sidecar, out } = this.flags;
    const { signal } = this;
    const options = { packageRoot: this.config.root, out, signal, ...(base === undefined ? {} : { base }) };
    const progress = await this.progress();
    progress.phase('Packing the image');
    const image = sidecar
      ? await packSidecar(options)
      : await packSummarizer({ ...options, modelDirectory: model ?? null });
    if (base === undefined)
      this.warn('no --base was given: the image is labelled for the local room, and Azure cannot run it');
    return { result: image, text: `${image.manifestDigest}  ${image.path}` };
  }
}

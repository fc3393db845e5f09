import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { cacheFlag, platformFlag } from '../../lib/cli/flags.js';
import { Args } from '../../lib/cli/oclif.js';
import type { ImageReport } from '../../lib/images/report.js';

export default class ImageInspect extends BaseCommand<typeof ImageInspect, ImageReport> {
  static override summary =
    'Show the config and layers of an image archive, with diff ids, sizes and root hashes.';
  static override description =
    'Reads docker save archives (old and new) and OCI layouts (tar or directory), and checks every digest.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> summarizer.tar',
    '<%= config.bin %> <%= command.id %> layout-directory --json',
  ];
  static override args = {
    archive: Args.string({ description: 'archive or OCI layout directory', required: true }),
  };
  static override flags = { ...cacheFlag, ...platformFlag };

  protected async execute(): Promise<Outcome<ImageReport>> {
    const { openImageArchive } = await import('../../lib/images/archive/image-archive.js');
    const { measureImage } = await import('../../lib/images/measure.js');
    const { renderImageReport, reportImage } = await import('../../lib/images/report.js');
    const { layerCacheOf } = await import('../../lib/parties/layer-cache.js');
    const { parsePlatform } = await import('../../lib/images/archive/platform.js');
    const progress = await this.progress();
    progress.phase('Hashing layers');
    const archive = await openImageArchive(this.args.archive, {
      platform: parsePlatform(this.flags.platform),
    });
    try {
      for (const remark of archive.remarks) this.warn(remark);
      const { readModelLayer } = await import('../../lib/images/model-layer.js');
      await readModelLayer(archive);
      const cache = layerCacheOf(this.config.cacheDir, this.flags.cache);
      const image = await measureImage(archive, {
        reference: archive.names[0] ?? archive.path,
        progress,
        ...(cache === undefined ? {} : { cache }),
      });
      const report = reportImage(archive, image);
      return { result: report, text: renderImageReport(report) };
    } finally {
      await archive.close();
    }
  }
}

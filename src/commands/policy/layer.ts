import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { cacheFlag } from '../../lib/cli/flags.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface LayerResult {
  /** dm-verity root hash: 64 hex digits. */
  readonly rootHash: string;
  /** SHA-256 of the uncompressed tar. */
  readonly diffId: string;
  /** Size of the ext4 image that the root hash covers. */
  readonly bytes: number;
  /** Size of the uncompressed tar. */
  readonly tarBytes: number;
}

export default class PolicyLayer extends BaseCommand<typeof PolicyLayer, LayerResult> {
  static override summary = 'Compute the dm-verity root hash of an image layer for a policy.';
  static override description =
    'Reads the tar once and writes no image. gzip and zstd are recognized by content.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> layer.tar',
    'zcat layer.tar.gz | <%= config.bin %> <%= command.id %> - --ext4 layer.ext4 --json',
  ];
  static override args = {
    layer: Args.string({ description: 'layer (.tar, .tar.gz or .tar.zst); - for stdin', required: true }),
  };
  static override flags = {
    ...cacheFlag,
    ext4: Flags.string({ description: 'also write the ext4 image', helpValue: 'FILE' }),
  };

  protected async execute(): Promise<Outcome<LayerResult>> {
    const { hashLayerFile, hashLayerStream } = await import('../../lib/images/layer-file.js');
    const { layerCacheOf } = await import('../../lib/parties/layer-cache.js');
    const cache = layerCacheOf(this.config.cacheDir, this.flags.cache);
    const options = {
      ...(cache === undefined ? {} : { cache }),
      ...(this.flags.ext4 === undefined ? {} : { ext4Path: this.flags.ext4 }),
    };
    const { rootHash, diffId, bytes, ext4Bytes } =
      this.args.layer === '-'
        ? await hashLayerStream(process.stdin, 'stdin', options)
        : await hashLayerFile(this.args.layer, options);
    return { result: { rootHash, diffId, bytes: ext4Bytes, tarBytes: bytes }, text: rootHash };
  }
}

// Tars and image archives for tests, written with tar-stream: not with the code under test.

import { createHash } from 'node:crypto';

import { type Header, pack } from 'tar-stream';

export interface TarEntrySpec {
  readonly name: string;
  readonly data?: string | Uint8Array;
  readonly type?: Header['type'];
  readonly linkname?: string;
  readonly mode?: number;
}

/** A tar of `entries` in that order. */
export async function tarOf(entries: readonly TarEntrySpec[]): Promise<Buffer> {
  const tar = pack();
  for (const { data, ...header } of entries) {
    const entry = { mtime: new Date(0), ...header };
    if (data === undefined) tar.entry({ ...entry, size: 0 });
    else tar.entry(entry, Buffer.from(data as string));
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface TestImage {
  readonly config: Buffer;
  /** Uncompressed. */
  readonly layers: readonly Buffer[];
}

/** A config over `layers` and the layers. */
export function testImage(layers: readonly Buffer[], architecture = 'amd64'): TestImage {
  const config = {
    architecture,
    os: 'linux',
    config: { Entrypoint: ['/bin/app'], Env: ['A=1'], User: '1000' },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${digestOf(layer)}`) },
  };
  return { config: Buffer.from(JSON.stringify(config)), layers };
}

/** Members of an OCI layout, by name; `store` compresses layers. */
export function ociMembers(
  images: readonly { readonly image: TestImage; readonly platform?: string }[],
  store: (layer: Buffer) => Buffer = (layer) => layer,
): Map<string, Buffer> {
  const members = new Map<string, Buffer>([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]);
  const put = (bytes: Buffer): { digest: string; size: number } => {
    members.set(`blobs/sha256/${digestOf(bytes)}`, bytes);
    return { digest: `sha256:${digestOf(bytes)}`, size: bytes.length };
  };
  const manifests = images.map(({ image, platform }) => {
    const manifest = {
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...put(image.config) },
      layers: image.layers.map((layer) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        ...put(store(layer)),
      })),
    };
    const [os = '', architecture = ''] = (platform ?? '').split('/');
    return {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...put(Buffer.from(JSON.stringify(manifest))),
      ...(platform === undefined ? {} : { platform: { os, architecture } }),
    };
  });
  members.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
  return members;
}

/** A tar of members. */
export function tarOfMembers(members: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  return tarOf([...members].map(([name, data]) => ({ name, data })));
}

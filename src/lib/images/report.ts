// What `image inspect` says of an image.

import type { ImageArchive } from './archive/image-archive.js';
import type { ImageConfig, MeasuredImage } from '../cce-policy/measured-image.js';

export interface ReportedLayer {
  readonly diffId: string;
  readonly rootHash: string;
  /** Size of the uncompressed tar. */
  readonly bytes: number;
  /** Size as the archive stores it. */
  readonly storedBytes: number;
}

export interface ImageReport {
  readonly form: 'docker' | 'oci';
  /** `sha256:…`, or null in a docker archive. */
  readonly manifestDigest: string | null;
  readonly configDigest: string;
  readonly names: readonly string[];
  readonly platform: string;
  readonly config: ImageConfig;
  readonly layers: readonly ReportedLayer[];
  /** Whether the image may run in the local room only. */
  readonly localOnly: boolean;
}

/** Puts an archive and its measurement together. */
export function reportImage(archive: ImageArchive, image: MeasuredImage): ImageReport {
  return {
    form: archive.form,
    manifestDigest: archive.manifestDigest,
    configDigest: archive.configDigest,
    names: archive.names,
    platform: `${archive.config.os}/${archive.config.architecture}`,
    config: archive.config,
    layers: image.layers.map(({ diffId, rootHash, bytes }, index) => ({
      diffId,
      rootHash,
      bytes,
      storedBytes: archive.layers[index]?.storedBytes ?? 0,
    })),
    localOnly: isLocalOnly(archive.config),
  };
}

/** For people. */
export function renderImageReport(report: ImageReport): string {
  const { config } = report;
  const command = [...(config.entrypoint ?? []), ...(config.cmd ?? [])];
  return [
    `${report.manifestDigest ?? report.configDigest}  ${report.platform}, ${report.form}${report.localOnly ? ', for the local room only' : ''}`,
    ...report.names.map((name) => `  name     ${name}`),
    `  command  ${command.length === 0 ? 'none' : JSON.stringify(command)}`,
    `  user     ${config.user === '' ? 'root' : config.user}`,
    ...config.env.map((variable) => `  env      ${variable}`),
    ...Object.entries(config.labels).map(([name, value]) => `  label    ${name}: ${value}`),
    ...report.layers.flatMap(({ diffId, rootHash, bytes }, index) => [
      `  layer ${index + 1}  root hash ${rootHash}`,
      `           diff id   ${diffId}  ${bytes} bytes`,
    ]),
  ].join('\n');
}

/** Whether an image says of itself that it has no base, and so no Node.js of its own. */
export function isLocalOnly(config: ImageConfig): boolean {
  return config.labels[LOCAL_ONLY_LABEL.name] === LOCAL_ONLY_LABEL.value;
}

/** Marks an image without a base. `deploy` to Azure refuses it. */
export const LOCAL_ONLY_LABEL = { name: 'dev.cleanroom.room', value: 'local-only' } as const;

// A contract of Contoso (host) and Fabrikam (data owner), and images for its room, for tests that need no real ones.

import { parseContract, type ParsedContract } from '../../src/lib/contract/parse.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import type { ImageConfig, MeasuredImage } from '../../src/lib/cce-policy/measured-image.js';
import { exampleContract } from './contract.js';

/* The generator of P-256: a point that everybody knows. */
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
  y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
};

export const SUMMARIZER_REFERENCE = `contoso.azurecr.io/cleanroom/summarizer@sha256:${'1'.repeat(64)}`;
export const SIDECAR_REFERENCE = `mcr.microsoft.com/aci/skr@sha256:${'2'.repeat(64)}`;

/** The contract as a plain value, to be changed and serialised. */
export function contractValue(): Record<string, unknown> & { room: Record<string, unknown> } {
  const { room, parties, ...rest } = exampleContract();
  const images = { summarizer: SUMMARIZER_REFERENCE, skr: SIDECAR_REFERENCE };
  return {
    ...rest,
    parties: parties.map(({ resultKey, ...party }) => ({
      ...party,
      contractKey: KEY,
      ...(resultKey === undefined ? {} : { resultKey: KEY }),
    })),
    room: {
      ...room,
      containers: room.containers.map((container) => ({
        ...container,
        image: images[container.name as keyof typeof images],
      })),
    },
  };
}

export function parsedContract(value: unknown = contractValue()): ParsedContract {
  return parseContract(JSON.stringify(value));
}

export function imageConfig(changes: Partial<ImageConfig> = {}): ImageConfig {
  return {
    architecture: 'amd64',
    os: 'linux',
    entrypoint: ['node', '/app/lib/room/main.js'],
    cmd: null,
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    workingDir: '',
    user: '',
    stopSignal: null,
    labels: {},
    ...changes,
  };
}

/** An image of which the layers are named by `layerSeeds`. */
export function measuredImage(
  reference: string,
  layerSeeds: readonly string[],
  config: Partial<ImageConfig> = {},
): MeasuredImage {
  return {
    reference,
    layers: layerSeeds.map((seed) => ({
      diffId: sha256Hex(`diff ${seed}`),
      rootHash: sha256Hex(`root ${seed}`),
      bytes: 1024,
    })),
    config: imageConfig(config),
  };
}

/** Measured images of the contract's two containers. */
export function roomImages(): ReadonlyMap<string, MeasuredImage> {
  return new Map([
    ['summarizer', measuredImage(SUMMARIZER_REFERENCE, ['base', 'summarizer'])],
    ['skr', measuredImage(SIDECAR_REFERENCE, ['skr'], { entrypoint: ['/bin/skr'] })],
  ]);
}

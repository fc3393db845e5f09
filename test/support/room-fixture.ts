// A contract of Contoso (host) and Fabrikam (data owner), and images for its room, for tests that need no real ones.

import { createECDH } from 'node:crypto';

import { parseContract, type ParsedContract } from '../../src/lib/contract/parse.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import type { ImageConfig, MeasuredImage } from '../../src/lib/cce-policy/measured-image.js';
import { exampleContract } from './contract.js';

/* Multiples of the generator of P-256: points that everybody knows, each its own. */
function knownKey(multiple: number): { kty: 'EC'; crv: 'P-256'; x: string; y: string } {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(Buffer.from(multiple.toString(16).padStart(64, '0'), 'hex'));
  const point = curve.getPublicKey();
  const coordinate = (from: number): string => point.subarray(from, from + 32).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
}

export const SUMMARIZER_REFERENCE = `contoso.azurecr.io/cleanroom/summarizer@sha256:${'1'.repeat(64)}`;
export const SIDECAR_REFERENCE = `mcr.microsoft.com/aci/skr@sha256:${'2'.repeat(64)}`;

/** The contract as a plain value, to be changed and serialised. */
export function contractValue(): Record<string, unknown> & { room: Record<string, unknown> } {
  const { room, parties, ...rest } = exampleContract();
  const images = { summarizer: SUMMARIZER_REFERENCE, skr: SIDECAR_REFERENCE };
  return {
    ...rest,
    parties: parties.map(({ resultKey, ...party }, index) => ({
      ...party,
      contractKey: knownKey(2 * index + 1),
      ...(resultKey === undefined ? {} : { resultKey: knownKey(2 * index + 2) }),
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

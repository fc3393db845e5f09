// What a contract's policy should say of its summarizer and its sidecar, for each program that is known: generated here, by the
// same code that writes policies.

import type { Sha256Hex } from '../../base/bytes/digest.js';
import type { ParsedContract } from '../../contract/parse.js';
import type { KnownConfig } from '../../contract/published/releases.js';
import type { ImageConfig, MeasuredImage } from '../measured-image.js';
import { contractPolicyContent } from '../generate/contract-policy.js';
import type { TextProfileName } from '../text/text-profile.js';
import type { Ground, KnownStatus, ProgramCandidate } from './compare-program.js';

/** Layers that are known under a name, with what the image's configuration says. */
export interface KnownProgram {
  readonly release: string;
  readonly ground: Ground;
  readonly status: KnownStatus;
  /** dm-verity root hashes, lowest first, without a model's. */
  readonly layers: readonly string[];
  readonly config: KnownConfig;
}

export interface CandidateInput {
  readonly parsed: ParsedContract;
  /** As contractPolicyContent. */
  readonly tlsRoots: string | null;
  readonly profile: TextProfileName;
  /** Root hash of the model's layer, which lies lowest; null for a room without a baked-in model. */
  readonly modelLayer: string | null;
  readonly summarizers: readonly KnownProgram[];
  readonly sidecars: readonly KnownProgram[];
}

const SUMMARIZER = 'summarizer';
const SIDECAR = 'skr';

/**
 * A candidate for each known program: its whole rule under this contract.
 *
 * @throws CleanroomError as contractPolicyContent, for a contract that has no such containers
 */
export function programCandidates(input: CandidateInput): readonly ProgramCandidate[] {
  return [
    ...input.summarizers.map((known) => candidate(input, known, 'summarizer', SUMMARIZER)),
    ...input.sidecars.map((known) => candidate(input, known, 'sidecar', SIDECAR)),
  ];
}

function candidate(
  { parsed, tlsRoots, profile, modelLayer }: CandidateInput,
  { release, ground, status, config, layers }: KnownProgram,
  role: ProgramCandidate['role'],
  name: string,
): ProgramCandidate {
  const below = modelLayer === null ? [] : [modelLayer];
  // Only the rule of `name` is taken; the others have to be there for the content to be made.
  const containers = parsed.contract.room.containers;
  const images = new Map(
    containers.map(({ name: container, image }) => {
      const own = container === SUMMARIZER ? [...below, ...layers] : layers;
      return [container, measured(image, own, config)] as const;
    }),
  );
  const content = contractPolicyContent({ parsed, tlsRoots, images, profile });
  const rule = content.containers[containers.findIndex((container) => container.name === name)];
  if (rule === undefined) throw new Error(`the contract has no container ${name}`);
  return { role, release, ground, status, rule };
}

function measured(reference: string, rootHashes: readonly string[], config: KnownConfig): MeasuredImage {
  return {
    reference,
    layers: rootHashes.map((hash) => {
      const rootHash = hash as Sha256Hex;
      return { diffId: rootHash, rootHash, bytes: 0 };
    }),
    config: imageConfig(config),
  };
}

function imageConfig({ entrypoint, env, user, workingDir }: KnownConfig): ImageConfig {
  return {
    architecture: 'amd64',
    os: 'linux',
    entrypoint,
    cmd: null,
    env,
    workingDir,
    user,
    stopSignal: null,
    labels: {},
  };
}

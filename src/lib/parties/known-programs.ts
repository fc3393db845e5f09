// Whose code a policy admits, by what this installation knows: its own program, measured here, and its table of releases.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import {
  compareProgram,
  isWhollyKnown,
  type ProgramCandidate,
  type ProgramComparison,
} from '../cce-policy/program/compare-program.js';
import { type KnownProgram, programCandidates } from '../cce-policy/program/program-candidates.js';
import type { PolicyModel } from '../cce-policy/read/policy-model.js';
import { parsePolicyOnce } from '../cce-policy/read/policy-cache.js';
import { TEXT_PROFILES } from '../cce-policy/text/text-profile.js';
import type { ParsedContract } from '../contract/check.js';
import { TLS_ROOTS_VARIABLE } from '../contract/room-plan.js';
import type { ProgramOpinion } from '../evidence/verification-plan.js';
import type { BaseSource } from '../images/base/base-layers.js';
import { openPartCache } from '../images/base/part-cache.js';
import { openLayerCache } from '../images/layer-cache.js';
import type { ImageBase, ProgramName } from '../images/pack/pack-program.js';
import { measureOwnProgram } from '../images/pack/own-program.js';
import { readReleaseTable } from '../images/pack/release-package.js';

/* Three up in src/lib/parties and in dist/lib/parties alike. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export type JudgeProgram = (policy: string) => ProgramOpinion;

/**
 * A judge of the programs of policies under a contract. A contract of a local Azure may run this installation's program
 * without a base, and its stand-in for the sidecar; every other needs the whole image, which is built from the lock's cache.
 */
export async function programJudge(parsed: ParsedContract): Promise<JudgeProgram> {
  const known = await knownPrograms(parsed).catch((cause: unknown) => {
    if (cause instanceof CleanroomError) return cause;
    throw cause;
  });
  if (known instanceof CleanroomError) {
    const text = `this installation's own room cannot be built to compare with: ${known.message}`;
    return () => ({ kind: 'unknown', text });
  }
  return (policy) => judge(parsePolicyOnce(policy), parsed, known);
}

interface KnownPrograms {
  readonly summarizers: readonly KnownProgram[];
  readonly sidecars: readonly KnownProgram[];
}

async function knownPrograms({ contract }: ParsedContract): Promise<KnownPrograms> {
  const releases = await readReleaseTable(PACKAGE_ROOT);
  const cacheDirectory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cleanroom');
  const cache = openLayerCache(join(cacheDirectory, 'layers'));
  const own = async (program: ProgramName, base: ImageBase): Promise<KnownProgram> => {
    const { release, layers, config } = await measureOwnProgram({
      packageRoot: PACKAGE_ROOT,
      program,
      base,
      releases,
      cache,
    });
    return {
      release,
      ground: 'rebuilt',
      status: 'current',
      layers: layers.map(({ rootHash }) => rootHash),
      config,
    };
  };
  const table = releases.releases.map(({ version, status, layers, config }) => ({
    release: version,
    ground: 'table' as const,
    status,
    layers: layers.map(({ rootHash }) => rootHash),
    config,
  }));
  if (contract.trust !== undefined) {
    const none = { kind: 'none' } as const;
    return {
      summarizers: [await own('summarizer', none), ...(await withBase(own, cacheDirectory)), ...table],
      sidecars: [await own('sidecar', none)],
    };
  }
  return { summarizers: [await own('summarizer', lockedBase(cacheDirectory)), ...table], sidecars: [] };
}

/* A room of the local Azure may have its base; where that cannot be had, the room cannot either. */
async function withBase(
  own: (program: ProgramName, base: ImageBase) => Promise<KnownProgram>,
  cacheDirectory: string,
): Promise<readonly KnownProgram[]> {
  try {
    return [await own('summarizer', lockedBase(cacheDirectory))];
  } catch (cause) {
    if (cause instanceof CleanroomError) return [];
    throw cause;
  }
}

function lockedBase(cacheDirectory: string): ImageBase {
  return { kind: 'locked', source: cachedBase(cacheDirectory) };
}

/* Judging never fetches: what is not in the cache is not there. */
function cachedBase(cacheDirectory: string): BaseSource {
  const cache = openPartCache(join(cacheDirectory, 'room-parts'));
  return {
    debian: { mirror: '', snapshot: null },
    cache: {
      get: (digest, what) =>
        cache.get(digest, what, () =>
          Promise.reject(
            new CleanroomError('IMAGE_BASE_UNREACHABLE', `${what} is not in the cache`, {
              hint: 'Build the room once, while the network is there: cleanroom image build --out room.oci.tar',
            }),
          ),
        ),
    },
  };
}

function judge(policy: PolicyModel, parsed: ParsedContract, known: KnownPrograms): ProgramOpinion {
  const tlsRoots = tlsRootsOf(policy, parsed);
  const modelLayer =
    'layer' in parsed.contract.model ? parsed.contract.model.layer.slice('sha256:'.length) : null;
  const candidates = TEXT_PROFILES.flatMap((profile): readonly ProgramCandidate[] =>
    programCandidates({ parsed, tlsRoots, profile, modelLayer, ...known }),
  );
  const comparison = compareProgram(policy, candidates);
  if (isWhollyKnown(comparison)) return { kind: 'known', text: describeKnown(comparison) };
  const unknownSidecar =
    known.sidecars.length === 0 &&
    comparison.containers.every(({ role, outcome }) => outcome === 'same' || role === 'unknown');
  const text = describeProblem(comparison);
  return unknownSidecar ? { kind: 'unknown', text } : { kind: 'different', text };
}

/* As the policy has them, believed only where they are those that the contract pins. */
function tlsRootsOf(policy: PolicyModel, { contract }: ParsedContract): string | null {
  const pinned = contract.trust?.emulated.tlsRoots;
  if (pinned === undefined || policy.form === 'unknown') return null;
  const prefix = `${TLS_ROOTS_VARIABLE}=`;
  for (const { env_rules } of policy.containers)
    for (const { pattern, strategy } of env_rules) {
      if (strategy !== 'string' || !pattern.startsWith(prefix)) continue;
      const text = decodeUtf8(fromBase64Url(pattern.slice(prefix.length)) ?? new Uint8Array());
      if (text !== null && `sha256:${sha256Hex(text)}` === pinned) return text;
    }
  return null;
}

function describeKnown({ containers, fragments }: ProgramComparison): string {
  const programs = containers.map(({ role, release, ground }) =>
    release === null
      ? role
      : `${role} ${release} (${ground === 'rebuilt' ? 'rebuilt here' : (ground ?? '')})`,
  );
  const brought = fragments.map(
    ({ minimumSvn }) => `what Microsoft's infrastructure fragment, SVN ${minimumSvn} or later, brings`,
  );
  return [...programs, ...brought].join(', ');
}

function describeProblem({ containers, missing, fragments, beside }: ProgramComparison): string {
  const different = containers.filter(({ outcome }) => outcome === 'differs');
  return [
    ...different.map(
      ({ container, differences }) => `${container}: ${differences[0]?.message ?? 'not known'}`,
    ),
    ...missing.map((role) => `no container is the ${role}`),
    ...fragments.filter(({ isInfrastructure }) => !isInfrastructure).map(({ feed }) => `imports ${feed}`),
    ...beside,
  ].join('; ');
}

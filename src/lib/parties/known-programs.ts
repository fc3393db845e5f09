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
  type Ground,
  isWhollyKnown,
  type ProgramCandidate,
  type ProgramComparison,
} from '../cce-policy/program/compare-program.js';
import { type KnownProgram, programCandidates } from '../cce-policy/program/program-candidates.js';
import type { MeasuredImage } from '../cce-policy/measured-image.js';
import type { PolicyModel } from '../cce-policy/read/policy-model.js';
import { parsePolicyOnce } from '../cce-policy/read/policy-cache.js';
import { TEXT_PROFILES } from '../cce-policy/text/text-profile.js';
import type { ParsedContract } from '../contract/check.js';
import type { KnownConfig, ReleaseTable } from '../contract/published/releases.js';
import { TLS_ROOTS_VARIABLE } from '../contract/room-plan.js';
import type { ProgramOpinion } from '../evidence/verification-plan.js';
import type { BaseSource } from '../images/base/base-layers.js';
import { openPartCache } from '../images/base/part-cache.js';
import { openLayerCache } from '../images/layer-cache.js';
import { type ImageBase, imageConfigOf, type ProgramName } from '../images/pack/pack-program.js';
import { measureOwnProgram, type OwnProgram } from '../images/pack/own-program.js';
import { readReleaseTable } from '../images/pack/release-package.js';

/* Three up in src/lib/parties and in dist/lib/parties alike. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export type JudgeProgram = (policy: string) => ProgramOpinion;

/** What a verifier knows besides this installation. */
export interface OwnKnowledge {
  /** `--trust-program`: digests (`sha256:…`) of layers, or of images, that the verifier knows. */
  readonly trusted?: readonly string[];
  /** Images that were measured here, by container: their manifests are those of the contract's references. */
  readonly images?: ReadonlyMap<string, MeasuredImage>;
}

/**
 * A judge of the programs of policies under a contract. A contract of a local Azure may run this installation's program
 * without a base, and its stand-in for the sidecar; every other needs the whole image, which is built from the lock's cache,
 * and Microsoft's sidecar by the table of digests, its layers measured here.
 */
export async function programJudge(
  parsed: ParsedContract,
  knowledge: OwnKnowledge = {},
): Promise<JudgeProgram> {
  const unnamed = namedByNobody(parsed, knowledge);
  if (unnamed !== null) return () => ({ kind: 'unknown', text: unnamed });
  const known = await knownPrograms(parsed, knowledge).catch((cause: unknown) => {
    if (cause instanceof CleanroomError) return cause;
    throw cause;
  });
  if (known instanceof CleanroomError) {
    const text = `this installation's own room cannot be built to compare with: ${known.message}`;
    return () => ({ kind: 'unknown', text });
  }
  return (policy) => judge(parsePolicyOnce(policy), parsed, known);
}

/* A contract that names layers is anybody's word: each verifier has to know the same layers by another way. */
function namedByNobody(
  { contract: { room } }: ParsedContract,
  { trusted = [] }: OwnKnowledge,
): string | null {
  if ('release' in room.program) return null;
  const { layers } = room.program;
  const unknown = layers.filter((layer) => !trusted.includes(layer));
  if (unknown.length === 0) return null;
  return `the contract names its program by layers alone, which you have to know yourself: ${unknown.map((layer) => `--trust-program ${layer}`).join(' ')}`;
}

interface KnownPrograms {
  readonly summarizers: readonly KnownProgram[];
  readonly sidecars: readonly KnownProgram[];
}

async function knownPrograms(parsed: ParsedContract, knowledge: OwnKnowledge): Promise<KnownPrograms> {
  const { contract } = parsed;
  const releases = await readReleaseTable(PACKAGE_ROOT);
  const cacheDirectory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cleanroom');
  const cache = openLayerCache(join(cacheDirectory, 'layers'));
  const own: MeasureOwn = async (program, base) => {
    const options = { packageRoot: PACKAGE_ROOT, program, base, releases, cache };
    const { release, layers, config } = await once(`${program} ${base.kind} ${cacheDirectory}`, () =>
      measureOwnProgram(options),
    );
    return {
      release,
      ground: 'rebuilt',
      status: 'current',
      layers: layers.map(({ rootHash }) => rootHash),
      config,
    };
  };
  const none = { kind: 'none' } as const;
  const emulated = contract.trust !== undefined;
  const sidecars = [
    ...(emulated ? [await own('sidecar', none)] : []),
    ...knownSidecars(contract.room.containers, releases, knowledge),
  ];
  if ('layers' in contract.room.program)
    return { summarizers: namedPrograms(contract.room.program.layers, knowledge), sidecars };
  const table = releases.releases.map(({ version, status, layers, config }) => ({
    release: version,
    ground: 'table' as const,
    status,
    layers: layers.map(({ rootHash }) => rootHash),
    config,
  }));
  const built = emulated
    ? await builtLocally(own, cacheDirectory, parsed, knowledge)
    : [await own('summarizer', lockedBase(cacheDirectory))];
  return { summarizers: [...built, ...table], sidecars };
}

const measuredOnce = new Map<string, Promise<OwnProgram>>();

/* An installation does not change while it runs: a command that asks twice measures once. */
function once(key: string, measure: () => Promise<OwnProgram>): Promise<OwnProgram> {
  const known = measuredOnce.get(key) ?? measure();
  measuredOnce.set(key, known);
  void known.catch(() => measuredOnce.delete(key));
  return known;
}

/* The layers that the verifier named; their start as this toolkit has it or, of an image that she named whole, as the image. */
function namedPrograms(
  layers: readonly string[],
  { trusted = [], images }: OwnKnowledge,
): readonly KnownProgram[] {
  const image = images?.get('summarizer');
  const configs = [
    imageConfigOf('summarizer'),
    ...(image !== undefined && trusted.includes(digestOf(image.reference)) ? [configOf(image)] : []),
  ];
  return configs.map((config) => ({
    release: 'by its layers',
    ground: 'named',
    status: 'current',
    layers: layers.map((layer) => layer.slice('sha256:'.length)),
    config,
  }));
}

/* No digest of an image that was not read says anything: the layers are those that were measured here. */
function knownSidecars(
  containers: ParsedContract['contract']['room']['containers'],
  { sidecars }: ReleaseTable,
  { trusted = [], images }: OwnKnowledge,
): readonly KnownProgram[] {
  const reference = containers.find(({ name }) => name === 'skr')?.image;
  const image = images?.get('skr');
  if (reference === undefined || image === undefined || image.reference !== reference) return [];
  const digest = digestOf(reference);
  const listed = sidecars.find((sidecar) => sidecar.digest === digest);
  if (listed === undefined && !trusted.includes(digest)) return [];
  return [
    {
      release: digest,
      ground: listed === undefined ? 'named' : 'table',
      status: listed?.status ?? 'current',
      layers: image.layers.map(({ rootHash }) => rootHash),
      config: configOf(image),
    },
  ];
}

function configOf({ config }: MeasuredImage): KnownConfig {
  const { entrypoint, cmd, env, user, workingDir } = config;
  return { entrypoint: [...(entrypoint ?? []), ...(cmd ?? [])], env: [...env], user, workingDir };
}

function digestOf(reference: string): string {
  return reference.slice(reference.indexOf('@') + 1);
}

type MeasureOwn = (program: ProgramName, base: ImageBase) => Promise<KnownProgram>;

/*
 * A room of the local Azure may have its base; where that cannot be had, the room cannot either. An image that was measured
 * and is the program without a base needs no comparison with one that has it: a base is slow to build again.
 */
async function builtLocally(
  own: MeasureOwn,
  cacheDirectory: string,
  { contract }: ParsedContract,
  { images }: OwnKnowledge,
): Promise<readonly KnownProgram[]> {
  const plain = await own('summarizer', { kind: 'none' });
  const model = 'layer' in contract.model ? [contract.model.layer.slice('sha256:'.length)] : [];
  const measured = images
    ?.get('summarizer')
    ?.layers.map(({ rootHash }) => rootHash)
    .join();
  if (measured === [...model, ...plain.layers].join()) return [plain];
  try {
    return [plain, await own('summarizer', lockedBase(cacheDirectory))];
  } catch (cause) {
    if (cause instanceof CleanroomError) return [plain];
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
      directory: cache.directory,
      get: (digest, what) =>
        cache.get(digest, what, () =>
          Promise.reject(
            new CleanroomError('IMAGE_BASE_UNREACHABLE', `${what} is not in the cache`, {
              hint: 'Build the room once while the network is reachable: cleanroom image build --out room.oci.tar',
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
  if (isWhollyKnown(comparison)) {
    const other = otherRelease(comparison, parsed);
    return other === null
      ? { kind: 'known', text: describeKnown(comparison) }
      : { kind: 'different', text: other };
  }
  const unknownSidecar =
    known.sidecars.length === 0 &&
    comparison.containers.every(({ role, outcome }) => outcome === 'same' || role === 'unknown');
  const text = describeProblem(comparison);
  return unknownSidecar ? { kind: 'unknown', text } : { kind: 'different', text };
}

/* A checkout calls itself VERSION+ROOT; it is the release that its version says, and no other. */
function otherRelease({ containers }: ProgramComparison, { contract }: ParsedContract): string | null {
  const { program } = contract.room;
  const found = containers.find(({ role }) => role === 'summarizer')?.release ?? '';
  if ('layers' in program || found === program.release || found.split('+')[0] === program.release)
    return null;
  return `the contract names the release ${program.release}, and the policy admits the summarizer ${found}`;
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

const GROUND_TEXT: Readonly<Record<Ground, string>> = {
  rebuilt: 'rebuilt here',
  table: 'by the table of this installation',
  named: 'the code that you named',
};

function describeKnown({ containers, fragments }: ProgramComparison): string {
  const programs = containers.map(({ role, release, ground }) =>
    release === null ? role : `${role} ${release} (${ground === null ? '' : GROUND_TEXT[ground]})`,
  );
  const brought = fragments.map(
    ({ minimumSvn }) => `and what Microsoft's infrastructure fragment (SVN ${minimumSvn} or later) adds`,
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

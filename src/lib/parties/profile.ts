// Profiles: how to reach and log in. What may be trusted is in the contract, never here (docs/design.md#image).

import { dirname, isAbsolute, join, resolve } from 'node:path';

import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';

import { CleanroomError, describeCause } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { Profile } from '../ports/profile.js';

export const CONFIG_FILE = 'cleanroom.config.yaml';

const Credential = v.variant('kind', [
  v.strictObject({ kind: v.literal('azure-cli') }),
  v.strictObject({ kind: v.literal('default') }),
  v.strictObject({ kind: v.literal('managed-identity'), clientId: v.optional(v.string()) }),
  /** The secret stands in a file of its own, readable by its owner only. */
  v.strictObject({ kind: v.literal('client-secret'), clientId: v.string(), secretFile: v.string() }),
]);

const ProfileSchema = v.strictObject({
  /** The party of the contract that acts under this profile. */
  party: v.string(),
  tenant: v.string(),
  /** Tenants besides it that the login is known in. */
  otherTenants: v.optional(v.array(v.string())),
  subscription: v.optional(v.string()),
  resourceGroup: v.optional(v.string()),
  /** Resource id of the user-assigned identity that rooms run under. */
  roomIdentity: v.optional(v.string()),
  credential: v.optional(Credential, { kind: 'default' }),
  /** The party's own services; `init` writes them into a contract. Vault as host[:port], the account as a URL. */
  vault: v.optional(v.string()),
  storageAccount: v.optional(v.string()),
  region: v.optional(v.string()),
  /** The cluster of rooms that are pods. */
  kubernetes: v.optional(
    v.strictObject({
      kubeconfig: v.optional(v.string()),
      context: v.optional(v.string()),
      namespace: v.optional(v.string()),
    }),
  ),
  /** Other than the public cloud's. */
  endpoints: v.optional(
    v.strictObject({
      authority: v.optional(v.string()),
      resourceManager: v.optional(v.string()),
      /** The attestation authority (MAA) that `init` writes into a contract. */
      attestation: v.optional(v.string()),
      /** Registry name in an image reference to its URL, where they differ. */
      registries: v.optional(v.record(v.string(), v.string())),
    }),
    {},
  ),
  /** PEM file of TLS roots to trust besides the system's. */
  tlsRoots: v.optional(v.string()),
  /** File of attestation anchors in the form of `verify --anchors`; given by the emulator only. */
  anchors: v.optional(v.string()),
  /** Key Vault challenge resource check; may be false for loopback endpoints only. */
  verifyChallengeResource: v.optional(v.boolean(), true),
});

const ConfigSchema = v.strictObject({
  /** The party that the directory belongs to: a profile of another one is refused. */
  party: v.optional(v.string()),
  default: v.optional(v.string()),
  profiles: v.optional(v.record(v.string(), ProfileSchema), {}),
});

export interface ProfileSearch {
  /** Name from --profile or CLEANROOM_PROFILE. */
  readonly name: string | undefined;
  readonly workingDirectory: string;
  /** State directory of the running emulator, or null; its profiles are in its own config file. */
  readonly emulatorDirectory: string | null;
  /** The party that acts, where that is known: its profile is taken before anybody's default. */
  readonly party?: string | undefined;
}

/**
 * Chooses a profile: the one named, else the default of cleanroom.config.yaml, else the acting party's, else the running
 * emulator's default.
 *
 * @throws CleanroomError PROFILE_UNKNOWN, PROFILE_INVALID, PROFILE_OF_ANOTHER_PARTY, NO_ENVIRONMENT
 */
export async function findProfile(search: ProfileSearch): Promise<Profile> {
  const configs = await readConfigs(search);
  const own = configs.find(({ path }) => dirname(path) === search.workingDirectory)?.config;
  requireOwnDirectory(search.party, own?.party);
  const party = search.party ?? own?.party;
  const wanted = search.name ?? own?.default;
  for (const { path, config } of configs) {
    const name = wanted ?? (party === undefined ? config.default : profileOf(party, config));
    const profile = name === undefined ? undefined : config.profiles[name];
    if (name !== undefined && profile !== undefined) {
      requireParty(name, profile.party, party);
      return resolvePaths({ ...profile, name, source: path });
    }
  }
  if (search.name !== undefined && configs.length > 0) {
    const known = configs.flatMap(({ config }) => Object.keys(config.profiles)).join(', ');
    throw new CleanroomError('PROFILE_UNKNOWN', `there is no profile ${search.name}; there are: ${known}`);
  }
  throw new CleanroomError(
    'NO_ENVIRONMENT',
    `no profile is chosen in ${CONFIG_FILE} and no local emulator is running`,
  );
}

function profileOf(party: string, { profiles }: Config): string | undefined {
  return Object.keys(profiles).find((name) => profiles[name]?.party === party);
}

/* Whoever acts has to be the party that works in this directory. */
function requireOwnDirectory(acting: string | undefined, party: string | undefined): void {
  if (acting === undefined || party === undefined || acting === party) return;
  throw new CleanroomError(
    'PROFILE_OF_ANOTHER_PARTY',
    `this directory belongs to ${party}, as ${CONFIG_FILE} says, and not to ${acting}`,
    { hint: `Run the command in a directory of ${acting}’s own.` },
  );
}

function requireParty(name: string, actual: string, party: string | undefined): void {
  if (party === undefined || actual === party) return;
  throw new CleanroomError(
    'PROFILE_OF_ANOTHER_PARTY',
    `the profile ${name} belongs to ${actual}, and this directory to ${party}`,
  );
}

/** What cleanroom.config.yaml of a directory says of the directory itself; null where there is none. */
export async function readDirectoryConfig(
  directory: string,
): Promise<{ readonly party: string | undefined } | null> {
  const found = await readConfig(join(directory, CONFIG_FILE));
  return found === null ? null : { party: found.config.party };
}

/** The names of the profiles in a directory's cleanroom.config.yaml; none where there is no such file. */
export async function profileNames(directory: string): Promise<readonly string[]> {
  return Object.keys((await readConfig(join(directory, CONFIG_FILE)))?.config.profiles ?? {});
}

type Config = v.InferOutput<typeof ConfigSchema>;

interface FoundConfig {
  readonly path: string;
  readonly config: Config;
}

async function readConfigs(search: ProfileSearch): Promise<readonly FoundConfig[]> {
  const directories = [
    search.workingDirectory,
    ...(search.emulatorDirectory === null ? [] : [search.emulatorDirectory]),
  ];
  const found: FoundConfig[] = [];
  for (const directory of directories) {
    const config = await readConfig(join(directory, CONFIG_FILE));
    if (config !== null) found.push(config);
  }
  return found;
}

async function readConfig(path: string): Promise<FoundConfig | null> {
  let text: string;
  try {
    text = await readTextBounded(path, 1024 * 1024);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  }
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (cause) {
    throw new CleanroomError('PROFILE_INVALID', `${path}: ${describeCause(cause)}`, { cause });
  }
  const outcome = v.safeParse(ConfigSchema, value);
  if (outcome.success) return { path, config: outcome.output };
  const issues = outcome.issues.map((issue) => `${v.getDotPath(issue) ?? 'file'}: ${issue.message}`);
  throw new CleanroomError('PROFILE_INVALID', `${path}: ${issues.join('; ')}`);
}

function resolvePaths(profile: Profile): Profile {
  const base = dirname(profile.source);
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(base, path));
  const { credential, kubernetes } = profile;
  return {
    ...profile,
    ...(kubernetes?.kubeconfig === undefined
      ? {}
      : { kubernetes: { ...kubernetes, kubeconfig: absolute(kubernetes.kubeconfig) } }),
    ...(profile.tlsRoots === undefined ? {} : { tlsRoots: absolute(profile.tlsRoots) }),
    ...(profile.anchors === undefined ? {} : { anchors: absolute(profile.anchors) }),
    credential:
      credential.kind === 'client-secret'
        ? { ...credential, secretFile: absolute(credential.secretFile) }
        : credential,
  };
}

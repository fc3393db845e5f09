// What verify-policy looks at, collected: images, files, keys and the room. What cannot be had is named with its reason.

import type { ParsedContract } from '../contract/check.js';
import { CleanroomError, describeCause } from '../errors.js';
import { readTextBounded } from '../files/read-bounded.js';
import type { Progress } from '../progress.js';
import type { ReadKey, ReadPolicy, ReadRoom, Unread, VerifyPolicyInput } from '../workflows/verify-policy.js';
import type { Environment } from './environment.js';
import { recomputeRoomPolicy } from './room-policy.js';

export interface PolicyEvidenceRequest {
  readonly parsed: ParsedContract;
  /** Null offline. */
  readonly environment: Environment | null;
  readonly images: readonly string[] | undefined;
  readonly policyFile: string | undefined;
  /** `DATASET=FILE` each. */
  readonly releasePolicies: readonly string[];
  readonly keyUrls: readonly string[];
  readonly room: string | undefined;
  /** Hex. */
  readonly hostData: string | undefined;
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const MAX_RELEASE_POLICY = 256 * 1024;
const NO_PROFILE = 'there is no profile to reach it with';

/** @throws CleanroomError for what was named and is wrong; what was not named is reported as unread. */
export async function collectPolicyEvidence(
  request: PolicyEvidenceRequest,
): Promise<Omit<VerifyPolicyInput, 'parsed'>> {
  return {
    recomputed: await recompute(request),
    file: await readFile(request.policyFile),
    keys: await readKeys(request),
    room: await readRoom(request),
    hostData: hostDataOf(request.hostData),
  };
}

/* An archive that was named and does not fit is an error; one that was not named leaves the check out. */
async function recompute(request: PolicyEvidenceRequest): Promise<ReadPolicy | Unread> {
  try {
    const { policy } = await recomputeRoomPolicy({ ...request, imageFlags: request.images });
    return { kind: 'read', text: policy.text };
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || cause.code !== 'IMAGE_ARCHIVE_MISSING') throw cause;
    return { kind: 'unread', reason: `${cause.message}. ${cause.hint}` };
  }
}

async function readFile(path: string | undefined): Promise<ReadPolicy | Unread> {
  if (path === undefined) return { kind: 'unread', reason: 'no policy file was given (--policy)' };
  const { readPolicySource } = await import('./policy-source.js');
  const { text } = await readPolicySource(
    { file: path, room: undefined, group: undefined },
    { profileName: undefined, dataDir: '' },
  );
  return { kind: 'read', text };
}

async function readKeys(request: PolicyEvidenceRequest): Promise<ReadonlyMap<string, ReadKey | Unread>> {
  const files = new Map(request.releasePolicies.map((flag) => splitFlag(flag, request.parsed)));
  const keys = new Map<string, ReadKey | Unread>();
  for (const dataset of request.parsed.contract.datasets) {
    const file = files.get(dataset.id);
    const url = request.keyUrls.find((candidate) =>
      candidate.startsWith(`https://${dataset.key.vault}/keys/${dataset.key.name}`),
    );
    keys.set(
      dataset.id,
      file === undefined
        ? await readVaultKey(request, dataset.key.vault, dataset.key.name, versionOf(url))
        : { kind: 'read', releasePolicy: await readTextBounded(file, MAX_RELEASE_POLICY), immutable: null },
    );
  }
  refuseOtherKeys(request);
  return keys;
}

function versionOf(url: string | undefined): string | null {
  return url?.split('/')[5] ?? null;
}

function refuseOtherKeys({ keyUrls, parsed }: PolicyEvidenceRequest): void {
  const known = parsed.contract.datasets.map(({ key }) => `https://${key.vault}/keys/${key.name}`);
  const other = keyUrls.find((url) => !known.some((key) => url === key || url.startsWith(`${key}/`)));
  if (other !== undefined) {
    throw new CleanroomError('USAGE', `${other} is not the key of a dataset; those are: ${known.join(', ')}`);
  }
}

function splitFlag(flag: string, { contract }: ParsedContract): [string, string] {
  const at = flag.indexOf('=');
  const [dataset, path] = [flag.slice(0, Math.max(at, 0)), flag.slice(at + 1)];
  if (at < 1 || path === '') throw new CleanroomError('USAGE', `${flag} is not of the form DATASET=FILE`);
  if (!contract.datasets.some(({ id }) => id === dataset)) {
    throw new CleanroomError('DATASET_UNKNOWN', `the contract has no dataset ${dataset}`);
  }
  return [dataset, path];
}

async function readVaultKey(
  { environment, keyUrls }: PolicyEvidenceRequest,
  host: string,
  name: string,
  version: string | null,
): Promise<ReadKey | Unread> {
  const what = `the release policy of ${name} in ${host}`;
  if (environment === null) {
    return { kind: 'unread', reason: `${what} was not read: ${NO_PROFILE} (--release-policy DATASET=FILE)` };
  }
  try {
    const { openKeyVault } = await import('../azure/key-vault.js');
    const vault = await openKeyVault(await environment.connect(), host);
    const key = await vault.get(name, version);
    if (key === null) return { kind: 'unread', reason: `${host} has no key ${name} yet` };
    return {
      kind: 'read',
      releasePolicy: key.releasePolicy?.text ?? null,
      immutable: key.releasePolicy?.immutable ?? false,
    };
  } catch (cause) {
    if (keyUrls.length > 0) throw cause;
    return { kind: 'unread', reason: `${what} could not be read: ${describeCause(cause)}` };
  }
}

async function readRoom({ environment, room: name }: PolicyEvidenceRequest): Promise<ReadRoom | Unread> {
  if (name === undefined) {
    return { kind: 'unread', reason: 'no room was named (--room)' };
  }
  if (environment === null) throw new CleanroomError('NO_ENVIRONMENT', `room ${name}: ${NO_PROFILE}`);
  const { findRoom, openRooms } = await import('./rooms.js');
  const room = await findRoom(await openRooms(environment), name);
  return { kind: 'read', name: room.name, ccePolicy: room.ccePolicy };
}

function hostDataOf(hex: string | undefined): string | Unread {
  if (hex === undefined) {
    return {
      kind: 'unread',
      reason:
        'no report of the room was given: take one with attest, check it with verify, and pass --host-data',
    };
  }
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new CleanroomError('USAGE', '--host-data is not 64 hex digits');
  return hex.toLowerCase();
}

// What verify-policy looks at, collected: images, files, keys and the room. What cannot be had is named with its reason.

import type { VerifiedFile } from '../evidence/verify-evidence-file.js';
import { toHex } from '../base/bytes/hex.js';
import { encodePolicy } from '../cce-policy/read/policy-file.js';
import type { ParsedContract } from '../contract/check.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { Progress } from '../base/progress.js';
import type {
  AgreementEvidence,
  PlannedKey,
  ReadKey,
  ReadPolicy,
  Unread,
} from './before/agreement-evidence.js';
import { programJudge } from './known-programs.js';
import { findConsents } from './consent-files.js';
import type { RoomAddress } from './attest-room.js';
import type { Environment } from '../ports/environment.js';
import type { MeasuredImages } from './image-source.js';
import { readKey } from './key-bindings.js';
import { recomputeRoomPolicy } from './room-policy.js';

export interface PolicyEvidenceRequest {
  readonly contractPath: string;
  readonly parsed: ParsedContract;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
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
  /** Whether images by digest may be fetched from the contract's own registries; not if absent. */
  readonly pullsImages?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const MAX_RELEASE_POLICY = 256 * 1024;
const NO_PROFILE = 'there is no profile to reach it with';

/** @throws CleanroomError for what was named and is wrong; what was not named is reported as unread. */
export async function collectPolicyEvidence(request: PolicyEvidenceRequest): Promise<AgreementEvidence> {
  const { parsed, trusted } = request;
  const { room, hostData } = await readRoom(request);
  const { policy: recomputed, images } = await recomputePolicy(request);
  return {
    parsed,
    recomputed,
    file: await readFile(request.policyFile),
    keys: await readKeys(request),
    room,
    hostData: request.hostData === undefined ? hostData : parseHostData(request.hostData),
    consents: await findConsents(request.contractPath),
    judgeProgram: await programJudge(parsed, { trusted, ...(images === null ? {} : { images }) }),
  };
}

/* A registry that does not answer is not the same as an image that is wrong. */
const NOT_AT_HAND = /^(?:IMAGE_ARCHIVE_MISSING|REGISTRY_|SERVICE_UNREACHABLE)/;

/** What a policy is recomputed from. */
export type RecomputeRequest = Pick<
  PolicyEvidenceRequest,
  'parsed' | 'environment' | 'images' | 'cacheDirectory' | 'pullsImages' | 'progress' | 'signal'
>;

export interface Recomputed {
  readonly policy: ReadPolicy | Unread;
  readonly images: MeasuredImages | null;
}

/** An archive that was named and does not fit is an error; one that was not named and cannot be pulled leaves the check out. */
export async function recomputePolicy(request: RecomputeRequest): Promise<Recomputed> {
  const { environment, images: imageFlags, parsed } = request;
  const unread = (reason: string): Recomputed => ({ policy: { kind: 'unread', reason }, images: null });
  if (environment === null && imageFlags === undefined && parsed.contract.trust !== undefined)
    return unread('the contract is for a local Azure, and none runs here');
  try {
    const { policy, images } = await recomputeRoomPolicy({ ...request, imageFlags });
    return { policy: { kind: 'read', text: policy.text }, images };
  } catch (cause) {
    if (!(cause instanceof CleanroomError) || !NOT_AT_HAND.test(cause.code)) throw cause;
    return unread(`${cause.message}. ${cause.hint}`);
  }
}

async function readFile(path: string | undefined): Promise<ReadPolicy | Unread> {
  if (path === undefined) return { kind: 'unread', reason: 'no policy file was given (--policy)' };
  const { readPolicyAt } = await import('./policy-source.js');
  const { text } = await readPolicyAt(path);
  return { kind: 'read', text };
}

type FoundKey = ReadKey | PlannedKey | Unread;

async function readKeys(request: PolicyEvidenceRequest): Promise<ReadonlyMap<string, FoundKey>> {
  refuseOtherKeys(request);
  const files = new Map(request.releasePolicies.map((flag) => splitFlag(flag, request.parsed)));
  const keys = new Map<string, FoundKey>();
  for (const dataset of request.parsed.contract.datasets) {
    const file = files.get(dataset.id);
    const url = request.keyUrls.find((candidate) => isVersionOf(candidate, keyUrlOf(dataset)));
    keys.set(
      dataset.id,
      file === undefined
        ? await readVaultKey(request, dataset, versionOf(url))
        : { kind: 'read', releasePolicy: await readTextBounded(file, MAX_RELEASE_POLICY), immutable: null },
    );
  }
  return keys;
}

function keyUrlOf({ key }: ContractDataset): string {
  return `https://${key.vault}/keys/${key.name}`;
}

function isVersionOf(url: string, key: string): boolean {
  return url === key || url.startsWith(`${key}/`);
}

function versionOf(url: string | undefined): string | null {
  return url?.split('/')[5] ?? null;
}

function refuseOtherKeys({ keyUrls, parsed }: PolicyEvidenceRequest): void {
  const known = parsed.contract.datasets.map(keyUrlOf);
  const other = keyUrls.find((url) => !known.some((key) => isVersionOf(url, key)));
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

/* A key of the caller's own that is not there yet is judged as it will be made; another party's is not known. */
async function readVaultKey(
  { environment, keyUrls }: PolicyEvidenceRequest,
  { owner, key: { vault: host, name } }: ContractDataset,
  version: string | null,
): Promise<FoundKey> {
  const what = `the release policy of ${name} in ${host}`;
  if (environment === null)
    return { kind: 'unread', reason: `${what} was not read: ${NO_PROFILE} (--release-policy DATASET=FILE)` };
  try {
    const vault = await environment.services.keyVault(host);
    const key = await vault.get(name, version);
    if (key === null && version === null && owner === environment.profile.party) return { kind: 'planned' };
    if (key === null) return { kind: 'unread', reason: `${host} has no key ${name} yet` };
    return readKey(key);
  } catch (cause) {
    if (keyUrls.length > 0) throw cause;
    return { kind: 'unread', reason: `${what} could not be read: ${describeCause(cause)}` };
  }
}

/* By name, the platform says what policy the group has; by URL, the room itself does, and its report confirms it. */
async function readRoom(
  request: PolicyEvidenceRequest,
): Promise<Pick<AgreementEvidence, 'room' | 'hostData'>> {
  const { environment, room: name } = request;
  if (name === undefined) {
    const reason = 'no room was named (--room)';
    return {
      room: { kind: 'unread', reason },
      hostData: { kind: 'unread', reason: `${reason}, and no HOST_DATA of its report given (--host-data)` },
    };
  }
  if (name.includes('://')) {
    const { locateRoom } = await import('./locate-room.js');
    const { address } = await locateRoom(name, environment);
    const { policy, hostData } = await askRoom(request, name, () => address);
    const ccePolicy = policy === null ? null : encodePolicy(policy);
    return {
      room:
        ccePolicy === null
          ? { kind: 'unread', reason: reasonOf(hostData) }
          : { kind: 'read', name, ccePolicy },
      hostData,
    };
  }
  if (environment === null) throw new CleanroomError('NO_ENVIRONMENT', `room ${name}: ${NO_PROFILE}`);
  const { findRoom } = await import('./rooms.js');
  const { roomAddress } = await import('./room-status.js');
  const room = await findRoom(await environment.services.rooms(), name);
  const { hostData } = await askRoom(request, room.name, () => roomAddress(room));
  return { room: { kind: 'read', name: room.name, ccePolicy: room.ccePolicy }, hostData };
}

interface RoomAnswer {
  /** The policy that the room shows; null where it gave no evidence. */
  readonly policy: string | null;
  readonly hostData: AgreementEvidence['hostData'];
}

/* HOST_DATA of fresh evidence; a report that does not hold says nothing about the room. */
async function askRoom(
  { parsed, environment }: PolicyEvidenceRequest,
  name: string,
  address: () => RoomAddress,
): Promise<RoomAnswer> {
  const { attestRoom } = await import('./attest-room.js');
  const { parseSnpReport } = await import('../attestation/snp/report.js');
  try {
    const { bundle, verdict } = await attestRoom(address(), parsed, environment?.profile ?? null);
    if (verdict !== null && showsHostData(verdict)) {
      return { policy: bundle.policy, hostData: toHex(parseSnpReport(bundle.report).hostData) };
    }
    const failed = (verdict?.checks ?? []).filter(({ status }) => status === 'fail').map(({ id }) => id);
    const reason = `the evidence of ${name} is not accepted: ${failed.join(', ')}`;
    return { policy: bundle.policy, hostData: { kind: 'refused', reason } };
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    const kind = cause.code === 'ROOM_UNREACHABLE' ? 'unread' : 'refused';
    return { policy: null, hostData: { kind, reason: `${name} gave no evidence: ${cause.message}` } };
  }
}

/* What the room runs is compared here; of its evidence only hardware, guest, policy and freshness have to be proven. */
function showsHostData({ statements }: VerifiedFile): boolean {
  return statements.every(
    ({ id, status }) => !['HARDWARE', 'GUEST', 'POLICY', 'FRESH'].includes(id) || status === 'proven',
  );
}

function reasonOf(hostData: AgreementEvidence['hostData']): string {
  return typeof hostData === 'string' ? '' : hostData.reason;
}

function parseHostData(hex: string): string {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new CleanroomError('USAGE', '--host-data is not 64 hex digits');
  return hex.toLowerCase();
}

// What Contoso, the host, can try against Fabrikam's text. Each is played through the same SDKs that Contoso would use.

import { freshKeyPair } from '../bytes/fresh-key.js';
import { createBlobStore, createSasIssuer } from '../azure/blob-store.js';
import {
  type KeyTarget,
  releaseWithoutAttestation,
  replaceReleasePolicy,
  unwrapWithLogin,
} from '../azure/key-attacks.js';
import { openKeyVault } from '../azure/key-vault.js';
import { sha256Hex } from '../bytes/digest.js';
import { contractPolicyContent } from '../cce-policy/generate/contract-policy.js';
import { DEBUG_FLAGS } from '../cce-policy/text/defaults.js';
import { renderPolicy } from '../cce-policy/text/render-policy.js';
import { DEFAULT_TEXT_PROFILE } from '../cce-policy/text/text-profile.js';
import type { Environment } from '../cli/environment.js';
import type { RoomPolicy } from '../cli/room-policy.js';
import { openRooms } from '../cli/rooms.js';
import type { ParsedContract } from '../contract/check.js';
import { CONTRACT_DIGEST_VARIABLE } from '../contract/room-plan.js';
import { CleanroomError, type ErrorCode } from '../errors.js';
import { releasePolicyOf } from '../release-policy/build.js';
import { hasEnded, waitForRoom } from '../room-client/wait-for-room.js';
import { openStream } from '../sealed-blob/open.js';
import type { ContainerGroupDescription } from '../workflows/container-group.js';
import { describeGroup, type RecomputedPolicy } from '../workflows/deploy-room.js';
import { type AttackOutcome, playAttack } from './attack.js';
import { forgeDataset } from './forge-dataset.js';

/** What the host has in hand; the owner's login only where an attack says so. */
export interface HostSetting extends RoomPolicy {
  readonly host: Environment;
  readonly owner: Environment;
  readonly parsed: ParsedContract;
  readonly signal: AbortSignal;
}

const MAX_BLOB_BYTES = 64 * 1024 * 1024;
const ROOM_TIMEOUT_MS = 60_000;

/** Plays them all, one after the other. */
export async function playHostAttacks(setting: HostSetting): Promise<readonly AttackOutcome[]> {
  const attacks = [
    readBlob,
    unwrapWithOwnLogin,
    releaseUnattested,
    replacePolicy,
    changeEnvironment,
    debugRoom,
    ownTextAsTheirs,
  ];
  const outcomes: AttackOutcome[] = [];
  for (const attack of attacks) {
    setting.signal.throwIfAborted();
    outcomes.push(await attack(setting));
  }
  return outcomes;
}

function readBlob({ host, parsed }: HostSetting): Promise<AttackOutcome> {
  const what = "reads Fabrikam's blob with its own login, and tries to open it with a key of its own";
  return playAttack({ id: 'X1', what, guard: 'sealed blob (AES-256-GCM)' }, async () => {
    const stored = await createBlobStore(await host.connect()).read(datasetOf(parsed).blob, MAX_BLOB_BYTES);
    if (stored === null) throw new CleanroomError('BLOB_MISSING', 'the sealed blob is gone');
    const { privateKey } = await freshKeyPair({ type: 'rsa', bits: 2048 });
    const { plaintext } = await openStream(oneChunk(stored.bytes), { identities: () => [privateKey] });
    for await (const chunk of plaintext) if (chunk.length > 0) return;
  });
}

function unwrapWithOwnLogin(setting: HostSetting): Promise<AttackOutcome> {
  const what = 'asks the HSM to unwrap the data key with its own login, without any attestation';
  return playAttack({ id: 'I1', what, guard: 'Managed HSM (roles)' }, async () => {
    await unwrapWithLogin(await setting.host.connect(), await keyTarget(setting), new Uint8Array(384));
  });
}

function releaseUnattested(setting: HostSetting): Promise<AttackOutcome> {
  const what = 'asks the HSM to release the key with a token that it wrote itself (alg none)';
  return playAttack({ id: 'X4', what, guard: 'Managed HSM (release)' }, async () => {
    const claims = {
      iss: setting.parsed.contract.attestation.authorities[0],
      'x-ms-sevsnpvm-hostdata': setting.policy.hash,
    };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    await releaseWithoutAttestation(
      await setting.host.connect(),
      await keyTarget(setting),
      `${part({ alg: 'none' })}.${part(claims)}.`,
    );
  });
}

function replacePolicy(setting: HostSetting): Promise<AttackOutcome> {
  const what = "replaces the key's release policy by one for its own code, even with Fabrikam's login";
  return playAttack({ id: 'I2', what, guard: 'Managed HSM (immutable release policy)' }, async () => {
    const other = releasePolicyOf(setting.parsed.contract, sha256Hex('another policy'));
    await replaceReleasePolicy(await setting.owner.connect(), await keyTarget(setting), other);
  });
}

function changeEnvironment(setting: HostSetting): Promise<AttackOutcome> {
  const what =
    'deploys the agreed policy with one environment value changed, so that the room reads another contract';
  return playAttack({ id: 'I6', what, guard: 'guest agent (CCE policy)' }, async () => {
    const group = await roomGroup(setting, 'attack-environment', setting.policy);
    await deployAndWatch(setting, {
      ...group,
      containers: group.containers.map((container) => ({
        ...container,
        environment: container.environment.map((variable) =>
          variable.name === CONTRACT_DIGEST_VARIABLE
            ? { ...variable, value: sha256Hex('another contract') }
            : variable,
        ),
      })),
    });
  });
}

function debugRoom(setting: HostSetting): Promise<AttackOutcome> {
  const what = 'deploys a room in debug mode: logs, stack dumps and runtime logging allowed';
  return playAttack({ id: 'I4', what, guard: 'Managed HSM (release policy: HOST_DATA)' }, async () => {
    const content = contractPolicyContent(setting);
    const debug = renderPolicy(
      { ...content, flags: DEBUG_FLAGS },
      { profile: DEFAULT_TEXT_PROFILE, layout: 'compact' },
    );
    await deployAndWatch(setting, await roomGroup(setting, 'attack-debug', debug));
  });
}

function ownTextAsTheirs(setting: HostSetting): Promise<AttackOutcome> {
  const what =
    "seals a text of its own to Fabrikam's public key, puts it in place of the blob through a leaked write access, and runs the room";
  return playAttack({ id: 'I18', what, guard: 'room (seal statement)' }, async () => {
    const forgery = await forgeDataset(setting.owner, setting.parsed, 'A text that Contoso wrote itself.');
    try {
      await deployAndWatch(setting, await roomGroup(setting, 'attack-forgery', setting.policy));
    } finally {
      await forgery.undo();
    }
  });
}

/** Deploys a group and waits for how it ends; an error wherever the attack is stopped. */
async function deployAndWatch(
  { host, signal }: HostSetting,
  group: ContainerGroupDescription,
): Promise<void> {
  const rooms = await openRooms(host);
  try {
    const room = await rooms.apply(group, signal);
    const denial = room.events.find(({ message }) => /denied/i.test(message));
    if (room.provisioningState === 'Failed' || denial !== undefined) {
      throw new CleanroomError('DEPLOYMENT_FAILED', denial?.message ?? 'the group did not start');
    }
    const refusedKey = (code: string): boolean => /^KEY_/.test(code);
    const report = await waitForRoom(rooms, group.name, {
      reached: ({ waiting }) => waiting.some(({ code }) => refusedKey(code)),
      timeoutMs: ROOM_TIMEOUT_MS,
      signal,
    });
    const code = report.code ?? report.waiting[0]?.code;
    if (!(hasEnded(report) && report.state === 'done')) {
      throw new CleanroomError((code ?? 'DEPLOYMENT_FAILED') as ErrorCode, 'the room refused');
    }
  } finally {
    await rooms.remove(group.name, signal);
  }
}

async function roomGroup(
  setting: HostSetting,
  name: string,
  policy: RecomputedPolicy,
): Promise<ContainerGroupDescription> {
  const { host, parsed, tlsRoots, images } = setting;
  const connection = await host.connect();
  return describeGroup(
    {
      name,
      parsed,
      tlsRoots,
      images,
      recomputed: policy,
      agreedPolicy: null,
      identity: host.profile.roomIdentity ?? null,
      dnsNameLabel: null,
      parameters: new Map(),
    },
    { sas: createSasIssuer(connection), clock: () => new Date() },
  );
}

async function keyTarget({ owner, parsed }: HostSetting): Promise<KeyTarget> {
  const { vault, name } = datasetOf(parsed).key;
  const key = await (await openKeyVault(await owner.connect(), vault)).get(name, null);
  if (key === null) throw new CleanroomError('KEY_NOT_FOUND', 'the dataset has no key yet');
  return { vault, name, version: key.version };
}

function datasetOf(parsed: ParsedContract): ParsedContract['contract']['datasets'][number] {
  const [dataset] = parsed.contract.datasets;
  if (dataset === undefined) throw new CleanroomError('CONTRACT_INVALID', 'the contract has no dataset');
  return dataset;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

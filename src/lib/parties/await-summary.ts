// `summary`: waits for a result that is not there yet, as long as the room may still give one.

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import type { Contract, ContractParty } from '../contract/schema.js';
import { CONTRACT_TAG } from '../ports/container-group.js';
import type { Environment } from '../ports/environment.js';
import type { RoomState } from '../ports/ports.js';
import { readContract } from './environment.js';
import { fetchSummary, type SummaryActionInput } from './fetch-summary.js';
import type { ReceivedSummary } from './receive-summary.js';
import { fetchRoomReport, phaseOf, type RoomReport, whyOver } from './room-status.js';
import { containerGroups } from './rooms.js';

export interface WaitOptions {
  /** False: one attempt. */
  readonly wait: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const EVERY_MS = 1_000;
/* Only for a recipient whose login does not see the room. */
const UNSEEN_MS = 10 * 60_000;

/**
 * The result, as soon as it is there. Whoever sees the room waits while it is up; whoever does not, ten minutes.
 *
 * @throws CleanroomError NOT_A_RECIPIENT; RESULT_NOT_THERE where none will come, or none came in time; and as fetchSummary
 */
export async function awaitSummary(
  environment: Environment,
  wanted: SummaryActionInput,
  { wait, progress, signal }: WaitOptions,
): Promise<ReceivedSummary> {
  await requireRecipient(environment, wanted);
  const deadline = performance.now() + UNSEEN_MS;
  const watch = wait ? await watchRoom(environment, wanted.contractPath, progress) : null;
  let earlier: Earlier;
  for (;;) {
    signal.throwIfAborted();
    const outlook: Outlook = watch === null ? { kind: 'unwatched' } : await watch();
    try {
      return await fetchSummary(environment, wanted);
    } catch (error) {
      if (!(error instanceof CleanroomError)) throw error;
      const end = endOfWaiting(error, outlook, earlier);
      if (end !== null) throw end;
      if (outlook.kind === 'unseen' && performance.now() + EVERY_MS > deadline) throw error;
      if (earlier === undefined) earlier = isRefusal(error) ? error.message : null;
    }
    await sleep(EVERY_MS, undefined, { signal });
  }
}

/** What was there at the first look: the message of a refusal, or null for none; undefined before it. */
export type Earlier = string | null | undefined;

/**
 * With what waiting ends; null: the result may still come. A refusal that was there before is one of an earlier run, as long
 * as a room is up that has not refused.
 */
export function endOfWaiting(
  error: CleanroomError,
  outlook: Outlook,
  earlier: Earlier,
): CleanroomError | null {
  const refusal = isRefusal(error);
  if (outlook.kind === 'unwatched' || (!refusal && error.code !== 'RESULT_NOT_THERE')) return error;
  if (outlook.kind === 'over') return refusal ? error : outlook.reason;
  if (!refusal) return null;
  const isEarlier = earlier === undefined || earlier === error.message;
  return outlook.kind === 'up' && isEarlier ? null : error;
}

function isRefusal({ code }: CleanroomError): boolean {
  return code === 'RESULT_WAS_REFUSED' || code === 'RECEIPT_REJECTED';
}

/* A key that is named may be a recipient's. */
async function requireRecipient(
  { profile: { party }, directory }: Environment,
  { contractPath, resultKeyPath }: SummaryActionInput,
): Promise<void> {
  const { contract } = await readContract(contractPath, directory);
  const { delivery, recipients } = contract.summary;
  if (resultKeyPath !== undefined || delivery !== 'sealed' || recipients.includes(party)) return;
  throw new CleanroomError(
    'NOT_A_RECIPIENT',
    `${party} may not read the summary: the contract ${contract.name} gives it to ${recipients.join(', ')}`,
    { hint: 'Why there is no summary, where there is none, an owner sees with: cleanroom why' },
  );
}

/** What may still come of the room; asked before each attempt, so that a result stored at its end is not missed. */
export type Outlook =
  | { readonly kind: 'unwatched' }
  | { readonly kind: 'up' }
  | { readonly kind: 'unseen' }
  | { readonly kind: 'over'; readonly reason: CleanroomError };

async function watchRoom(
  environment: Environment,
  contractPath: string,
  progress: Progress,
): Promise<() => Promise<Outlook>> {
  const { contract, digest } = await readContract(contractPath, environment.directory);
  const hosts = contract.parties.some(({ id, roles }) => id === environment.profile.party && isHost(roles));
  let shown = '';
  const show = (phase: string): void => {
    if (phase !== shown) progress.phase(phase);
    shown = phase;
  };
  show('waiting for the result');
  return async () => {
    const rooms = await seenRooms(environment, contract, digest);
    if (rooms.length === 0)
      return hosts ? over(contract.name, 'there is no room of this contract') : { kind: 'unseen' };
    const seen = await Promise.all(
      rooms.map(async (room) => ({ room, report: await fetchRoomReport(room) })),
    );
    show(phaseOfAll(seen));
    const whys = seen.map(({ room, report }) => whyOver(room, report));
    const [why] = whys;
    return why === undefined || why === null || whys.includes(null)
      ? { kind: 'up' }
      : over(contract.name, why);
  };
}

interface SeenRoom {
  readonly room: RoomState;
  /** Null where it does not answer. */
  readonly report: RoomReport | null;
}

/* Of several, the first that is still at work, and how many there are. */
function phaseOfAll(seen: readonly SeenRoom[]): string {
  const reports = seen.flatMap(({ report }) => (report === null ? [] : [report]));
  const shown = reports.find(({ state }) => state !== 'done') ?? reports[0];
  if (shown === undefined) return 'waiting for the result';
  const phase = `the room says (not attested): ${phaseOf(shown)}`;
  return seen.length === 1 ? phase : `${phase} (one of ${seen.length} rooms)`;
}

function isHost(roles: ContractParty['roles']): boolean {
  return roles.includes('host');
}

/* A recipient may have no access to the host's resource group: then there is nothing to see. */
async function seenRooms(
  { services }: Environment,
  { room }: Contract,
  contractDigest: string,
): Promise<readonly RoomState[]> {
  try {
    const rooms = await (room.platform === 'aci' ? containerGroups(services) : services.rooms());
    const listed = (await rooms.list()).filter(({ tags }) => tags[CONTRACT_TAG] === contractDigest);
    // The list leaves out what the platform says of the containers: ask for the rooms themselves.
    const found = await Promise.all(listed.map(({ name }) => rooms.get(name)));
    return found.filter((room) => room !== null);
  } catch (cause) {
    if (cause instanceof CleanroomError) return [];
    throw cause;
  }
}

function over(name: string, why: string): Outlook {
  const reason = new CleanroomError('RESULT_NOT_THERE', `no result of ${name} will come: ${why}`, {
    hint: `See what happened: cleanroom status ${name}. Start the room again: cleanroom deploy`,
  });
  return { kind: 'over', reason };
}

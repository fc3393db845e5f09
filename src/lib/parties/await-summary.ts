// `summary`: waits for a result that is not there yet, as long as the room may still give one.

import { setTimeout as sleep } from 'node:timers/promises';

import { CleanroomError } from '../base/errors.js';
import type { Progress } from '../base/progress.js';
import type { ContractParty } from '../contract/schema.js';
import { CONTRACT_TAG } from '../ports/container-group.js';
import type { Environment } from '../ports/environment.js';
import type { RoomState } from '../ports/ports.js';
import { readContract } from './environment.js';
import { fetchSummary, type SummaryActionInput } from './fetch-summary.js';
import type { ReceivedSummary } from './receive-summary.js';
import { fetchRoomReport, phaseOf, whyOver } from './room-status.js';

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
 * @throws CleanroomError RESULT_NOT_THERE where none will come, or none came in time; and as fetchSummary
 */
export async function awaitSummary(
  environment: Environment,
  wanted: SummaryActionInput,
  { wait, progress, signal }: WaitOptions,
): Promise<ReceivedSummary> {
  const deadline = performance.now() + UNSEEN_MS;
  const watch = wait ? await watchRoom(environment, wanted.contractPath, progress) : null;
  for (;;) {
    signal.throwIfAborted();
    const outlook = watch === null ? null : await watch();
    try {
      return await fetchSummary(environment, wanted);
    } catch (error) {
      if (!(error instanceof CleanroomError) || error.code !== 'RESULT_NOT_THERE' || outlook === null)
        throw error;
      if (outlook.kind === 'over') throw outlook.reason;
      if (outlook.kind === 'unseen' && performance.now() + EVERY_MS > deadline) throw error;
    }
    await sleep(EVERY_MS, undefined, { signal });
  }
}

/** What may still come of the room; asked before each attempt, so that a result stored at its end is not missed. */
type Outlook =
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
    const room = await seenRoom(environment, digest);
    if (room === null)
      return hosts ? over(contract.name, 'no room of this contract is there') : { kind: 'unseen' };
    const report = await fetchRoomReport(room);
    if (report !== null) show(`the room says (not attested): ${phaseOf(report)}`);
    const why = whyOver(room, report);
    return why === null ? { kind: 'up' } : over(contract.name, why);
  };
}

function isHost(roles: ContractParty['roles']): boolean {
  return roles.includes('host');
}

/* A recipient may have no access to the host's resource group: then there is nothing to see. */
async function seenRoom({ services }: Environment, contractDigest: string): Promise<RoomState | null> {
  try {
    const rooms = await services.rooms();
    const listed = (await rooms.list()).find(({ tags }) => tags[CONTRACT_TAG] === contractDigest);
    // The list leaves out what the platform says of the containers: ask for the room itself.
    return listed === undefined ? null : await rooms.get(listed.name);
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

function over(name: string, why: string): Outlook {
  const reason = new CleanroomError('RESULT_NOT_THERE', `no result of ${name} will come: ${why}`, {
    hint: `See what happened: cleanroom status ${name}. Start the room again: cleanroom deploy`,
  });
  return { kind: 'over', reason };
}

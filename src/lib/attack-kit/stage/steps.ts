// The daily steps of a deal, as the parties' single commands make them.

import { join } from 'node:path';

import { prepareDeployment } from '../../parties/prepare-deployment.js';
import { runEncrypt } from '../../parties/encrypt-to-dataset.js';
import { fetchSummary } from '../../parties/fetch-summary.js';
import type { RoomReport } from '../../parties/room-status.js';
import { hasEnded, waitForRoom } from '../../parties/wait-for-room.js';
import type { EncryptResult } from '../../parties/encrypt-dataset.js';
import type { ReceivedSummary } from '../../parties/receive-summary.js';
import type { DataOwner, Deal } from './deal.js';
import type { Stage } from './stage.js';

const ROOM_TIMEOUT_MS = 120_000;

/** A data owner's step: key, sealing, upload. */
export function encryptText(stage: Stage, owner: DataOwner, textPath: string): Promise<EncryptResult> {
  const { environment, dataset } = owner;
  return runEncrypt(
    environment,
    {
      file: textPath,
      contractPath: join(environment.directory, 'contract.yaml'),
      dataset,
      policyPath: join(environment.directory, 'policy.rego'),
      imageFlags: undefined,
      contractKeyPath: undefined,
      cacheDirectory: stage.cacheDirectory,
    },
    stage,
  );
}

/** Deploys the room of a contract. */
export async function deployRoom(stage: Stage, { terms: { host } }: Deal): Promise<void> {
  const planned = await prepareDeployment(
    host,
    {
      contractPath: join(host.directory, 'contract.yaml'),
      policyPath: join(host.directory, 'policy.rego'),
      imageFlags: undefined,
      name: undefined,
      dnsNameLabel: undefined,
      parameters: new Map(),
      cacheDirectory: stage.cacheDirectory,
    },
    stage,
  );
  await planned.apply();
}

/** The host's step: deploys and waits until the room has ended. */
export async function runRoom(stage: Stage, deal: Deal): Promise<RoomReport> {
  await deployRoom(stage, deal);
  stage.progress.phase('Contoso: the room attests, gets the key, summarizes');
  return waitForRoom(await deal.terms.host.services.rooms(), deal.parsed.contract.name, {
    reached: hasEnded,
    timeoutMs: ROOM_TIMEOUT_MS,
    signal: stage.signal,
  });
}

/** The recipient's step: fetches and opens the summary, and judges receipt and evidence. */
export function receiveSummaryOf({ terms: { host } }: Deal): Promise<ReceivedSummary> {
  return fetchSummary(host, {
    contractPath: join(host.directory, 'contract.yaml'),
    policyPath: join(host.directory, 'policy.rego'),
    resultKeyPath: undefined,
  });
}

// One room from deployment to its end.

import { join } from 'node:path';

import { prepareDeployment } from '../cli/actions/deploy.js';
import { runEncrypt } from '../cli/actions/encrypt.js';
import { openRooms } from '../cli/rooms.js';
import type { RoomReport } from '../room-client/room-status.js';
import { hasEnded, waitForRoom } from '../room-client/wait-for-room.js';
import type { EncryptResult } from '../workflows/encrypt-dataset.js';
import type { Agreement } from './agree.js';
import type { Workspace } from './workspace.js';

const ROOM_TIMEOUT_MS = 120_000;

/** Fabrikam's step. */
export function encryptText(
  workspace: Workspace,
  agreement: Agreement,
  textPath: string,
): Promise<EncryptResult> {
  const { fabrikam } = workspace;
  return runEncrypt(
    fabrikam,
    {
      file: textPath,
      contractPath: join(fabrikam.directory, 'contract.yaml'),
      dataset: agreement.dataset,
      policyPath: join(fabrikam.directory, 'policy.rego'),
      imageFlags: undefined,
      contractKeyPath: undefined,
      cacheDirectory: workspace.cacheDirectory,
    },
    workspace,
  );
}

/** Contoso's step: deploys and waits until the room has ended. */
export async function runRoom(
  workspace: Workspace,
  agreement: Agreement,
  name?: string,
): Promise<RoomReport> {
  const { contoso, signal, progress } = workspace;
  const planned = await prepareDeployment(
    contoso,
    {
      contractPath: join(contoso.directory, 'contract.yaml'),
      policyPath: join(contoso.directory, 'policy.rego'),
      imageFlags: undefined,
      name,
      dnsNameLabel: undefined,
      parameters: new Map(),
      cacheDirectory: workspace.cacheDirectory,
    },
    workspace,
  );
  await planned.apply();
  progress.phase('Contoso: the room attests, gets the key, summarizes');
  const rooms = await openRooms(contoso);
  return waitForRoom(rooms, name ?? agreement.parsed.contract.name, {
    reached: hasEnded,
    timeoutMs: ROOM_TIMEOUT_MS,
    signal,
  });
}

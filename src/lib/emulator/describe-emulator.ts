// A running emulator for whoever asks: where its services and parties are, and what to do next.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { corrupt } from './state/state-store.js';
import {
  type EmulatorEndpoints,
  type EmulatorParty,
  ENDPOINTS_FILE,
  type RoomsStatus,
} from './published-files.js';

export interface EmulatorStatus {
  readonly running: boolean;
  readonly directory: string;
  readonly pid: number | null;
  readonly endpoints: EmulatorEndpoints | null;
  readonly parties: readonly EmulatorParty[];
  /** What rooms get; null where no emulator runs, or one of an older version. */
  readonly rooms: RoomsStatus | null;
}

/** What the emulator wrote when it started. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function readPublishedStatus(
  directory: string,
): Promise<Pick<EmulatorStatus, 'endpoints' | 'parties' | 'rooms'>> {
  const path = join(directory, ENDPOINTS_FILE);
  try {
    const published = JSON.parse(await readFile(path, 'utf8')) as Pick<
      EmulatorStatus,
      'endpoints' | 'parties'
    > & {
      readonly rooms?: RoomsStatus;
    };
    return { ...published, rooms: published.rooms ?? null };
  } catch (cause) {
    throw corrupt(path, cause);
  }
}

/** Lines for people. */
export function renderStatus({ running, directory, pid, endpoints, parties, rooms }: EmulatorStatus): string {
  if (!running || endpoints === null) return `no emulator is running on ${directory}`;
  const services = Object.entries(endpoints).map(([name, url]) => `  ${name.padEnd(16)} ${String(url)}`);
  const people = parties.map(
    (party) => `  ${party.name.padEnd(16)} HSM https://${party.vault}  key vault https://${party.keyVault}`,
  );
  return [
    `the local Azure is running (process ${pid ?? 0}) on ${directory}`,
    ...services,
    ...(rooms === null
      ? []
      : [`  ${'rooms'.padEnd(16)} ${rooms.kind}${rooms.why === null ? '' : ` (${rooms.why})`}`]),
    'parties, each with a profile of its name:',
    ...people,
    `next: cleanroom init, in a directory of your party (${parties.map(({ name }) => name).join(' or ') || 'contoso'})`,
  ].join('\n');
}

// A running emulator for whoever asks: where its services and parties are, and what to do next.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { corrupt } from './state/state-store.js';
import { type EmulatorEndpoints, type EmulatorParty, ENDPOINTS_FILE } from './published-files.js';

export interface EmulatorStatus {
  readonly running: boolean;
  readonly directory: string;
  readonly pid: number | null;
  readonly endpoints: EmulatorEndpoints | null;
  readonly parties: readonly EmulatorParty[];
}

/** What the emulator wrote when it started. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function readPublishedStatus(
  directory: string,
): Promise<Pick<EmulatorStatus, 'endpoints' | 'parties'>> {
  const path = join(directory, ENDPOINTS_FILE);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Pick<EmulatorStatus, 'endpoints' | 'parties'>;
  } catch (cause) {
    throw corrupt(path, cause);
  }
}

/** Lines for people. */
export function renderStatus({ running, directory, pid, endpoints, parties }: EmulatorStatus): string {
  if (!running || endpoints === null) return `no emulator is running on ${directory}`;
  const services = Object.entries(endpoints).map(([name, url]) => `  ${name.padEnd(16)} ${String(url)}`);
  const people = parties.map(
    (party) => `  ${party.name.padEnd(16)} HSM https://${party.vault}  key vault https://${party.keyVault}`,
  );
  return [
    `the local Azure is running (process ${pid ?? 0}) on ${directory}`,
    ...services,
    'parties, each with a profile of its name:',
    ...people,
    'next: cleanroom init --profile ' + (parties[0]?.name ?? 'contoso'),
  ].join('\n');
}

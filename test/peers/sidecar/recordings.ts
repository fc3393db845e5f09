// Answers of Microsoft's sidecar as they are kept: test/vectors/sidecar/answers.json, written by `npm run peers skr -- --skr FILE --write`.

import { readFile, writeFile } from 'node:fs/promises';

import { toHex } from '../../../src/lib/base/bytes/hex.js';
import type { LocalRoom } from '../../support/local-room.js';

const FILE = 'test/vectors/sidecar/answers.json';

export interface SidecarRecordings {
  /** SHA-256 of the program that answered, shortened. */
  readonly program: string;
  /** `YYYY-MM-DD`. */
  readonly recorded: string;
  /** Question to answer, in the form of `recordedForm`. */
  readonly answers: Readonly<Record<string, string>>;
}

export async function readSidecarRecordings(): Promise<SidecarRecordings> {
  return JSON.parse(await readFile(FILE, 'utf8')) as SidecarRecordings;
}

export async function writeSidecarRecordings(recordings: SidecarRecordings): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(recordings, null, 1)}\n`);
}

/** An answer without what belongs to one room: addresses, identifiers, versions of its firmware, certificates and keys. */
export function recordedForm(
  answer: string,
  { maa, vault, utilityVm }: Pick<LocalRoom, 'maa' | 'vault' | 'utilityVm'>,
): string {
  return answer
    .replaceAll(maa.hostAndPort, '<attestation service>')
    .replaceAll(vault.hostAndPort, '<vault>')
    .replaceAll(toHex(utilityVm.measurement), '<measurement>')
    .replaceAll(/("x-ms-sevsnpvm-(?:reportid|idkeydigest|authorkeydigest)":")[0-9a-f]+/g, '$1<hex>')
    .replaceAll(/("x-ms-sevsnpvm-[a-z]+-svn":)\d+/g, '$1<number>')
    .replaceAll(/("endorsed_tcb":")[0-9A-F]{16}/g, '$1<TCB>')
    .replaceAll(/:"(?![0-9a-f]+")[\w+/-]{20,}={0,2}"/g, ':"<base64>"');
}

// `npm run peers skr -- --skr FILE`: Microsoft's key release sidecar, unmodified, beside the stand-in of the local Azure.

import { readFile, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import { startLocalRoom, startSidecar } from '../../support/local-room.js';
import { countAnswers, type PeerOutcome } from '../outcome.js';
import type { Compared } from '../peer.js';
import { NotSetUp, peersCache, setUpGo } from '../toolchain.js';
import { askSidecarOnce } from './answers.js';
import { makeKeys, sidecarQuestions } from './questions.js';
import { recordedForm, type SidecarRecordings } from './recordings.js';
import { startMicrosoftSidecar } from './start-sidecar.js';

const PEER = {
  peer: 'skr',
  about: 'the sidecar of a room: every endpoint, every kind of key, requests that are wrong',
};

export interface AskedSidecar {
  readonly outcome: PeerOutcome;
  /** What it answered; null where it was not asked. */
  readonly recordings: SidecarRecordings | null;
}

/** @param file - the sidecar's program for Linux on x86-64. @throws Error where it is none, or not to be started */
export async function askSidecar(file: string): Promise<AskedSidecar> {
  const skr = resolve(file);
  const program = await describeProgram(skr);
  const started = performance.now();
  try {
    const { compared, answers } = await compareSidecars(skr);
    const seconds = (performance.now() - started) / 1000;
    return {
      outcome: { ...PEER, version: program, ...countAnswers(compared), seconds, notRun: null },
      recordings: { program, recorded: new Date().toISOString().slice(0, 10), answers },
    };
  } catch (cause) {
    if (!(cause instanceof NotSetUp)) throw cause;
    const nothing = { questions: 0, agreed: 0, byDesign: {}, disagreed: [], seconds: 0 };
    return { outcome: { ...PEER, version: program, ...nothing, notRun: cause.message }, recordings: null };
  }
}

async function describeProgram(skr: string): Promise<string> {
  const found = await stat(skr).catch(() => null);
  if (found === null || !found.isFile()) throw new Error(`${skr} is no file`);
  if ((found.mode & 0o111) === 0) throw new Error(`${skr} may not be executed`);
  const bytes = await readFile(skr);
  if (bytes.subarray(0, 4).toString('latin1') !== '\x7fELF')
    throw new Error(`${skr} is no program for Linux`);
  return `sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

async function compareSidecars(
  skr: string,
): Promise<{ compared: readonly Compared[]; answers: Record<string, string> }> {
  const supervisor = await setUpGo('psp', peersCache());
  const room = await startLocalRoom();
  try {
    const release = MANAGED_HSM_ROLES.cryptoServiceReleaseUser;
    await room.vault.roles.assign(room.identity.principalId, release, '/');
    await makeKeys(room);
    const own = await startSidecar(room);
    try {
      await own.ready();
      const theirs = await startMicrosoftSidecar(room, supervisor, skr);
      try {
        const compared: Compared[] = [];
        const kept: Record<string, string> = {};
        for (const asked of sidecarQuestions(room)) {
          const answers = {
            ours: await askSidecarOnce(own.port, asked),
            theirs: await askSidecarOnce(theirs.port, asked),
          };
          compared.push({ question: asked.question, ...answers, byDesign: null });
          kept[asked.question] = recordedForm(answers.theirs, room);
        }
        return { compared, answers: kept };
      } finally {
        await theirs.stop();
      }
    } finally {
      await own.stop();
    }
  } finally {
    await room.stop();
  }
}

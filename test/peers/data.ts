// What a run leaves for the documents: docs/reference/peers.json.

import { readFile, writeFile } from 'node:fs/promises';

import type { PeerOutcome } from './outcome.js';

const DATA = 'docs/reference/peers.json';

/** What is kept of an outcome: nothing that depends on the machine. */
export interface KeptOutcome extends Omit<PeerOutcome, 'seconds' | 'disagreed' | 'notRun'> {
  readonly disagreed: number;
  /** When it was asked, `YYYY-MM-DD`. */
  readonly asked: string;
}

export interface PeersData {
  /** Of `npm run peers`. */
  readonly suite: readonly KeptOutcome[];
  /** Programs that `npm test` asks, where it can fetch them; CLEANROOM_REQUIRE_TOOLS=1 demands them. */
  readonly tests: readonly TestedPeer[];
  /** Programs that were run by hand, whole. */
  readonly byHand: readonly HandRun[];
}

export interface TestedPeer {
  readonly peer: string;
  readonly version: string;
  readonly about: string;
  /** Paths of the tests. */
  readonly test: string;
}

export interface HandRun {
  readonly peer: string;
  readonly version: string;
  /** `YYYY-MM`. */
  readonly asked: string;
  readonly about: string;
  readonly result: string;
}

export async function readPeersData(): Promise<PeersData> {
  return JSON.parse(await readFile(DATA, 'utf8')) as PeersData;
}

/** Replaces the outcomes of the peers that were asked; the others stay. */
export async function writePeersData(outcomes: readonly PeerOutcome[]): Promise<void> {
  const { suite, tests, byHand } = await readPeersData();
  const asked = new Date().toISOString().slice(0, 10);
  const fresh = outcomes
    .filter(({ notRun }) => notRun === null)
    .map(({ peer, version, about, questions, agreed, byDesign, disagreed }) => {
      const counts = { questions, agreed, byDesign, disagreed: disagreed.length };
      return { peer, version, about, ...counts, asked };
    });
  const kept = suite.filter(({ peer }) => !fresh.some((outcome) => outcome.peer === peer));
  const all = [...kept, ...fresh].toSorted((a, b) => (a.peer < b.peer ? -1 : 1));
  await writeFile(DATA, `${JSON.stringify({ suite: all, tests, byHand }, null, 2)}\n`);
}

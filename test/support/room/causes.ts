// What an owner reads of a run that gave no result.

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import type { World } from './world.js';

export interface OpenedCause {
  readonly code: string;
  readonly place: number | null;
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly expected?: string;
    readonly actual?: string;
  }[];
}

/** Opens the last run's cause with the owner's result key. */
export async function causeFor(world: World, owner = 'fabrikam'): Promise<OpenedCause> {
  const { causes } = JSON.parse((await world.storage.text('/results/quarterly-notes.causes.json')) ?? '') as {
    causes: Record<string, string>;
  };
  const { resultKey } = world.parties.get(owner)!;
  const opened = await openResult(utf8(causes[owner] ?? ''), resultKey.export({ format: 'jwk' }));
  return JSON.parse(Buffer.from(opened).toString()) as OpenedCause;
}

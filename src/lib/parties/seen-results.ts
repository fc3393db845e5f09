// What a recipient has accepted under a contract, one small file a contract in its own directory: places of the budget and
// digests, no text. It outlives whatever becomes of the storage.

import { dirname, join } from 'node:path';

import * as v from 'valibot';

import { makeDirectory } from '../base/files/make-directory.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { areTwoResults, type KnownPlace, type Place, PlaceSchema } from '../evidence/receipt-places.js';

export interface SeenResults {
  /** Of this contract. @throws CleanroomError JSON_MALFORMED where what was kept is damaged: then nobody knows what was seen */
  read: () => Promise<readonly KnownPlace[]>;
  /** Keeps what was accepted, once. */
  add: (place: Place) => Promise<void>;
}

const MAX_BYTES = 4 * 1024 * 1024;
const Places = v.array(PlaceSchema);

/** The results of a contract that were accepted beside its file. */
export function openSeenResults(contractPath: string, contractDigest: string): SeenResults {
  const path = join(dirname(contractPath), '.cleanroom', 'results', `${contractDigest}.json`);
  return {
    read: async () =>
      (await readPlaces(path)).map((place) => ({
        ...place,
        from: `a result that was accepted here (${path})`,
      })),
    add: async (place) => {
      const before = await readPlaces(path);
      const known = before.some((one) => one.place === place.place && !areTwoResults(one, place));
      if (known) return;
      await makeDirectory(dirname(path), 0o700);
      await writeFileAtomic(path, `${JSON.stringify([...before, place], null, 2)}\n`, { mode: 0o600 });
    },
  };
}

async function readPlaces(path: string): Promise<readonly Place[]> {
  try {
    return v.parse(Places, parseStrictJson(await readTextBounded(path, MAX_BYTES)));
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return [];
    throw new CleanroomError('JSON_MALFORMED', `${path} is not what cleanroom wrote there`, {
      cause,
      hint: 'It lists the results that were accepted before. Put it back from a backup; without it a second result in the same place is not noticed here.',
    });
  }
}

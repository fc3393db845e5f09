// The owner's own record of what it last sealed, one small file a dataset. Holds no text and no key.

import { join } from 'node:path';

import * as v from 'valibot';

import { makeDirectory } from '../base/files/make-directory.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { DatasetRecord, DatasetRecords } from './encryption-input.js';

const RecordSchema = v.strictObject({
  version: v.string(),
  fingerprint: v.string(),
  policyHash: v.string(),
  key: v.string(),
});

/** Records in `directory`; one that cannot be read counts as none, so that the dataset is sealed anew. */
export function openDatasetRecords(directory: string): DatasetRecords {
  const pathOf = (dataset: string): string => join(directory, `${dataset}.json`);
  return {
    read: async (dataset) => {
      try {
        return parseRecord(await readTextBounded(pathOf(dataset), 64 * 1024));
      } catch (cause) {
        if (cause instanceof CleanroomError) return null;
        throw cause;
      }
    },
    write: async (dataset, record) => {
      await makeDirectory(directory, 0o700);
      await writeFileAtomic(pathOf(dataset), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
    },
  };
}

function parseRecord(text: string): DatasetRecord | null {
  try {
    const outcome = v.safeParse(RecordSchema, JSON.parse(text));
    return outcome.success ? outcome.output : null;
  } catch {
    return null;
  }
}

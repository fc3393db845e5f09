// Attacks on what the room reads: old, swapped, forged or broken blobs, put there through a write access that leaked.

import { createBlobStore } from '../../azure/blob-store.js';
import type { ContractBlob } from '../../contract/schema.js';
import { CleanroomError } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { join } from 'node:path';
import { datasetOf, type Deal, firstOwner } from '../stage/deal.js';
import { encryptText } from '../stage/steps.js';
import { statementBlob } from '../../parties/dataset-storage.js';
import type { BlobStore } from '../../ports/ports.js';
import type { Attack } from './attack.js';
import { describeRoom, runToTheEnd } from './attack-room.js';
import { forgeDataset } from './forge-dataset.js';
import { HSM_DISABLED, ROOM_DATASET, SEAL_STATEMENT, SEALED_BLOB } from './guards.js';
import { connectionOf } from '../stage/connection-of.js';

export const MAX_BLOB_BYTES = 64 * 1024 * 1024;

export const DATASET_ATTACKS: readonly Attack[] = [
  {
    id: 'I11',
    name: 'old-version',
    what: "puts last month's blob and statement back, after Fabrikam has replaced them",
    wouldHaveLeaked: 'a second summary, of a text that Fabrikam has taken back',
    guards: { KEY_DISABLED: HSM_DISABLED },
    play: async (setting) => {
      const deal = await setting.agree('old-version', { limits: { maxResults: 2 } });
      const owner = firstOwner(deal);
      await encryptText(setting.stage, owner, setting.textPath);
      const old = await takeDataset(deal);
      const next = join(owner.environment.directory, 'next.txt');
      await writeFileAtomic(
        next,
        'Fabrikam Lighthouse is a tool for planning night shifts. It reads rosters.\n',
      );
      await encryptText(setting.stage, owner, next);
      await old.putBack();
      await runToTheEnd(deal, await describeRoom(deal, 'attack-old-version'), setting.stage.signal);
      return null;
    },
  },
  {
    id: 'I11',
    name: 'swapped-datasets',
    what: 'exchanges the blobs and statements of two data owners',
    wouldHaveLeaked: "one owner's text under the other's name, and under the other's limits",
    guards: { SEAL_STATEMENT_REJECTED: SEAL_STATEMENT },
    play: async (setting) => {
      const deal = await setting.agree('swapped', { owners: ['fabrikam', 'tailspin'] });
      for (const owner of deal.terms.owners) await encryptText(setting.stage, owner, setting.textPath);
      await swapDatasets(deal);
      await runToTheEnd(deal, await describeRoom(deal, 'attack-swapped'), setting.stage.signal);
      return null;
    },
  },
  {
    id: 'I18',
    name: 'own-text',
    what: "seals a text of its own to Fabrikam's public key, puts it in place of the blob through a leaked write access, and runs the room",
    wouldHaveLeaked: "a receipt for a summary of Fabrikam's text that never was",
    alone: true,
    guards: { SEAL_STATEMENT_REJECTED: SEAL_STATEMENT },
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const undo = await forgeDataset(deal, { text: 'A text that Contoso wrote itself.' });
      try {
        await runToTheEnd(deal, await describeRoom(deal, 'attack-forgery'), stage.signal);
        return null;
      } finally {
        await undo();
      }
    },
  },
  {
    id: 'X1',
    name: 'flipped-bit',
    what: 'changes one bit of the sealed blob through a leaked SAS with write scope, and lets the room read it',
    wouldHaveLeaked: 'how the room reacts to each bit: a way to read the text by trying',
    alone: true,
    guards: { SEALED_BLOB_REJECTED: SEALED_BLOB, NO_RESULT: ROOM_DATASET },
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const original = await takeDataset(deal);
      const changed = Uint8Array.from(original.blob);
      const last = changed.length - 1;
      changed[last] = (changed[last] ?? 0) ^ 1;
      await original.store.write(datasetOf(deal, firstOwner(deal)).blob, changed, 'replace');
      try {
        await runToTheEnd(deal, await describeRoom(deal, 'attack-flipped-bit'), stage.signal);
        return null;
      } finally {
        await original.putBack();
      }
    },
  },
];

interface TakenDataset {
  readonly store: BlobStore;
  readonly blob: Uint8Array;
  readonly statement: Uint8Array;
  /** Puts what was taken back, or something else in its place. */
  readonly putBack: (other?: { readonly blob: Uint8Array; readonly statement: Uint8Array }) => Promise<void>;
}

/** Copies blob and statement of a dataset, through its owner's access. */
async function takeDataset(deal: Deal, owner = firstOwner(deal)): Promise<TakenDataset> {
  const store = createBlobStore(await connectionOf(owner.environment));
  const at = datasetOf(deal, owner).blob;
  const blob = await readWhole(store, at);
  const statement = await readWhole(store, statementBlob(at));
  return {
    store,
    blob,
    statement,
    putBack: async (other = { blob, statement }) => {
      await store.write(at, other.blob, 'replace');
      await store.write(statementBlob(at), other.statement, 'replace');
    },
  };
}

async function swapDatasets(deal: Deal): Promise<void> {
  const [first, second] = await Promise.all(deal.terms.owners.map((owner) => takeDataset(deal, owner)));
  await first?.putBack(second);
  await second?.putBack(first);
}

async function readWhole(store: BlobStore, at: ContractBlob): Promise<Uint8Array> {
  const stored = await store.read(at, MAX_BLOB_BYTES);
  if (stored === null) throw new CleanroomError('BLOB_MISSING', `there is no blob ${at.name}`);
  return stored.bytes;
}

// Deleted keys of a key host: kept until their purge, recoverable before it (Key Vault, "Soft-delete overview").

import { epochSeconds, type Clock } from '../clock.js';
import type { Changes } from '../state/changes.js';
import type { HostKind } from './constants.js';
import * as refusals from './errors.js';
import type { DeletedKey, KeyRecords } from './key-records.js';

const DAY_SECONDS = 86_400;

/** Every change is on disk before it is answered. Methods throw AzureError. */
export interface DeletedKeys {
  /** Deletes all versions of a key. */
  delete(name: string): Promise<DeletedKey>;
  /** A deleted key, as long as it can be recovered. */
  get(name: string): DeletedKey;
  list(): readonly DeletedKey[];
  recover(name: string): Promise<void>;
  purge(name: string): Promise<void>;
  /** Refuses a new key of the name of one that can be recovered. */
  refuseName(name: string): void;
}

/** The deleted keys of `changes`. */
export function createDeletedKeys(kind: HostKind, clock: Clock, changes: Changes<KeyRecords>): DeletedKeys {
  const recoverable = ({ purgeOn }: DeletedKey): boolean => purgeOn > epochSeconds(clock);
  const get = (name: string): DeletedKey => {
    const found = changes.current.deleted.get(name);
    if (found === undefined || !recoverable(found)) throw refusals.deletedKeyNotFound(kind, name);
    return found;
  };
  return {
    get,
    list: () => [...changes.current.deleted.values()].filter(recoverable),
    refuseName: (name) => {
      const deleted = changes.current.deleted.get(name);
      if (deleted !== undefined && recoverable(deleted)) throw refusals.nameIsDeleted(kind, name);
    },
    delete: (name) => {
      const deletedOn = epochSeconds(clock);
      return changes.change(({ keys, deleted }) => {
        const versions = keys.get(name);
        if (versions === undefined) throw refusals.keyNotFound(kind, name);
        const entry = { versions, deletedOn, purgeOn: deletedOn + kind.recoverableDays * DAY_SECONDS };
        deleted.set(name, entry);
        keys.delete(name);
        return entry;
      });
    },
    recover: async (name) => {
      const { versions } = get(name);
      await changes.change(({ keys, deleted }) => {
        keys.set(name, versions);
        deleted.delete(name);
      });
    },
    purge: async (name) => {
      get(name);
      await changes.change(({ deleted, rotation }) => {
        deleted.delete(name);
        rotation.delete(name);
      });
    },
  };
}

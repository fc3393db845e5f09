// Which of the documents are this room's, as the host says: index and count, from the environment. Neither is measured, and neither
// needs to be: what is complete is said by the sealed manifests.

import { CleanroomError } from '../../base/errors.js';
import {
  SHARD_COUNT_VARIABLE,
  SHARD_INDEX_VARIABLE,
  SHARD_VARIABLE,
} from '../../contract/shard-variables.js';

/** The documents whose place is `index` modulo `count`; places count from 0, over all datasets in the contract's order. */
export interface Shard {
  /** From 0, less than `count`. */
  readonly index: number;
  readonly count: number;
}

/**
 * The shard that the host gave this room; null for a room that does all of the work.
 *
 * @throws CleanroomError ROOM_CONFIG_INVALID for half a shard, two of them, no shards at all, or an index past their number.
 */
export function readShard(environment: Readonly<Record<string, string | undefined>>): Shard | null {
  const whole = environment[SHARD_VARIABLE];
  const index = environment[SHARD_INDEX_VARIABLE];
  const count = environment[SHARD_COUNT_VARIABLE];
  if (whole === undefined && index === undefined && count === undefined) return null;
  if (whole !== undefined && (index !== undefined || count !== undefined))
    throw invalid(SHARD_VARIABLE, `is set beside ${SHARD_INDEX_VARIABLE} or ${SHARD_COUNT_VARIABLE}`);
  if (whole !== undefined) {
    const [first, second, ...others] = whole.split('/');
    if (others.length > 0) throw invalid(SHARD_VARIABLE, 'is not INDEX/COUNT');
    return checked(SHARD_VARIABLE, first, second);
  }
  return checked(`${SHARD_INDEX_VARIABLE} with ${SHARD_COUNT_VARIABLE}`, index, count);
}

/** Whether the document in that place is the shard's. */
export function isOwn({ index, count }: Shard, place: number): boolean {
  return place % count === index;
}

function checked(name: string, index: string | undefined, count: string | undefined): Shard {
  const shard = { index: readNumber(index), count: readNumber(count) };
  if (shard.index === null || shard.count === null)
    throw invalid(name, 'does not contain index and count in one to five digits each');
  if (shard.index >= shard.count) throw invalid(name, 'contains an index that is not less than the count');
  return { index: shard.index, count: shard.count };
}

function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : null;
}

function invalid(name: string, problem: string): CleanroomError {
  return new CleanroomError('ROOM_CONFIG_INVALID', `${name} ${problem}`);
}

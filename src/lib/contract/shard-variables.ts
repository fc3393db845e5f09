// The variables by which a host shares documents out over several rooms: the only ones of a room, beside its access to storage and
// vaults, that are not exact. They choose no text, no recipient and nobody to trust.

import type { Contract } from './schema.js';

/** Of container groups: `INDEX/COUNT`, the index from 0. */
export const SHARD_VARIABLE = 'CLEANROOM_SHARD';
/** Of pods: the index, which Kubernetes sets in every pod of an Indexed Job. */
export const SHARD_INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
/** Of pods: how many there are. */
export const SHARD_COUNT_VARIABLE = 'CLEANROOM_SHARDS';

const NUMBER = '[0-9]{1,5}';

/** A variable of the shard, and the pattern (re2, of the whole value) that its values are held to. */
export interface ShardVariable {
  readonly name: string;
  readonly pattern: string;
}

/** The variables of the shard on the contract's platform. */
export function shardVariables({ room }: Pick<Contract, 'room'>): readonly ShardVariable[] {
  return room.platform === 'aci'
    ? [{ name: SHARD_VARIABLE, pattern: `${NUMBER}/${NUMBER}` }]
    : [
        { name: SHARD_INDEX_VARIABLE, pattern: NUMBER },
        { name: SHARD_COUNT_VARIABLE, pattern: NUMBER },
      ];
}

// What a run keeps of the keys that were released to it: derived ones. The bytes of the released keys are wiped here, before a
// place in the budget is taken, any text is opened or a model is loaded.

import { hkdfSync } from 'node:crypto';

import { concatBytes, utf8 } from '../base/bytes/arrays.js';
import { toBase64Url } from '../base/bytes/base64.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import { deriveBudgetKey } from './budget/entry.js';
import { derivePartsKey } from './shards/part.js';

/** Digests of the contract and of its inputs. */
export interface RunDigests {
  readonly contract: Sha256Hex;
  readonly inputs: Sha256Hex;
}

export interface RunKeys {
  /** Marks the run's entries in the budget. */
  readonly budgetKey: Uint8Array;
  /** Seals the parts that several rooms of one run make. */
  readonly partsKey: Uint8Array;
  /** Base64url of 16 bytes: the same for the same inputs, so that a re-run gives the same output; unknown to everybody without the released keys. */
  readonly salt: string;
}

/**
 * Derives a run's keys and writes zeros over what they came from.
 *
 * @param released - bytes of every released key, in the order of the contract's datasets; zeros afterwards.
 */
export function deriveRunKeys(run: RunDigests, released: readonly Uint8Array[]): RunKeys {
  const all = concatBytes(...released);
  try {
    return {
      budgetKey: deriveBudgetKey(run.contract, all),
      partsKey: derivePartsKey(run, all),
      salt: outputSalt(all, run.inputs),
    };
  } finally {
    for (const bytes of [all, ...released]) bytes.fill(0);
  }
}

function outputSalt(released: Uint8Array, inputs: Sha256Hex): string {
  const salt = hkdfSync('sha256', released, utf8(inputs), utf8('cleanroom-output-salt-v1'), 16);
  return toBase64Url(new Uint8Array(salt));
}

// Failures that Azure has and a laptop has not, provoked on demand: `faults.json` in the state directory.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import * as v from 'valibot';

import { CleanroomError, describeCause } from '../../base/errors.js';
import { readTextBounded } from '../../base/files/read-bounded.js';

export const FAULT_FILE = 'faults.json';

/** docs/reference/emulator.md says what each does. */
export const FAULT_KINDS = [
  'throttled',
  'quota',
  'no-confidential-sku',
  'no-capacity',
  'dns-name-taken',
  'image-not-found',
  'pull-denied',
  'identity-missing',
  'role-not-yet-effective',
  'provisioning-failed',
  'provisioning-slow',
  'storage-busy',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

const Fault = v.strictObject({
  kind: v.picklist(FAULT_KINDS),
  /** Only for the container group (or storage account) of this name. */
  target: v.optional(v.string()),
  /** How often it happens; always if absent. */
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Of `throttled` and `storage-busy`, and how long `provisioning-slow` takes. */
  seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)), 1),
});
const FaultFile = v.strictObject({ faults: v.array(Fault) });

export type Fault = v.InferOutput<typeof Fault>;

/** Asks for a fault at one point of the flow; each call that finds one uses it up once. */
export type FaultSource = (kind: FaultKind, target: string) => Promise<Fault | null>;

/** No faults at all. */
export const NO_FAULTS: FaultSource = () => Promise.resolve(null);

/**
 * Faults of the file in `directory`, read anew each time. How often one has happened is kept in memory, by its text:
 * changing an entry starts its count again.
 */
export function openFaultFile(directory: string): FaultSource {
  const happened = new Map<string, number>();
  return async (kind, target) => {
    for (const [index, fault] of (await readFaults(join(directory, FAULT_FILE))).entries()) {
      if (fault.kind !== kind || (fault.target !== undefined && fault.target !== target)) continue;
      const identity = `${index}:${JSON.stringify(fault)}`;
      const count = happened.get(identity) ?? 0;
      if (fault.times !== undefined && count >= fault.times) continue;
      happened.set(identity, count + 1);
      return fault;
    }
    return null;
  };
}

/** @throws CleanroomError EMULATOR_FAULT_FILE_INVALID */
async function readFaults(path: string): Promise<readonly Fault[]> {
  // Asked at every request, and hardly ever there: an error for each would cost more than the request.
  if (!existsSync(path)) return [];
  let text: string;
  try {
    text = await readTextBounded(path, 1024 * 1024);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return [];
    throw cause;
  }
  try {
    return v.parse(FaultFile, JSON.parse(text)).faults;
  } catch (cause) {
    throw new CleanroomError('EMULATOR_FAULT_FILE_INVALID', `${path}: ${describeCause(cause)}`, { cause });
  }
}

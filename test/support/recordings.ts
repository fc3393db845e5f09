// Recorded exchanges of Azure and Microsoft's published examples, and what of an answer can be the same elsewhere.

import { readFileSync } from 'node:fs';

/** One exchange of a recording, in the form of the Azure SDKs' test proxy. */
export interface RecordedExchange {
  readonly RequestUri: string;
  readonly RequestMethod: string;
  readonly RequestBody: unknown;
  readonly StatusCode: number;
  readonly ResponseHeaders?: Readonly<Record<string, string>>;
  readonly ResponseBody: unknown;
}

/** A file of test/vectors/azure-rest. */
export function recording(name: string): { readonly Entries: readonly RecordedExchange[] } {
  return readVector(name) as { Entries: RecordedExchange[] };
}

export function readVector(name: string): unknown {
  return JSON.parse(readFileSync(`test/vectors/azure-rest/${name}`, 'utf8'));
}

/* Names of members whose values are the place's and the moment's own. */
const VOLATILE =
  /^(?:id|kid|recoveryId|n|created|updated|deletedDate|scheduledPurgeDate|recoverableDays|recoveryLevel|principalId|tenantId|startTime|firstTimestamp|lastTimestamp|message|nextLink|image|tags|location|ip)$/;

/** The value with every volatile member replaced by its type; what is left must be equal. */
export function stable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, VOLATILE.test(name) ? typeof member : stable(member)]),
  );
}

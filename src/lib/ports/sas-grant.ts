// A shared access signature that somebody was given: read before it is used, so that what it lacks is said beforehand.

import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';

/** A SAS and the container that it was given for. The query is a secret. */
export interface SasGrant {
  readonly account: string;
  readonly container: string;
  /** Without `?`. */
  readonly query: string;
}

export interface SasUse {
  readonly blob: ContractBlob;
  /** Letters of `sp` that the work needs. */
  readonly permissions: string;
  readonly at: Date;
  /** What it has to reach: the container, or no more than one blob of it. */
  readonly scope?: 'container' | 'blob';
}

/* Clocks may disagree by this much before the service refuses (Azure Storage, "Best practices when using SAS"). */
const CLOCK_SKEW_MS = 15 * 60_000;

/**
 * Reads a SAS: the query with or without `?`, or a whole URL. The text never goes into an error.
 *
 * @throws CleanroomError SAS_INVALID, SAS_EXPIRED, SAS_NOT_YET_VALID, SAS_TOO_NARROW
 */
export function readSasGrant(text: string, { blob, permissions, at, scope }: SasUse): SasGrant {
  const query = text.trim().replace(/^[^?]*\?/, '');
  const fields = new URLSearchParams(query);
  const [granted, expires] = [fields.get('sp') ?? '', Date.parse(fields.get('se') ?? '')];
  if (!fields.has('sig') || !fields.has('sv') || Number.isNaN(expires) || /\s/.test(query)) {
    throw new CleanroomError(
      'SAS_INVALID',
      'the text is no shared access signature: sv, se or sig is missing',
    );
  }
  if (expires <= at.getTime()) {
    throw new CleanroomError('SAS_EXPIRED', `the SAS ended at ${new Date(expires).toISOString()}`);
  }
  const starts = Date.parse(fields.get('st') ?? '');
  if (starts > at.getTime() + CLOCK_SKEW_MS) {
    throw new CleanroomError('SAS_NOT_YET_VALID', `the SAS begins at ${new Date(starts).toISOString()}`);
  }
  const lacking = Array.from(permissions).filter((letter) => !granted.includes(letter));
  const whole = scope === 'blob' || ['c', 'd'].includes(fields.get('sr') ?? '') || fields.has('ss');
  if (lacking.length > 0 || !whole) {
    const what = lacking.length > 0 ? `lacks the permissions ${lacking.join('')}` : 'is for one blob only';
    throw new CleanroomError(
      'SAS_TOO_NARROW',
      `the SAS ${what}; the work needs ${permissions} on a container`,
    );
  }
  return { account: blob.account, container: blob.container, query };
}

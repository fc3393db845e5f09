// Why a container group could not be made: Azure's many codes to our own, each with what to do about it.

import { CleanroomError, type ErrorCode } from '../base/errors.js';
import type { RoomEvent } from '../ports/ports.js';
import { findPolicyDenial } from '../cce-policy/read/denial.js';
import { readServiceFailure, redact, serviceError } from './service-error.js';

const MAX_QUOTED = 600;
const SHOWN_EVENTS = 6;

interface KnownRefusal {
  readonly code: ErrorCode;
  /** Azure's error codes; compared as they are. */
  readonly azure?: readonly string[];
  readonly text?: RegExp;
}

/* The first that fits. Codes marked in docs/reference/emulator.md as not confirmed are also known by their text. */
const REFUSALS: readonly KnownRefusal[] = [
  {
    code: 'QUOTA_REACHED',
    azure: ['ContainerGroupQuotaReached', 'QuotaExceeded'],
    text: /quota .*exceeded/i,
  },
  {
    code: 'REGION_NOT_CONFIDENTIAL',
    azure: ['SkuNotSupported'],
    text: /sku .*not (?:supported|available) in/i,
  },
  { code: 'REGION_FULL', azure: ['ServiceUnavailable'], text: /not available in the location/i },
  {
    code: 'DNS_NAME_TAKEN',
    azure: ['DnsNameLabelNotAvailable', 'DnsRecordInUse'],
    text: /dns name label .*(?:not available|in use)/i,
  },
  { code: 'IMAGE_NOT_FOUND', azure: ['InaccessibleImage'] },
  { code: 'IMAGE_PULL_DENIED', azure: ['RegistryErrorResponse', 'InvalidImageRegistryCredential'] },
  {
    code: 'ROOM_IDENTITY_MISSING',
    azure: ['FailedIdentityOperation'],
    text: /user assigned identity was not found/i,
  },
  { code: 'ROOM_IDENTITY_NOT_ALLOWED', azure: ['LinkedAuthorizationFailed'] },
  { code: 'RESOURCE_GROUP_MISSING', azure: ['ResourceGroupNotFound'] },
];

/** Whether Azure says that a role may have been assigned only just now. */
export function isRoleNotEffective(cause: unknown): boolean {
  const { status, code } = readServiceFailure(cause);
  return status === 403 && (code === 'AuthorizationFailed' || code === 'LinkedAuthorizationFailed');
}

/** Our error where waiting for a role did not help. */
export function roleNotEffective(what: string, cause: unknown): CleanroomError {
  if (readServiceFailure(cause).code === 'LinkedAuthorizationFailed') return deploymentRefused(what, cause);
  return new CleanroomError('ROLE_NOT_EFFECTIVE', `${what}: ${redact(readServiceFailure(cause).message)}`, {
    cause,
  });
}

/** Our error for a refused request about a container group. */
export function deploymentRefused(what: string, cause: unknown): CleanroomError {
  const { status, code, message } = readServiceFailure(cause);
  const known = status === null ? undefined : REFUSALS.find((one) => fits(one, code, message));
  if (known === undefined) return serviceError(what, cause);
  return new CleanroomError(known.code, `${what}: ${status ?? ''} ${code ?? ''} (${redact(message)})`, {
    cause,
  });
}

function fits({ azure, text }: KnownRefusal, code: string | null, message: string): boolean {
  return (code !== null && azure?.includes(code) === true) || text?.test(message) === true;
}

/** Whether a long-running operation ended badly: the request was taken, the group did not come up. */
export function isFailedOperation(cause: unknown): cause is Error {
  return cause instanceof Error && cause.message.includes('long-running operation has failed');
}

/** Our error for a call about a group that was refused, or taken and then failed. */
export function deploymentError(what: string, cause: unknown): CleanroomError {
  return isFailedOperation(cause)
    ? deploymentFailed({ name: what, text: cause.message, events: [], cause })
    : deploymentRefused(what, cause);
}

export interface FailedGroup {
  readonly name: string;
  /** What the operation said; empty where there was none. */
  readonly text: string;
  readonly events: readonly RoomEvent[];
  readonly cause?: unknown;
}

/** Our error for a group that did not come up; a denial by the CCE policy, wherever it is written, comes first. */
export function deploymentFailed({ name, text, events, cause }: FailedGroup): CleanroomError {
  const what = `container group ${name}`;
  const denial = [text, ...events.map(({ message }) => message)]
    .map(findPolicyDenial)
    .find((found) => found !== null);
  if (denial !== undefined)
    return new CleanroomError(
      'POLICY_DENIED',
      `${what}: the guest agent denied ${denial.rule ?? 'the start'}: ${denial.errors.join('; ')}`,
      { cause },
    );
  const operation = text === '' ? [] : [text];
  const shown = [...operation, ...events.filter(isTelling).map(describeEvent)].slice(0, SHOWN_EVENTS);
  return new CleanroomError(
    'DEPLOYMENT_FAILED',
    `${what} did not start${shown.length === 0 ? '' : `: ${redact(shown.join('; ')).slice(0, MAX_QUOTED)}`}`,
    {
      cause,
      hint: `See its events: cleanroom status ${name}   and fix the cause they name; then deploy again, which replaces the group.`,
    },
  );
}

function isTelling({ type, message }: RoomEvent): boolean {
  return type === 'Warning' || /denied|failed|error/i.test(message);
}

function describeEvent({ container, name, message }: RoomEvent): string {
  return `${container ?? 'group'} ${name}: ${message}`;
}

// Every error code: its exit code, what it means, and what to do. docs/reference/errors.md is generated from this table.

import { KEY_ERRORS } from './error-codes/keys.js';
import { PARTY_ERRORS } from './error-codes/parties.js';
import { POLICY_ERRORS } from './error-codes/policies.js';
import { ROOM_ERRORS } from './error-codes/rooms.js';
import { SERVICE_ERRORS } from './error-codes/services.js';

export { type ErrorEntry, EXIT } from './error-codes/entry.js';

export const ERROR_CODES = {
  ...PARTY_ERRORS,
  ...POLICY_ERRORS,
  ...KEY_ERRORS,
  ...ROOM_ERRORS,
  ...SERVICE_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

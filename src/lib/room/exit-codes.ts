// How the container's process ends: one number a cause, for whoever sees the container's exit code and nothing else.

import type { ErrorCode } from '../base/errors.js';

export const ROOM_EXIT = {
  stopped: 0,
  /* As good an end as a result: nothing that sees exit codes may tell the two apart. */
  noResult: 0,
  internal: 1,
  configuration: 10,
  policy: 11,
  contractMissing: 12,
  contractRefused: 13,
  port: 14,
  keyRefused: 20,
  blobMissing: 21,
  datasetRefused: 22,
  textUnusable: 23,
  model: 30,
  memory: 31,
  temporary: 32,
  budgetSpent: 41,
  unreachable: 50,
} as const;

const EXIT_OF: Partial<Record<ErrorCode, number>> = {
  ROOM_CONFIG_INVALID: ROOM_EXIT.configuration,
  ROOM_POLICY_MISMATCH: ROOM_EXIT.policy,
  CONTRACT_DIGEST_MISMATCH: ROOM_EXIT.contractRefused,
  CONTRACT_INVALID: ROOM_EXIT.contractRefused,
  ATTESTATION_REFUSED: ROOM_EXIT.keyRefused,
  KEY_ACCESS_DENIED: ROOM_EXIT.keyRefused,
  KEY_DISABLED: ROOM_EXIT.keyRefused,
  KEY_NOT_FOUND: ROOM_EXIT.keyRefused,
  KEY_RELEASE_DENIED: ROOM_EXIT.keyRefused,
  KEY_RELEASE_REFUSED: ROOM_EXIT.keyRefused,
  KEY_RELEASE_TOKEN_REJECTED: ROOM_EXIT.keyRefused,
  RELEASED_KEY_MALFORMED: ROOM_EXIT.keyRefused,
  BLOB_MISSING: ROOM_EXIT.blobMissing,
  BLOB_REFUSED: ROOM_EXIT.blobMissing,
  BLOB_CHANGED: ROOM_EXIT.datasetRefused,
  BLOB_TOO_LARGE: ROOM_EXIT.datasetRefused,
  DATASET_REFUSED: ROOM_EXIT.datasetRefused,
  SEALED_BLOB_REJECTED: ROOM_EXIT.datasetRefused,
  SEAL_STATEMENT_REJECTED: ROOM_EXIT.datasetRefused,
  FILE_TOO_LARGE: ROOM_EXIT.textUnusable,
  TEXT_BINARY: ROOM_EXIT.textUnusable,
  TEXT_EMPTY: ROOM_EXIT.textUnusable,
  TEXT_NOT_UTF8: ROOM_EXIT.textUnusable,
  TEXT_TOO_LARGE: ROOM_EXIT.textUnusable,
  MODEL_DIGEST_MISMATCH: ROOM_EXIT.model,
  MODEL_FAILED: ROOM_EXIT.model,
  MODEL_INVALID: ROOM_EXIT.model,
  MODEL_REFUSED: ROOM_EXIT.model,
  MODEL_TOO_LARGE: ROOM_EXIT.memory,
  ROOM_PORT_UNUSABLE: ROOM_EXIT.port,
  ROOM_TMP_UNUSABLE: ROOM_EXIT.temporary,
  SIDECAR_ANSWER_MALFORMED: ROOM_EXIT.unreachable,
  SIDECAR_CERTIFICATES_OLD: ROOM_EXIT.unreachable,
  SIDECAR_REQUEST_REFUSED: ROOM_EXIT.unreachable,
  SIDECAR_TOO_OLD: ROOM_EXIT.configuration,
  SIDECAR_UNREACHABLE: ROOM_EXIT.unreachable,
  NO_RESULT: ROOM_EXIT.noResult,
  BUDGET_SPENT: ROOM_EXIT.budgetSpent,
  SERVICE_UNREACHABLE: ROOM_EXIT.unreachable,
};

/** The exit code of the room's process for a failure. */
export function roomExitCode(code: ErrorCode): number {
  return EXIT_OF[code] ?? ROOM_EXIT.internal;
}

// The room's environment, read once. Nothing in it chooses whom to trust: that is in the contract, whose digest is measured.

import { X509Certificate } from 'node:crypto';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { parseSha256Hex, type Sha256Hex } from '../base/bytes/digest.js';
import { REFUSED_VARIABLES } from '../contract/refused-variables.js';
import { isSasQuery } from '../contract/sas-query.js';
import {
  budgetSasVariable,
  CONTRACT_DIGEST_VARIABLE,
  CONTRACT_URL_VARIABLE,
  datasetSasVariable,
  datasetTokenVariable,
  TLS_ROOTS_VARIABLE,
} from '../contract/room-plan.js';
import { CleanroomError } from '../base/errors.js';
import { readShard, type Shard } from './shards/shard.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RoomConfig {
  readonly contractDigest: Sha256Hex;
  readonly contractUrl: string;
  readonly contractSas: string;
  readonly resultSas: string;
  /** PEM of the TLS roots to trust instead of the built-in ones; its digest is held against the contract's. */
  readonly tlsRoots: string | null;
  readonly securityContextDirectory: string;
  /** Null for a room that does all of the work. */
  readonly shard: Shard | null;
  /** SAS of a dataset's container. @throws CleanroomError ROOM_CONFIG_INVALID */
  datasetSas(datasetId: string): string;
  /** SAS of a dataset's budget: create and read. @throws CleanroomError ROOM_CONFIG_INVALID */
  budgetSas(datasetId: string): string;
  /** Token for a dataset's vault, where the deployment gave one. */
  datasetToken(datasetId: string): string | null;
}

/**
 * Reads and checks the environment.
 *
 * @throws CleanroomError ROOM_CONFIG_INVALID, naming the variable, never its value.
 */
export function readRoomConfig(environment: Environment): RoomConfig {
  /* The measured policy allows none of them; looked at all the same. */
  for (const name of REFUSED_VARIABLES) {
    if (environment[name] !== undefined) throw invalid(name, 'must not be set in a room');
  }
  return {
    contractDigest: readDigest(environment),
    contractUrl: readUrl(environment),
    contractSas: readSas(environment, 'CLEANROOM_SAS_CONTRACT'),
    resultSas: readSas(environment, 'CLEANROOM_SAS_RESULT'),
    tlsRoots: readTlsRoots(environment),
    securityContextDirectory: required(environment, 'UVM_SECURITY_CONTEXT_DIR'),
    shard: readShard(environment),
    datasetSas: (id) => readSas(environment, datasetSasVariable(id)),
    budgetSas: (id) => readSas(environment, budgetSasVariable(id)),
    datasetToken: (id) => environment[datasetTokenVariable(id)] ?? null,
  };
}

function readDigest(environment: Environment): Sha256Hex {
  const digest = parseSha256Hex(required(environment, CONTRACT_DIGEST_VARIABLE));
  if (digest === null) throw invalid(CONTRACT_DIGEST_VARIABLE, 'is not a SHA-256 in lower-case hex');
  return digest;
}

function readUrl(environment: Environment): string {
  const text = required(environment, CONTRACT_URL_VARIABLE);
  if (!/^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?\/[A-Za-z0-9._/-]+$/.test(text))
    throw invalid(CONTRACT_URL_VARIABLE, 'is not an https URL without a query');
  return text;
}

function readSas(environment: Environment, name: string): string {
  const query = required(environment, name);
  if (!isSasQuery(query))
    throw invalid(name, 'is not a SAS query without its ?, of members that a SAS has, each once and signed');
  return query;
}

function readTlsRoots(environment: Environment): string | null {
  const encoded = environment[TLS_ROOTS_VARIABLE];
  if (encoded === undefined) return null;
  const bytes = fromBase64Url(encoded);
  const pem = bytes === null ? null : decodeUtf8(bytes);
  try {
    if (pem === null) throw new TypeError('not text');
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new CleanroomError(
      'ROOM_CONFIG_INVALID',
      `${TLS_ROOTS_VARIABLE} is not base64url of PEM certificates`,
      {
        cause,
      },
    );
  }
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw invalid(name, 'is not set');
  return value;
}

function invalid(name: string, problem: string): CleanroomError {
  return new CleanroomError('ROOM_CONFIG_INVALID', `${name} ${problem}`);
}

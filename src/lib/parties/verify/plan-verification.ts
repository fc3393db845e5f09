// What a verification is held against: the verifier's files and flags, read once. DESIGN §5: never the evidence's own.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import type { ParsedContract } from '../../contract/check.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded, readTextBounded } from '../../base/files/read-bounded.js';
import { parseAnchors, PINNED_ANCHORS } from '../../attestation/anchors.js';
import { expectationsOfContract } from '../../attestation/contract-floors.js';
import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { defaultExpectations, type Expectations, parseAppraisal } from '../../attestation/expectations.js';
import type { SealedBlobKeys } from '../../evidence/receipt-keys.js';
import type { VerificationPlan } from '../../evidence/verification-plan.js';
import { parseServiceKeys, type ServiceKey } from '../../attestation/maa/key-set.js';
import type { Product } from '../../attestation/snp/product.js';

const MAX_SETTINGS_BYTES = 4 * 1024 * 1024;
const MAX_CRL_BYTES = 16 * 1024 * 1024;

export interface VerificationSettings {
  /** The verifier's own contract. */
  readonly contract?: ParsedContract;
  readonly appraisalFile?: string;
  readonly anchorsFile?: string;
  readonly emulatedAllowed: boolean;
  readonly jwksFile?: string;
  readonly crlFiles?: readonly string[];
  /** Sealed blobs that receipts are held against. */
  readonly sealedFiles?: readonly string[];
  readonly required: readonly string[];
  readonly at?: Date;
  readonly nonce?: string;
  readonly maxAgeMs?: number;
  readonly issuer?: string;
  readonly hostData?: string;
  readonly reportData?: string;
  readonly runtimeKeys?: readonly string[];
  readonly products?: readonly Product[];
}

/**
 * Reads the settings over one another: built-in defaults, contract, appraisal file, flags.
 *
 * @throws CleanroomError FILE_*, APPRAISAL_INVALID, ANCHORS_INVALID, JWKS_INVALID
 */
export async function planVerification(settings: VerificationSettings, now: Date): Promise<VerificationPlan> {
  const { contract, anchorsFile, jwksFile } = settings;
  const defaults = defaultExpectations(now);
  const agreed = contract === undefined ? defaults : expectationsOfContract(contract.contract, defaults);
  const appraised =
    settings.appraisalFile === undefined
      ? agreed
      : parseAppraisal(await readTextBounded(settings.appraisalFile, MAX_SETTINGS_BYTES), agreed);
  return {
    anchors:
      anchorsFile === undefined
        ? PINNED_ANCHORS
        : parseAnchors(await readTextBounded(anchorsFile, MAX_SETTINGS_BYTES)),
    expectations: withFlags(appraised, settings),
    ...(contract === undefined ? {} : { contract: contract.digest }),
    tokenKeys: jwksFile === undefined ? null : await readKeys(jwksFile),
    ...(settings.sealedFiles === undefined ? {} : { sealed: await readSealed(settings.sealedFiles) }),
    crls: await Promise.all((settings.crlFiles ?? []).map((path) => readFileBounded(path, MAX_CRL_BYTES))),
    required: settings.required,
    emulatedAllowed: settings.emulatedAllowed,
    crypto: nodeSignatureCrypto,
  };
}

function withFlags(base: Expectations, flags: VerificationSettings): Expectations {
  const { at, nonce, maxAgeMs, issuer, hostData, reportData, runtimeKeys, products } = flags;
  return {
    ...base,
    ...(at === undefined ? {} : { at }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(issuer === undefined ? {} : { tokenIssuers: [issuer] }),
    ...(hostData === undefined ? {} : { hostData }),
    ...(reportData === undefined ? {} : { reportData }),
    ...(runtimeKeys === undefined ? {} : { runtimeKeys }),
    ...(products === undefined ? {} : { products }),
  };
}

/* Loaded for this only, as most verifications hold no blob. */
async function readSealed(paths: readonly string[]): Promise<readonly SealedBlobKeys[]> {
  const { readSealedKeysOf } = await import('../sealed-keys.js');
  return Promise.all(paths.map(readSealedKeysOf));
}

async function readKeys(path: string): Promise<readonly ServiceKey[]> {
  const text = decodeUtf8(await readFileBounded(path, MAX_SETTINGS_BYTES));
  try {
    return parseServiceKeys(parseStrictJson(text ?? ''));
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('JWKS_INVALID', `${path}: ${cause.message}`, { cause });
  }
}

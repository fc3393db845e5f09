// What a verification is held against: the verifier's files and flags, read once. Never the evidence's own (docs/design.md#statements).

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import type { Scope } from '../../base/verdict/statement.js';
import type { ParsedContract } from '../../contract/check.js';
import type { FoundConsent } from '../../contract/consent.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded, readTextBounded } from '../../base/files/read-bounded.js';
import { parseAnchors } from '../../attestation/anchors.js';
import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { type Expectations, readAppraisal } from '../../attestation/expectations.js';
import type { KnownPlace } from '../../evidence/receipt-places.js';
import type { SealedBlobKeys } from '../../evidence/receipt-keys.js';
import { verifierPlan, type VerifierPlan } from '../../evidence/verifier-plan.js';
import { parseServiceKeys, type ServiceKey } from '../../attestation/maa/key-set.js';
import type { Product } from '../../attestation/snp/product.js';
import { type AppliedReference, applyReferenceFile, referenceInUse } from '../reference/reference-in-use.js';
import { lazyJudge } from './lazy-judge.js';

const MAX_SETTINGS_BYTES = 4 * 1024 * 1024;
const MAX_CRL_BYTES = 16 * 1024 * 1024;

export interface VerificationSettings {
  readonly scope?: Scope;
  /** The verifier's own contract. */
  readonly contract?: ParsedContract;
  /** The parties' signatures over it. */
  readonly consents?: readonly FoundConsent[];
  /** Results that were accepted beside the contract. */
  readonly knownPlaces?: readonly KnownPlace[];
  readonly appraisalFile?: string;
  /** A table of reference values over this installation's own. */
  readonly referenceFile?: string;
  readonly anchorsFile?: string;
  readonly emulatedAllowed: boolean;
  readonly jwksFile?: string;
  readonly crlFiles?: readonly string[];
  /** Sealed blobs that receipts are held against. */
  readonly sealedFiles?: readonly string[];
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted?: readonly string[];
  readonly required: readonly string[];
  readonly at?: Date;
  readonly nonce?: string;
  readonly maxAgeMs?: number;
  readonly issuer?: string;
  readonly hostData?: string;
  readonly reportData?: string;
  readonly runtimeKeys?: readonly string[];
  readonly products?: readonly Product[];
  /** Lower-case hex. */
  readonly chips?: readonly string[];
}

/**
 * Reads the settings' files and makes the plan (`verifierPlan`).
 *
 * @throws CleanroomError FILE_*, APPRAISAL_INVALID, ANCHORS_INVALID, JWKS_INVALID, REFERENCE_*
 */
export async function planVerification(settings: VerificationSettings, now: Date): Promise<VerifierPlan> {
  const { scope, contract, appraisalFile, anchorsFile, jwksFile, hostData, sealedFiles } = settings;
  const { reference, referenceFrom, refused } = await chooseReference(settings.referenceFile, now);
  const { plan, looser } = verifierPlan(
    {
      reference,
      referenceFrom,
      crypto: nodeSignatureCrypto,
      emulatedAllowed: settings.emulatedAllowed,
      required: settings.required,
      consents: settings.consents ?? [],
      knownPlaces: settings.knownPlaces ?? [],
      tokenKeys: jwksFile === undefined ? null : await readKeys(jwksFile),
      crls: await Promise.all((settings.crlFiles ?? []).map((path) => readFileBounded(path, MAX_CRL_BYTES))),
      stated: flagsOf(settings),
      ...(appraisalFile === undefined
        ? {}
        : { appraisal: readAppraisal(await readTextBounded(appraisalFile, MAX_SETTINGS_BYTES)) }),
      ...(anchorsFile === undefined
        ? {}
        : { anchors: parseAnchors(await readTextBounded(anchorsFile, MAX_SETTINGS_BYTES)) }),
      ...(scope === undefined ? {} : { scope }),
      ...(contract === undefined
        ? {}
        : { contract, judgeProgram: lazyJudge(contract, settings.trusted ?? []) }),
      ...(hostData === undefined ? {} : { namedPolicy: hostData }),
      ...(sealedFiles === undefined ? {} : { sealed: await readSealed(sealedFiles) }),
    },
    now,
  );
  return { plan, looser: [...looser, ...refused.map((what) => `reference values: ${what}`)] };
}

/* The clock of the machine, not `--at`: a table is of the present. */
async function chooseReference(
  path: string | undefined,
  now: Date,
): Promise<Pick<AppliedReference, 'reference' | 'referenceFrom' | 'refused'>> {
  if (path !== undefined) return applyReferenceFile(path, now);
  return { ...(await referenceInUse()), refused: [] };
}

function flagsOf(flags: VerificationSettings): Partial<Expectations> {
  const { at, nonce, maxAgeMs, issuer, hostData, reportData, runtimeKeys, products, chips } = flags;
  return {
    ...(at === undefined ? {} : { at }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(issuer === undefined ? {} : { tokenIssuers: [issuer] }),
    ...(hostData === undefined ? {} : { hostData }),
    ...(reportData === undefined ? {} : { reportData }),
    ...(runtimeKeys === undefined ? {} : { runtimeKeys }),
    ...(products === undefined ? {} : { products }),
    ...(chips === undefined ? {} : { chips }),
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

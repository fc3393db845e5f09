// What a verification is held against: the verifier's files and flags, read once. Never the evidence's own (docs/design.md#statements).

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import type { Scope } from '../../base/verdict/statement.js';
import type { ParsedContract } from '../../contract/check.js';
import type { FoundConsent } from '../../contract/consent.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded, readTextBounded } from '../../base/files/read-bounded.js';
import { parseAnchors, PINNED_ANCHORS } from '../../attestation/anchors.js';
import { expectationsOfContract } from '../../attestation/contract-floors.js';
import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { defaultExpectations, type Expectations, readAppraisal } from '../../attestation/expectations.js';
import { mergeStricter } from '../../attestation/stricter.js';
import type { SealedBlobKeys } from '../../evidence/receipt-keys.js';
import { STATED_BY_CONTRACT, type StatedField } from '../../evidence/stated.js';
import { type VerificationPlan, verificationPlan } from '../../evidence/verification-plan.js';
import { parseServiceKeys, type ServiceKey } from '../../attestation/maa/key-set.js';
import type { Product } from '../../attestation/snp/product.js';

const MAX_SETTINGS_BYTES = 4 * 1024 * 1024;
const MAX_CRL_BYTES = 16 * 1024 * 1024;

export interface VerificationSettings {
  readonly scope?: Scope;
  /** The verifier's own contract. */
  readonly contract?: ParsedContract;
  /** The parties' signatures over it. */
  readonly consents?: readonly FoundConsent[];
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

export interface PlannedVerification {
  readonly plan: VerificationPlan;
  /** What was asked for more loosely than the contract demands. */
  readonly looser: readonly string[];
}

/**
 * Reads the settings. Contract, appraisal file and flags each state expectations, which are merged to the stricter; the
 * built-in defaults count only where none of them says anything.
 *
 * @throws CleanroomError FILE_*, APPRAISAL_INVALID, ANCHORS_INVALID, JWKS_INVALID
 */
export async function planVerification(
  settings: VerificationSettings,
  now: Date,
): Promise<PlannedVerification> {
  const { contract, anchorsFile, jwksFile } = settings;
  const defaults = defaultExpectations(now);
  const appraised =
    settings.appraisalFile === undefined
      ? {}
      : readAppraisal(await readTextBounded(settings.appraisalFile, MAX_SETTINGS_BYTES));
  const flags = flagsOf(settings);
  // Without a contract, the verifier's own file replaces the defaults; a contract can only be tightened.
  const agreed = contract === undefined ? null : expectationsOfContract(contract.contract, defaults);
  const first =
    agreed === null
      ? { expectations: { ...defaults, ...appraised }, looser: [] }
      : mergeStricter(agreed, appraised);
  const merged = mergeStricter(first.expectations, flags);
  const stated = [
    ...(contract === undefined ? [] : STATED_BY_CONTRACT),
    ...statedFields({ ...appraised, ...flags }),
    ...(settings.sealedFiles === undefined ? [] : (['sealed'] as const)),
  ];
  const plan = verificationPlan({
    anchors:
      anchorsFile === undefined
        ? PINNED_ANCHORS
        : parseAnchors(await readTextBounded(anchorsFile, MAX_SETTINGS_BYTES)),
    expectations: merged.expectations,
    stated: [...new Set(stated)],
    consents: settings.consents ?? [],
    resultAsked: settings.sealedFiles !== undefined && contract !== undefined,
    ...(settings.scope === undefined ? {} : { scope: settings.scope }),
    ...(contract === undefined ? {} : { contract, judgeProgram: await judgeOf(contract) }),
    ...(settings.hostData === undefined ? {} : { namedPolicy: settings.hostData }),
    tokenKeys: jwksFile === undefined ? null : await readKeys(jwksFile),
    ...(settings.sealedFiles === undefined ? {} : { sealed: await readSealed(settings.sealedFiles) }),
    crls: await Promise.all((settings.crlFiles ?? []).map((path) => readFileBounded(path, MAX_CRL_BYTES))),
    required: settings.required,
    emulatedAllowed: settings.emulatedAllowed,
    crypto: nodeSignatureCrypto,
  });
  return { plan, looser: [...first.looser, ...merged.looser] };
}

/* Loaded for this only: it brings the reader of images. */
async function judgeOf(contract: ParsedContract): Promise<NonNullable<VerificationPlan['judgeProgram']>> {
  const { programJudge } = await import('../known-programs.js');
  return programJudge(contract);
}

function flagsOf(flags: VerificationSettings): Partial<Expectations> {
  const { at, nonce, maxAgeMs, issuer, hostData, reportData, runtimeKeys, products } = flags;
  return {
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

const FIELDS: readonly (readonly [keyof Expectations, StatedField])[] = [
  ['hostData', 'hostData'],
  ['reportData', 'reportData'],
  ['measurement', 'measurement'],
  ['nonce', 'nonce'],
  ['maxAgeMs', 'maxAge'],
  ['logHeadMaxAgeMs', 'logHeadMaxAge'],
  ['guestSvn', 'guestSvn'],
  ['uvm', 'uvm'],
  ['uvmMinSvn', 'uvmMinSvn'],
  ['uvmRequired', 'uvmRequired'],
  ['minTcb', 'minTcb'],
  ['products', 'products'],
  ['tokenIssuers', 'issuer'],
  ['runtimeKeys', 'runtimeKeys'],
];

function statedFields(stated: Partial<Expectations>): readonly StatedField[] {
  return FIELDS.filter(([key]) => stated[key] !== undefined && stated[key] !== false).map(
    ([, field]) => field,
  );
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

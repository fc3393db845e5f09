// What the verifier expects: built-in defaults, or an appraisal file. Evidence never sets an expectation.

import * as v from 'valibot';

import { isInstant } from '../base/bytes/instant.js';
import { didYouMean } from '../base/closest-name.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import type { UvmAnchor } from './anchors.js';
import { demandsOf, FloorsFile, type ReportDemands, ReportDemandsFile } from './report-demands.js';
import { type Product, PRODUCTS } from './snp/product.js';
import { PLATFORM_BITS, type PlatformBit } from './snp/platform.js';
import { GUEST_POLICY_BITS } from './snp/guest-policy.js';
import { TCB_COMPONENTS, type TcbFloor } from './snp/tcb.js';

/** Every field is the verifier's own; an absent one is not demanded, and its check is listed as skipped. */
export interface Expectations extends ReportDemands {
  /** The time at which validity is judged. */
  readonly at: Date;
  /** Other than the anchors' UVM signer; the verdict is then no longer `hardware`. */
  readonly uvm?: Partial<UvmAnchor>;
  /** Least SVN of the UVM endorsement. */
  readonly uvmMinSvn: number;
  /** The time at which the UVM signer's certificates are judged: the signed signing time, or `at`. */
  readonly uvmTime: 'signing-time' | 'now';
  readonly uvmRequired: boolean;
  /** What is demanded of every guest was stated besides: no debugging, no migration agent, VMPL 0. */
  readonly fixed?: boolean;
  /** Least GUEST_SVN of the report. */
  readonly guestSvn?: number;
  readonly products?: readonly Product[];
  /** Chips that are allowed, lower-case hex: 128 digits, or the 16 of Turin. */
  readonly chips?: readonly string[];
  /** Bits of PLATFORM_INFO that must be so. */
  readonly platform?: { readonly [bit in PlatformBit]?: boolean };
  readonly minTcb: { readonly [product in Product]?: TcbFloor };
  /** Lower-case hex. */
  readonly hostData?: string;
  readonly reportData?: string;
  readonly measurement?: string;
  /** What the runtime data, or the token, must answer. */
  readonly nonce?: string;
  readonly maxAgeMs?: number;
  /** Greatest age of a transparency log's head at `at`; 7 days if absent. */
  readonly logHeadMaxAgeMs?: number;
  /** Issuers of attestation tokens that are trusted. */
  readonly tokenIssuers?: readonly string[];
  /** Digest of the policy that the attestation service appraised by, as its token says it (base64url). */
  readonly servicePolicy?: string;
  /** Key ids that the token's runtime claims must hold, all of them. */
  readonly runtimeKeys?: readonly string[];
}

/** How a chip is named: CHIP_ID of Milan and Genoa, or the eight bytes of it that Turin has. */
export const CHIP_ID = /^[0-9a-f]{16}(?:[0-9a-f]{112})?$/;

/** Production SVNs of Microsoft's UVM builds start here; lower ones must never be trusted. */
export const MIN_PRODUCTION_UVM_SVN = 100;

/** What is expected where nobody says otherwise: a production UVM, everything else as the checks demand. */
export function defaultExpectations(at: Date): Expectations {
  return {
    at,
    uvmMinSvn: MIN_PRODUCTION_UVM_SVN,
    uvmTime: 'signing-time',
    uvmRequired: false,
    minTcb: {},
  };
}

const hex = (digits: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`), `${digits} lower-case hex digits`));
const SVN = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));

/* Of PLATFORM_INFO, by the names of the specification. */
const PlatformFile = v.strictObject(
  Object.fromEntries(PLATFORM_BITS.map((bit) => [bit, v.optional(v.boolean())])) as Record<
    PlatformBit,
    v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
  >,
);

/* The keys are those of `options` and `defaults` in the shared vectors. */
const AppraisalFile = v.strictObject({
  at: v.optional(v.pipe(v.string(), v.isoTimestamp(), v.check(isInstant, 'a time that exists'))),
  /** As `at`, in seconds since 1970. */
  now: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e12))),
  did: v.optional(v.string()),
  feed: v.optional(v.string()),
  min_svn: v.optional(SVN),
  guest_svn: v.optional(SVN),
  min_tcb: v.optional(FloorsFile),
  ...ReportDemandsFile,
  products: v.optional(v.pipe(v.array(v.picklist(PRODUCTS)), v.minLength(1))),
  chip_ids: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.regex(CHIP_ID, '128 lower-case hex digits, or 16'))), v.minLength(1)),
  ),
  platform_info: v.optional(PlatformFile),
  uvm_time: v.optional(v.union([v.literal('now'), v.pipe(v.string(), v.startsWith('signing-time'))])),
  expect_host_data: v.optional(hex(64)),
  expect_report_data: v.optional(hex(128)),
  expect_measurement: v.optional(hex(96)),
  require_uvm: v.optional(v.boolean()),
  issuer: v.optional(v.string()),
  host_data: v.optional(hex(64)),
  report_data: v.optional(hex(128)),
  nonce: v.optional(v.string()),
  /** Seconds. */
  log_head_max_age: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e9))),
  service_policy: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, '43 characters of base64url')),
  ),
  runtime_keys_kid: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
  /* Fixed: a debuggable, migratable or less privileged guest keeps nothing secret, so no file can allow it. */
  vmpl: v.optional(v.literal(0)),
  allow_debug: v.optional(v.literal(false)),
  allow_migrate_ma: v.optional(v.literal(false)),
});

/**
 * Reads an appraisal file over `base`. An unknown key is an error, so that a misspelt demand is not lost.
 *
 * @throws CleanroomError APPRAISAL_INVALID naming the key.
 */
export function parseAppraisal(text: string, base: Expectations): Expectations {
  return { ...base, ...readAppraisal(text) };
}

/**
 * What an appraisal file states, and nothing else.
 *
 * @throws CleanroomError APPRAISAL_INVALID naming the key.
 */
export function readAppraisal(text: string): Partial<Expectations> {
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('APPRAISAL_INVALID', cause.message, { cause });
  }
  const outcome = v.safeParse(AppraisalFile, value);
  if (!outcome.success)
    throw new CleanroomError('APPRAISAL_INVALID', outcome.issues.map(describe).join('; '));
  return statedBy(outcome.output);
}

const NAMES = Object.keys(AppraisalFile.entries);
const NAMES_INSIDE = [...PRODUCTS, ...TCB_COMPONENTS, ...PLATFORM_BITS, ...GUEST_POLICY_BITS];

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'file';
  if (issue.type !== 'strict_object' || issue.expected !== 'never') return `${path}: ${issue.message}`;
  const name = path.slice(path.lastIndexOf('.') + 1);
  return `${path}: there is no such key.${didYouMean(name, path === name ? NAMES : NAMES_INSIDE)}`;
}

/* Two keys for one thing may both be there, and say the same. */
function oneOf<T>(a: T | undefined, b: T | undefined, names: string): T | undefined {
  if (a !== undefined && b !== undefined && a !== b)
    throw new CleanroomError('APPRAISAL_INVALID', `${names} state two values for one thing`);
  return a ?? b;
}

function statedBy(file: v.InferOutput<typeof AppraisalFile>): Partial<Expectations> {
  const at = oneOf(
    file.at === undefined ? undefined : Date.parse(file.at),
    file.now === undefined ? undefined : file.now * 1000,
    'at and now',
  );
  const hostData = oneOf(file.expect_host_data, file.host_data, 'expect_host_data and host_data');
  const reportData = oneOf(file.expect_report_data, file.report_data, 'expect_report_data and report_data');
  const uvm = { ...pick('did', file.did), ...pick('feed', file.feed) };
  return {
    ...pick('at', at === undefined ? undefined : new Date(at)),
    ...(Object.keys(uvm).length === 0 ? {} : { uvm }),
    ...pick('uvmMinSvn', file.min_svn),
    ...pick('guestSvn', file.guest_svn),
    ...pick('minTcb', file.min_tcb as Expectations['minTcb'] | undefined),
    ...pick('products', file.products),
    ...pick('chips', file.chip_ids),
    ...pick('platform', file.platform_info as Expectations['platform']),
    ...pick('uvmTime', file.uvm_time === undefined ? undefined : uvmTime(file.uvm_time)),
    ...pick('uvmRequired', file.require_uvm),
    ...pick('fixed', statesFixed(file) ? true : undefined),
    ...pick('hostData', hostData),
    ...pick('reportData', reportData),
    ...pick('measurement', file.expect_measurement),
    ...pick('nonce', file.nonce),
    ...pick(
      'logHeadMaxAgeMs',
      file.log_head_max_age === undefined ? undefined : file.log_head_max_age * 1000,
    ),
    ...pick('tokenIssuers', file.issuer === undefined ? undefined : [file.issuer]),
    ...pick('runtimeKeys', file.runtime_keys_kid),
    ...pick('servicePolicy', file.service_policy),
    ...demandsOf(file),
  };
}

function statesFixed({
  vmpl,
  allow_debug: debug,
  allow_migrate_ma: migration,
}: v.InferOutput<typeof AppraisalFile>): boolean {
  return [vmpl, debug, migration].some((value) => value !== undefined);
}

function uvmTime(text: string): Expectations['uvmTime'] {
  return text === 'now' ? 'now' : 'signing-time';
}

function pick<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

// The flags of `cleanroom verify` as settings: times, ages, hex and lists, checked.

import type { ParsedContract } from '../contract/check.js';
import { MAX_CONTRACT_BYTES } from '../contract/check.js';
import { parseInstant } from '../base/bytes/instant.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { CHECKS } from '../attestation/check-ids.js';
import type { KnownPlace } from '../evidence/receipt-places.js';
import { STATEMENT_CHECKS } from '../evidence/release-statements.js';
import { STATEMENT_IDS } from '../evidence/statements.js';
import { findConsents } from './consent-files.js';
import { CHIP_ID } from '../attestation/expectations.js';
import { readRequired } from './required-checks.js';
import { openSeenResults } from './seen-results.js';
import { type Product, PRODUCTS } from '../attestation/snp/product.js';
import type { VerificationSettings } from './verify/plan-verification.js';

type Text = string | undefined;

/** The flags as oclif parses them. */
export interface VerifyFlags {
  readonly scope?: Text;
  readonly contract?: Text;
  readonly report?: Text;
  readonly certs?: Text;
  readonly uvm?: Text;
  readonly policy?: Text;
  readonly 'runtime-data'?: Text;
  readonly 'maa-token'?: Text;
  readonly statement?: readonly string[] | undefined;
  readonly jwks?: Text;
  readonly crl?: readonly string[] | undefined;
  readonly sealed?: readonly string[] | undefined;
  readonly appraisal?: Text;
  readonly reference?: Text;
  readonly require?: readonly string[] | undefined;
  readonly at?: Text;
  readonly nonce?: Text;
  readonly 'max-age'?: Text;
  readonly issuer?: Text;
  readonly 'host-data'?: Text;
  readonly 'report-data'?: Text;
  readonly 'runtime-key'?: readonly string[] | undefined;
  readonly products?: Text;
  readonly 'chip-id'?: readonly string[] | undefined;
  readonly anchors?: Text;
  readonly 'allow-emulated': boolean;
  readonly html?: Text;
  readonly image?: readonly string[] | undefined;
  readonly 'trust-program'?: readonly string[] | undefined;
  readonly 'self-test': boolean;
}

/** Reads the flags; the contract is read and checked here. @throws CleanroomError USAGE, CONTRACT_*, FILE_* */
export async function readSettings(flags: VerifyFlags): Promise<VerificationSettings> {
  const required = readRequired(flags.require ?? [], [...STATEMENT_IDS, ...Object.keys(CHECKS)]);
  const contract = flags.contract === undefined ? undefined : await readContract(flags.contract);
  return {
    // Whoever names a statement wants it to hold.
    required: [...required, ...(flags.statement === undefined ? [] : STATEMENT_CHECKS)],
    emulatedAllowed: flags['allow-emulated'],
    ...given('scope', flags.scope as VerificationSettings['scope']),
    ...given('contract', contract),
    ...given('consents', flags.contract === undefined ? undefined : await findConsents(flags.contract)),
    ...given('knownPlaces', await seenBeside(flags.contract, contract)),
    ...given('appraisalFile', flags.appraisal),
    ...given('referenceFile', flags.reference),
    ...given('anchorsFile', flags.anchors),
    ...given('jwksFile', flags.jwks),
    ...given('crlFiles', flags.crl),
    ...given('trusted', flags['trust-program']),
    ...given('sealedFiles', flags.sealed),
    ...given('at', flags.at === undefined ? undefined : parseTime(flags.at)),
    ...given('nonce', flags.nonce),
    ...given('maxAgeMs', flags['max-age'] === undefined ? undefined : parseAge(flags['max-age'])),
    ...given('issuer', flags.issuer),
    ...given('hostData', parseHex('--host-data', flags['host-data'], 64)),
    ...given('reportData', parseHex('--report-data', flags['report-data'], 128)),
    ...given('runtimeKeys', flags['runtime-key']),
    ...given('chips', flags['chip-id']?.map(parseChip)),
    ...given('products', flags.products === undefined ? undefined : parseProducts(flags.products)),
  };
}

function seenBeside(
  path: string | undefined,
  contract: ParsedContract | undefined,
): Promise<readonly KnownPlace[]> | undefined {
  return path === undefined || contract === undefined
    ? undefined
    : openSeenResults(path, contract.digest).read();
}

/** The YAML reader is loaded for this only: it is a third of what the command would load. @throws CleanroomError FILE_…, CONTRACT_… */
export async function readContract(path: string): Promise<ParsedContract> {
  const { parseContract } = await import('../contract/parse.js');
  return parseContract(await readTextBounded(path, MAX_CONTRACT_BYTES));
}

function given<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

/* RFC 3339, a day alone, or seconds since 1970 as tokens have them. */
function parseTime(text: string): Date {
  if (/^\d{9,11}$/.test(text)) return new Date(Number(text) * 1000);
  const time = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (time === null) throw usage(`--at ${text} is no time; write 2026-11-23T00:00:00Z`);
  return time;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseAge(text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match === null) throw usage(`--max-age ${text} is no age; write 90s, 15m, 8h or 7d`);
  return Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
}

function parseHex(flag: string, text: string | undefined, digits: number): string | undefined {
  if (text === undefined) return undefined;
  if (text.length !== digits || !/^[0-9a-fA-F]+$/.test(text))
    throw usage(`${flag} takes ${digits} hex digits`);
  return text.toLowerCase();
}

function parseChip(text: string): string {
  const chip = text.toLowerCase();
  if (!CHIP_ID.test(chip)) throw usage('--chip-id takes 128 hex digits, or the 16 of Turin');
  return chip;
}

function parseProducts(text: string): readonly Product[] {
  return text.split(',').map((name) => {
    const product = PRODUCTS.find((candidate) => candidate.toLowerCase() === name.trim().toLowerCase());
    if (product === undefined) throw usage(`there is no product ${name}; there are: ${PRODUCTS.join(', ')}`);
    return product;
  });
}

function usage(message: string): CleanroomError {
  return new CleanroomError('USAGE', message);
}

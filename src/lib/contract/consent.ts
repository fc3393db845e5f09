// Consent: a party's signature over the contract's digest (JWS, ES256), and whether the parties' signatures suffice. Pure: who
// calls brings the check of a signature.

import * as v from 'valibot';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { type ParsedJws, parseCompactJws } from '../base/bytes/compact-jws.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CheckList, type Check } from '../base/verdict/check.js';
import type { ParsedContract } from './check.js';
import type { Contract, PublicKeyJwk } from './schema.js';

export const CONSENT_TYPE = 'cleanroom-consent+jws';
export const MAX_CONSENT_BYTES = 16 * 1024;
const SPEC = 'RFC 7515';

const ConsentSchema = v.strictObject({
  v: v.literal(1),
  use: v.literal('cleanroom-consent'),
  /** SHA-256 of the RFC 8785 form. */
  contract: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  name: v.string(),
  party: v.string(),
  /** Digests of the code that the party knows by itself, and named: layers or images. */
  program: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))), v.minLength(1), v.maxLength(130)),
  ),
  /** Seconds since 1970. */
  iat: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

export type ConsentStatement = Omit<v.InferOutput<typeof ConsentSchema>, 'v' | 'use'>;

/** Whether a JWS is ES256 and signed by that key. */
export type IsSigned = (jws: ParsedJws, key: PublicKeyJwk) => boolean;

/** One signature as it was found, and where. */
export interface FoundConsent {
  readonly source: string;
  readonly jws: string;
}

export interface ConsentAppraisal {
  readonly sufficient: boolean;
  readonly signers: readonly string[];
  /** The digests by which a signer named the code herself. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  /** How many signatures the contract asks for. */
  readonly needed: number;
  readonly checks: readonly Check[];
}

interface JudgedConsent {
  readonly source: string;
  readonly finding:
    | 'counts'
    | 'CONSENT_REPEATED'
    | 'CONSENT_FORMAT'
    | 'CONSENT_SIGNATURE'
    | 'CONSENT_UNKNOWN_SIGNER'
    | 'CONSENT_OTHER_VERSION'
    | 'CONSENT_REPLAYED';
  readonly statement: ConsentStatement | null;
}

/**
 * Whether the contract's parties have signed it as it demands. A party counts once, however often it signed; a
 * signature that does not count is listed with its reason, and a party that signed two versions is named.
 */
export function judgeConsents(
  parsed: ParsedContract,
  found: readonly FoundConsent[],
  isSigned: IsSigned,
): ConsentAppraisal {
  const { contract } = parsed;
  const judged = markRepeated(found.map((consent) => judge(parsed, consent, isSigned)));
  const signers = contract.parties
    .map(({ id }) => id)
    .filter((id) => judged.some(({ finding, statement }) => finding === 'counts' && statement?.party === id));
  const needed = contract.consent.threshold === 'all' ? contract.parties.length : contract.consent.threshold;
  const checks = new CheckList();
  const named = programsOf(judged);
  for (const { id } of contract.parties) recordParty(checks, id, signers, named.get(id));
  for (const { source, finding, statement } of judged) {
    if (finding !== 'counts')
      checks.skip(finding, {
        reason: `${source} does not count: ${describeFinding(finding, statement)}`,
        spec: SPEC,
      });
  }
  const twoVersions = partiesWithTwoVersions(judged);
  for (const party of twoVersions) {
    checks.fail('CONSENT_EQUIVOCATION', {
      reason: `${party} has signed two versions of ${contract.name}`,
      spec: 'docs/security/threat-model.md#party-ii',
    });
  }
  const sufficient = signers.length >= needed && twoVersions.length === 0;
  checks.record('CONSENT_THRESHOLD', signers.length >= needed, {
    expected: `${needed} of ${contract.parties.length} parties`,
    actual: `${signers.length}: ${signers.join(', ') || 'none'}`,
    spec: SPEC,
  });
  return { sufficient, signers, named, needed, checks: checks.list() };
}

function programsOf(judged: readonly JudgedConsent[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    judged.flatMap(({ finding, statement }) =>
      finding === 'counts' && statement?.program !== undefined
        ? [[statement.party, statement.program] as const]
        : [],
    ),
  );
}

function recordParty(
  checks: CheckList,
  id: string,
  signers: readonly string[],
  named: readonly string[] | undefined,
): void {
  const code = named === undefined ? '' : `, and named the code itself: ${named.join(', ')}`;
  if (signers.includes(id)) checks.pass('CONSENT_PARTY', { actual: `${id} has signed${code}` });
  else checks.skip('CONSENT_PARTY', { reason: `${id} has not signed this version` });
}

function judge(parsed: ParsedContract, { source, jws }: FoundConsent, isSigned: IsSigned): JudgedConsent {
  const parts = jws.length > MAX_CONSENT_BYTES ? null : parseCompactJws(jws.trim());
  const statement = parts?.header['typ'] === CONSENT_TYPE ? readStatement(parts) : null;
  if (parts === null || statement === null) return { source, finding: 'CONSENT_FORMAT', statement: null };
  const party = parsed.contract.parties.find(({ id }) => id === statement.party);
  if (party === undefined) return { source, finding: 'CONSENT_UNKNOWN_SIGNER', statement };
  if (!isSigned(parts, party.contractKey)) return { source, finding: 'CONSENT_SIGNATURE', statement };
  return { source, finding: judgeBinding(parsed.contract, parsed.digest, statement), statement };
}

function judgeBinding(
  contract: Contract,
  digest: string,
  statement: ConsentStatement,
): JudgedConsent['finding'] {
  if (statement.name !== contract.name) return 'CONSENT_REPLAYED';
  return statement.contract === digest ? 'counts' : 'CONSENT_OTHER_VERSION';
}

/* Of a party's signatures over this version the first one counts. */
function markRepeated(judged: readonly JudgedConsent[]): readonly JudgedConsent[] {
  const counted = new Set<string>();
  return judged.map((consent) => {
    const { finding, statement } = consent;
    if (finding !== 'counts' || statement === null) return consent;
    if (counted.has(statement.party)) return { ...consent, finding: 'CONSENT_REPEATED' };
    counted.add(statement.party);
    return consent;
  });
}

function partiesWithTwoVersions(judged: readonly JudgedConsent[]): readonly string[] {
  const versions = new Map<string, Set<string>>();
  for (const { finding, statement } of judged) {
    if (statement === null || (finding !== 'counts' && finding !== 'CONSENT_OTHER_VERSION')) continue;
    versions.set(statement.party, (versions.get(statement.party) ?? new Set()).add(statement.contract));
  }
  return [...versions].filter(([, digests]) => digests.size > 1).map(([party]) => party);
}

function describeFinding(finding: JudgedConsent['finding'], statement: ConsentStatement | null): string {
  const party = statement?.party ?? 'no party';
  switch (finding) {
    case 'CONSENT_FORMAT':
      return 'it is not a consent signature';
    case 'CONSENT_REPEATED':
      return `${party} has signed this version before, and counts once`;
    case 'CONSENT_SIGNATURE':
      return `it is not signed by the contract key of ${party}`;
    case 'CONSENT_UNKNOWN_SIGNER':
      return `${party} is no party of this contract`;
    case 'CONSENT_OTHER_VERSION':
      return `${party} signed another version (${statement?.contract ?? ''})`;
    case 'CONSENT_REPLAYED':
      return `${party} signed the contract ${statement?.name ?? ''}, not this one`;
    case 'counts':
      return 'it counts';
  }
}

function readStatement(jws: ParsedJws): ConsentStatement | null {
  let value: unknown;
  try {
    value = parseStrictJson(decodeUtf8(jws.payload) ?? '', { maxDepth: 4 });
  } catch {
    return null;
  }
  const outcome = v.safeParse(ConsentSchema, value);
  return outcome.success ? outcome.output : null;
}

// What a service's error means: by its code where that says enough (known-service-errors.ts), else by its words.

import { ERROR_CODES, type ErrorCode } from '../../base/error-codes.js';
import { vaultRefusal, vaultRefusalByText } from '../../room/key-release/vault-refusals.js';
import { releaseFailure } from '../../room/key-release/sidecar-failure.js';
import { compareWithPolicy, expectedRoomClaims } from './compare-claims.js';
import type { ClaimComparison, Diagnosis, References } from './diagnosis.js';
import { KNOWN_SERVICE_ERRORS } from './known-service-errors.js';
import type { Statement } from './unfold.js';

/* They only say that something inside failed: what that is stands in their details. */
const WRAPPERS =
  /^(?:DeploymentFailed|ResourceDeploymentFailure|Conflict|BadRequest|Failed|InvalidTemplateDeployment|DeploymentActive|\d{3})$/;
const VAULT_STATUS: Readonly<Record<string, number>> = {
  BadParameter: 400,
  Unauthorized: 401,
  Forbidden: 403,
  KeyNotFound: 404,
  SecretNotFound: 404,
};

/** Explains one statement of a service; null where neither code nor text is known. */
export function explainStatement(statement: Statement, references: References): Diagnosis | null {
  const { code, innerCode, message } = statement;
  const known = KNOWN_SERVICE_ERRORS.find(
    (candidate) => candidate.code.test(code) && (candidate.message?.test(message) ?? true),
  );
  if (known !== undefined) {
    return {
      kind: known.kind,
      code: known.ours,
      what: `${code}: ${firstLine(message)}`,
      why: [known.why],
      fix: known.fix,
      claims: [],
    };
  }
  const status = VAULT_STATUS[code] ?? null;
  const text = [code, innerCode ?? '', message].join(' ');
  const vault =
    code === 'Unauthorized'
      ? null
      : (vaultRefusalByText(text) ?? (status === 403 || status === 404 ? vaultRefusal(status, text) : null));
  if (vault !== null) return explainVault(vault, `${code}: ${firstLine(message)}`, references);
  const refused = TOKEN_REFUSALS.find(([pattern]) => pattern.test(message));
  if (refused !== undefined && (code === 'Unauthorized' || code === '401'))
    return explainRefusedToken(`${code}: ${firstLine(message)}`, ...refused);
  if (code === 'Unauthorized' || code === '401') return explainUnauthorized(`${code}: ${firstLine(message)}`);
  return null;
}

/** Whether a statement only says that something it contains failed. */
export function isWrapper({ code }: Statement): boolean {
  return WRAPPERS.test(code);
}

/* What Key Vault says of a token that it does not take (LEARN "Key Vault REST API error codes", HTTP 401). */
const TOKEN_REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/AKV10032|Invalid issuer/i, 'The token was issued by another tenant than the vault belongs to.'],
  [/AKV10022|Invalid audience/i, 'The token is for another service: a vault needs its own audience.'],
  [/AKV10000|missing a Bearer or PoP token/i, 'The request came without a token.'],
];

/** Explains a text that holds no code: what vaults, the sidecar and their challenges write. */
export function explainServiceText(text: string, references: References): Diagnosis | null {
  const challenge = /WWW-Authenticate:\s*Bearer[^\n]*|Bearer authorization="[^\n]*/i.exec(text)?.[0];
  if (challenge !== undefined) return explainUnauthorized(challenge.slice(0, 300), challenge);
  const refused = TOKEN_REFUSALS.find(([pattern]) => pattern.test(text));
  if (refused !== undefined) return explainRefusedToken(text, ...refused);
  const vault = vaultRefusalByText(text);
  if (vault !== null) return explainVault(vault, quoteAround(text, vault), references);
  if (/http response status equal to/i.test(text)) {
    const sidecar = releaseFailure(text) ?? 'KEY_RELEASE_REFUSED';
    return explainVault(sidecar, firstLine(text), references);
  }
  return null;
}

function explainVault(code: ErrorCode, what: string, references: References): Diagnosis {
  const entry = ERROR_CODES[code];
  const claims = code === 'KEY_RELEASE_DENIED' ? expectedAgainstKey(references) : [];
  return {
    kind: code === 'ATTESTATION_REFUSED' ? 'attestation-error' : 'vault-error',
    code,
    what,
    why: [entry.summary, ...explainRelease(code, references, claims)],
    fix: fixesOf(code, references, entry.fix),
    claims,
  };
}

/* What the room will present beside what the key demands: only where both are known. */
function expectedAgainstKey({ contract, policy, releasePolicy }: References): readonly ClaimComparison[] {
  if (contract === null || policy === null || releasePolicy === null) return [];
  const claims = expectedRoomClaims(contract, policy.hash);
  const [authority = ''] = contract.contract.attestation.authorities;
  return compareWithPolicy(releasePolicy, claims, authority, 'release policy');
}

function explainRelease(
  code: ErrorCode,
  { names }: References,
  claims: readonly ClaimComparison[],
): readonly string[] {
  if (code === 'KEY_RELEASE_TOKEN_REJECTED')
    return [
      'Signature, issuer or expiry of the token were not accepted: clocks, or an authority that is not the issuer.',
    ];
  if (code !== 'KEY_RELEASE_DENIED') return [];
  const failed = claims.filter(({ holds }) => !holds).map(({ claim }) => claim);
  if (failed.length > 0)
    return [`A room of this contract and policy cannot get this key: it fails at ${failed.join(', ')}.`];
  if (claims.length > 0)
    return [
      'A room of this contract and policy would get this key: what asked is another room, or on other firmware.',
    ];
  return [
    'The service does not report which clause failed. The most frequent cause: the policy was generated again after the key was made, so that x-ms-sevsnpvm-hostdata is another one.',
    `With the room's token the clause is found: cleanroom why TOKEN -f ${names.contract} --release-policy FILE`,
  ];
}

function fixesOf(code: ErrorCode, { names }: References, fallback: string): readonly string[] {
  if (code === 'KEY_RELEASE_DENIED')
    return [
      `cleanroom why --dry-run -f ${names.contract} --policy ${names.policy}`,
      `cleanroom encrypt FILE -f ${names.contract} --dataset ID --policy ${names.policy} (binds a new key version to the policy that runs)`,
    ];
  return [fallback];
}

function explainRefusedToken(text: string, pattern: RegExp, why: string): Diagnosis {
  const line = text.split(/\r?\n/).find((candidate) => pattern.test(candidate)) ?? text;
  return {
    kind: 'vault-error',
    code: 'SERVICE_UNAUTHENTICATED',
    what: firstLine(line),
    why: [why],
    fix: [
      'az login --tenant TENANT (the one of the vault), or name it in the profile: tenant, otherTenants',
      'cleanroom why TOKEN shows audience, tenant and expiry of the token that was sent.',
    ],
    claims: [],
  };
}

function explainUnauthorized(what: string, challenge = ''): Diagnosis {
  const resource = /resource="([^"]{1,200})"/.exec(challenge)?.[1];
  const tenant = /authorization="https:\/\/[^/"]+\/([^"/]{1,100})"/.exec(challenge)?.[1];
  return {
    kind: 'vault-error',
    code: 'SERVICE_UNAUTHENTICATED',
    what,
    why: [
      'The request came without a token, or with one that is expired or for another audience or tenant. The first request of every SDK client comes without; only a second 401 is a failure.',
      ...(resource === undefined ? [] : [`It needs a token for the audience ${resource}.`]),
      ...(tenant === undefined ? [] : [`It needs a token of the tenant ${tenant}.`]),
    ],
    fix: [
      ...(tenant === undefined ? [] : [`az login --tenant ${tenant}`]),
      'cleanroom why TOKEN shows audience, tenant and expiry of the token that was sent.',
    ],
    claims: [],
  };
}

function quoteAround(text: string, code: ErrorCode): string {
  const line = text.split(/\r?\n/).find((candidate) => vaultRefusalByText(candidate) === code);
  return firstLine(line ?? text);
}

function firstLine(text: string): string {
  const line = text.split(/\r?\n/)[0] ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

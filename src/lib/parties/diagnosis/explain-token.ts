// Tokens in hand: an attestation token, an access token, or a vault's signed release. Read, never verified here, and
// never printed.

import type { Json } from '../../base/bytes/canonical-json.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { parseReleaseJws } from '../../room/key-release/release-jws.js';
import { CLAIM } from '../../contract/release-policy/claims.js';
import type { Claims } from '../../contract/release-policy/evaluate.js';
import { isClause, type Condition, type ReleasePolicy } from '../../contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../../contract/release-policy/parse.js';
import { compareClaims } from './compare-claims.js';
import type { ClaimComparison, Diagnosis, References } from './diagnosis.js';
import { isRecord, type JsonRecord } from './unfold.js';

const COMPACT = /[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*/g;
const MAX_TOKEN = 256 * 1024;
const NOT_VERIFIED =
  'Its signature was not checked here: cleanroom verify --maa-token TOKEN --jwks KEYS does.';

/** The compact forms in a text whose first part is a JOSE header. */
export function findTokens(text: string): readonly string[] {
  if (!text.includes('eyJ') && !text.includes('ey')) return [];
  const found = (text.match(COMPACT) ?? []).filter(
    (token) => token.length <= MAX_TOKEN && readPart(token.split('.')[0])?.['alg'] !== undefined,
  );
  return [...new Set(found)].slice(0, 5);
}

/** Explains one token; null where its payload is no JSON object. */
export function explainToken(token: string, references: References): Diagnosis | null {
  const [, payload] = token.split('.');
  const claims = readPart(payload);
  if (claims === null) return null;
  if (isRecord(claims['request']) && isRecord(claims['response']))
    return explainReleaseAnswer(token, claims, references);
  if (claims['use'] === 'cleanroom-consent' || String(claims['use']).startsWith('cleanroom-'))
    return explainOwnStatement(claims);
  const isAttestation = Object.keys(claims).some(
    (name) => name.startsWith('x-ms-attestation') || name === 'x-ms-isolation-tee',
  );
  return isAttestation ? explainAttestation(claims, references) : explainAccess(claims, references.now);
}

function explainAttestation(claims: JsonRecord, references: References): Diagnosis {
  const issuer = text(claims['iss']) ?? 'no party';
  const nested = isRecord(claims['x-ms-isolation-tee']);
  const compared = compareClaims(claims as Claims, issuer, references);
  const failed = compared.filter(({ holds }) => !holds);
  return {
    kind: 'attestation-token',
    code: failed.length === 0 ? null : 'KEY_RELEASE_DENIED',
    what:
      failed.length === 0
        ? `An attestation token by ${issuer} that meets everything it was compared with.`
        : `An attestation token by ${issuer} that fails at ${[...new Set(failed.map(({ claim }) => claim))].join(', ')}.`,
    why: [
      ...(nested
        ? [
            'Its claims are nested under x-ms-isolation-tee: it is of an Azure confidential VM, not of a container group.',
          ]
        : []),
      ...failed.flatMap(({ claim }) => WHY[claim] ?? []),
      ...(references.contract === null && references.releasePolicy === null
        ? ['Compared with what every room on ACI has; give -f, --policy and --release-policy for the rest.']
        : []),
      NOT_VERIFIED,
    ],
    fix: fixesOf(failed, references),
    claims: compared,
  };
}

/* What it means that a claim is another one. */
const WHY: Readonly<Record<string, string>> = {
  exp: 'The token has expired (tokens live for eight hours): ask for a new one.',
  nbf: 'The token is not valid yet: a clock is wrong.',
  iss: 'It was issued by a service that is not trusted for this key: the sidecar was given another attestation service than the release policy names.',
  [CLAIM.hostData]: 'The room runs under another CCE policy than the one the key is bound to.',
  [CLAIM.debuggable]: 'The guest was started with debugging allowed: the host can read its memory.',
  [CLAIM.migrationAllowed]: 'The guest may be moved by a migration agent.',
  [CLAIM.vmpl]:
    'The report was asked for at another privilege level than 0: by the host, or by something inside the guest that is not the room.',
  [CLAIM.complianceStatus]: 'The utility VM is not one that Microsoft endorses for container groups.',
  [CLAIM.attestationType]: 'The token is about another kind of environment than SEV-SNP.',
  [CLAIM.guestSvn]: 'The guest is older than demanded.',
  [CLAIM.bootloaderSvn]: 'The firmware of the machine is older than demanded (bootloader).',
  [CLAIM.teeSvn]: 'The firmware of the machine is older than demanded (TEE).',
  [CLAIM.snpSvn]: 'The firmware of the machine is older than demanded (SNP).',
  [CLAIM.microcodeSvn]: 'The firmware of the machine is older than demanded (microcode).',
};

function fixesOf(failed: readonly ClaimComparison[], { names }: References): readonly string[] {
  if (failed.length === 0) return [];
  if (failed.some(({ claim }) => claim === CLAIM.hostData))
    return [
      `cleanroom verify-policy -f ${names.contract} --policy ${names.policy}`,
      `cleanroom encrypt FILE -f ${names.contract} --dataset ID --policy ${names.policy}`,
      `cleanroom deploy -f ${names.contract} --policy ${names.policy}`,
    ];
  if (failed.every(({ claim }) => claim === 'exp' || claim === 'nbf')) return ['cleanroom restart ROOM'];
  return [`cleanroom deploy -f ${names.contract} --policy ${names.policy}`];
}

function explainAccess(claims: JsonRecord, now: Date): Diagnosis {
  const expires = typeof claims['exp'] === 'number' ? claims['exp'] : null;
  const expired = expires !== null && expires * 1000 <= now.getTime();
  const told = ['aud', 'tid', 'appid', 'azp', 'oid'].flatMap((name) => {
    const value = text(claims[name]);
    return value === null ? [] : [`${name} ${value.slice(0, 200)}`];
  });
  return {
    kind: 'access-token',
    code: expired ? 'SERVICE_UNAUTHENTICATED' : null,
    what: `A token by ${text(claims['iss']) ?? 'nobody'} for ${text(claims['aud']) ?? 'no audience'}${expired ? ', expired' : ''}; no attestation token.`,
    why: [
      told.join('; '),
      'Managed HSM needs the audience https://managedhsm.azure.net, a vault https://vault.azure.net, storage https://storage.azure.com.',
      'A token like this is a password for as long as it lives: do not pass it on.',
    ],
    fix: expired ? ['Log in again.'] : [],
    claims:
      expires === null
        ? []
        : [
            {
              claim: 'exp',
              expected: `after ${now.toISOString()}`,
              actual: Math.abs(expires) < 8e12 ? new Date(expires * 1000).toISOString() : String(expires),
              holds: !expired,
              from: 'clock',
            },
          ],
  };
}

function explainReleaseAnswer(token: string, claims: JsonRecord, references: References): Diagnosis {
  const problem = releaseProblem(token);
  const key = record(record(claims['response'])['key']);
  const kid = text(record(key['key'])['kid']) ?? 'an unnamed key';
  const policy = embeddedPolicy(record(key['release_policy'])['data']);
  const compared = [...compareKey(kid, references), ...comparePolicyHash(policy, references)];
  const failed = compared.filter(({ holds }) => !holds);
  return {
    kind: 'release',
    code: problem === null ? null : 'RELEASE_JWS_REJECTED',
    what:
      problem === null
        ? `A vault's release of ${kid}${failed.length === 0 ? '' : `, which is not what was agreed: ${failed.map(({ claim }) => claim).join(', ')}`}.`
        : `A vault's release of ${kid} that cannot be used: ${problem}.`,
    why: [
      'The key in it is wrapped to a one-time key of the room that asked; nobody else can open it.',
      policy === null
        ? 'It carries no release policy that can be read.'
        : `Its release policy admits tokens of ${policy.anyOf.map(({ authority }) => authority).join(', ')}.`,
      'Its signature was not checked here; the room checks it against the certificate of the vault.',
    ],
    fix:
      problem === null && failed.length === 0
        ? []
        : [`cleanroom key show -f ${references.names.contract} --dataset ID`],
    claims: compared,
  };
}

function releaseProblem(token: string): string | null {
  try {
    parseReleaseJws(token);
    return null;
  } catch (cause) {
    if (cause instanceof CleanroomError) return cause.message;
    throw cause;
  }
}

function compareKey(kid: string, { contract }: References): readonly ClaimComparison[] {
  if (contract === null) return [];
  const keys = contract.contract.datasets.map(({ key }) => `https://${key.vault}/keys/${key.name}`);
  return [
    {
      claim: 'kid',
      expected: keys.map((key) => `${key}/VERSION`).join(' or '),
      actual: kid,
      holds: keys.some((key) => kid.startsWith(`${key}/`)),
      from: 'contract',
    },
  ];
}

function comparePolicyHash(
  release: ReleasePolicy | null,
  { policy }: References,
): readonly ClaimComparison[] {
  if (release === null || policy === null) return [];
  return release.anyOf.map((branch, index) => {
    const admitted = hostDataOf(branch.conditions);
    return {
      claim: `release policy anyOf[${index}] ${CLAIM.hostData}`,
      expected: policy.hash,
      actual: admitted.join(' or ') || null,
      holds: admitted.length === 1 && admitted[0] === policy.hash,
      from: 'policy',
    };
  });
}

function hostDataOf(conditions: readonly Condition[]): readonly string[] {
  return conditions.flatMap((condition) => {
    if (!isClause(condition)) return hostDataOf(condition.conditions);
    return condition.claim === CLAIM.hostData ? [String(condition.value)] : [];
  });
}

function embeddedPolicy(data: unknown): ReleasePolicy | null {
  const bytes = typeof data === 'string' ? fromBase64Url(data.replace(/=+$/, '')) : null;
  const policy = bytes === null ? null : decodeUtf8(bytes);
  if (policy === null) return null;
  try {
    return parseReleasePolicy(policy);
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}

function explainOwnStatement(claims: JsonRecord): Diagnosis {
  const use = String(claims['use']);
  const check =
    use === 'cleanroom-consent' ? 'cleanroom contract verify -f contract.yaml' : 'cleanroom verify BUNDLE';
  return {
    kind: 'other-document',
    code: null,
    what: `A signed statement of ours (${use})${text(claims['party']) === null ? '' : ` by ${text(claims['party']) ?? ''}`}; no error.`,
    why: ['Its signature was not checked here.'],
    fix: [check],
    claims: [],
  };
}

function readPart(part: string | undefined): JsonRecord | null {
  const bytes = part === undefined ? null : fromBase64Url(part);
  const decoded = bytes === null ? null : decodeUtf8(bytes);
  if (decoded === null) return null;
  try {
    const value = JSON.parse(decoded) as Json;
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function record(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

// What a service's error code means: resource manager, vault and attestation service, each by its own table.

import { ERROR_CODES, type ErrorCode } from '../error-codes.js';
import { vaultRefusal, vaultRefusalByText } from '../key-release/vault-refusals.js';
import { releaseFailure } from '../key-release/sidecar-failure.js';
import { compareWithPolicy, expectedRoomClaims } from './compare-claims.js';
import type { ClaimComparison, Diagnosis, DiagnosisKind, References } from './diagnosis.js';
import type { Statement } from './unfold.js';

interface Known {
  readonly code: RegExp;
  /** Where the code alone does not tell; against the message. */
  readonly message?: RegExp;
  readonly kind: DiagnosisKind;
  readonly ours: ErrorCode | null;
  readonly why: string;
  readonly fix: readonly string[];
}

/* Codes as the facts have them (azure-wire §3.3, §6); the first that matches counts. */
const KNOWN: readonly Known[] = [
  {
    code: /^PolicyEvaluationError$/,
    kind: 'attestation-error',
    ours: 'ATTESTATION_REFUSED',
    why: "The evidence was read, and the attestation service's own policy did not permit it: debug mode, another firmware, or a custom policy of that provider.",
    fix: [
      'cleanroom verify EVIDENCE',
      'Use a shared provider of Microsoft, or correct the policy of your own.',
    ],
  },
  {
    code: /^PolicyParsingError$/,
    kind: 'attestation-error',
    ours: 'ATTESTATION_REFUSED',
    why: 'The policy of that attestation provider cannot be read by the service itself; no evidence would pass.',
    fix: ['Have the owner of the provider correct its policy, or name a shared provider in the contract.'],
  },
  {
    code: /^InvalidParameter$/,
    message: /attest|evidence|quote|snp|report|runtime ?data|vcek|certificate|endorsement|uvm|nonce|hash/i,
    kind: 'attestation-error',
    ours: 'ATTESTATION_REFUSED',
    why: 'The evidence could not be verified: a damaged report, certificates of another chip or firmware, runtime data that is not the one in the report, or an endorsement of another utility VM.',
    fix: [
      'cleanroom attest ROOM -f contract.yaml --out room.evidence.json',
      'cleanroom verify room.evidence.json -f contract.yaml',
    ],
  },
  {
    code: /^InvalidOperation$/,
    message: /attest|evidence|policy|provider/i,
    kind: 'attestation-error',
    ours: 'ATTESTATION_REFUSED',
    why: 'The attestation provider does not offer what was asked for.',
    fix: ['Check the authority in the contract: it must be a provider that attests SEV-SNP.'],
  },
  {
    code: /^(?:ContainerGroupQuotaReached|QuotaExceeded)$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The quota of confidential cores of this subscription in this region is used up.',
    fix: [
      'cleanroom list',
      'az container list --output table',
      'Ask for more quota, or change room.region in the contract.',
    ],
  },
  {
    code: /^SkuNotSupported$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The region has no confidential containers.',
    fix: ['Change room.region in the contract to one that has them; then generate the policy again.'],
  },
  {
    code: /^(?:DnsNameLabelNotAvailable|DnsNameLabelNotAvailableInRegion)$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'Another group of the region has this DNS name.',
    fix: ['Take another name for the group.'],
  },
  {
    code: /^(?:RegistryErrorResponse|InaccessibleImage|ImagePullFailure|FailedToPullImage)$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The image cannot be pulled: it is not there, or the registry does not let this group in.',
    fix: [
      'cleanroom image push ARCHIVE REFERENCE',
      'Give the group an identity with AcrPull on the registry.',
    ],
  },
  {
    code: /^FailedIdentityOperation$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The managed identity that the group is to have does not exist, or may not be assigned.',
    fix: ['Check the identity in the profile.'],
  },
  {
    code: /^LinkedAuthorizationFailed$/,
    kind: 'resource-manager-error',
    ours: 'SERVICE_FORBIDDEN',
    why: 'Who deploys may create the group, but may not give it that identity or network.',
    fix: ['Assign Managed Identity Operator on the identity to whoever deploys.'],
  },
  {
    code: /^(?:AuthorizationFailed|AuthorizationPermissionMismatch)$/,
    kind: 'resource-manager-error',
    ours: 'SERVICE_FORBIDDEN',
    why: 'The identity that asked has no role for this action on this scope; a role that was just assigned takes minutes.',
    fix: ['Assign the role for the action named in the message at that scope, then try again.'],
  },
  {
    code: /^(?:InvalidAuthenticationToken\w*|ExpiredAuthenticationToken|AuthenticationFailed)$/,
    kind: 'resource-manager-error',
    ours: 'SERVICE_UNAUTHENTICATED',
    why: 'The token is missing, expired, or for another service or tenant.',
    fix: ['az login --tenant TENANT', 'cleanroom why TOKEN shows audience, tenant and expiry of a token.'],
  },
  {
    code: /^(?:TooManyRequests|OperationNotAllowed|429)$/,
    message: /throttl|too many|retry after/i,
    kind: 'resource-manager-error',
    ours: 'SERVICE_THROTTLED',
    why: 'Too many requests in a short time.',
    fix: ['Wait as long as the message says, then run the same command again.'],
  },
  {
    code: /^(?:InvalidCcePolicy|CcePolicyInvalid)$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The ccePolicy is empty or not base64 of a policy.',
    fix: [
      'cleanroom policy generate -f contract.yaml --out policy.rego',
      'cleanroom deploy -f contract.yaml --policy policy.rego',
    ],
  },
  {
    code: /^(?:ResourceGroupNotFound|ResourceNotFound|SubscriptionNotFound|ContainerGroupNotFound|ContainerNotFound)$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'What was asked for does not exist in this subscription, or not under this name.',
    fix: ['cleanroom list', 'Check subscription and resource group in the profile.'],
  },
  {
    code: /^MissingSubscriptionRegistration$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The subscription has not registered the resource provider.',
    fix: ['az provider register --namespace Microsoft.ContainerInstance'],
  },
  {
    code: /^ServiceUnavailable$/,
    kind: 'resource-manager-error',
    ours: null,
    why: 'The region has no free capacity for this size just now.',
    fix: ['Try again later, with less cpu or memory in the contract, or in another region.'],
  },
  {
    code: /^ContainerExecDenied$/,
    kind: 'policy-denial',
    ours: 'POLICY_DENIED',
    why: 'The CCE policy allows no commands from outside. That is as it should be: exec would let the host look in.',
    fix: ['Nothing: do not allow it.'],
  },
];

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
  const known = KNOWN.find(
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
  if (code === 'Unauthorized' || code === '401') return explainUnauthorized(`${code}: ${firstLine(message)}`);
  return null;
}

/** Whether a statement only says that something it contains failed. */
export function isWrapper({ code }: Statement): boolean {
  return WRAPPERS.test(code);
}

/** Explains a text that holds no code: what vaults, the sidecar and their challenges write. */
export function explainServiceText(text: string, references: References): Diagnosis | null {
  const challenge = /WWW-Authenticate:\s*Bearer[^\n]*|Bearer authorization="[^\n]*/i.exec(text)?.[0];
  if (challenge !== undefined) return explainUnauthorized(challenge.slice(0, 300), challenge);
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
      'Signature, issuer or expiry of the token did not hold: clocks, or an authority that is not the issuer.',
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
    'The service does not say which clause failed. The most frequent: the policy was generated again after the key was made, so that x-ms-sevsnpvm-hostdata is another one.',
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

function explainUnauthorized(what: string, challenge = ''): Diagnosis {
  const resource = /resource="([^"]{1,200})"/.exec(challenge)?.[1];
  const tenant = /authorization="https:\/\/[^/"]+\/([^"/]{1,100})"/.exec(challenge)?.[1];
  return {
    kind: 'vault-error',
    code: 'SERVICE_UNAUTHENTICATED',
    what,
    why: [
      'The request came without a token, or with one that is expired or for another audience or tenant. The first request of every SDK client comes without; only a second 401 is a failure.',
      ...(resource === undefined ? [] : [`It wants a token for the audience ${resource}.`]),
      ...(tenant === undefined ? [] : [`It wants a token of the tenant ${tenant}.`]),
    ],
    fix: [
      ...(tenant === undefined ? [] : [`az login --tenant ${tenant}`]),
      'cleanroom why TOKEN shows audience, tenant and expiry of the token that was sent.',
    ],
    claims: [],
  };
}

function quoteAround(text: string, code: ErrorCode): string {
  const line = text.split('\n').find((candidate) => vaultRefusalByText(candidate) === code);
  return firstLine(line ?? text);
}

function firstLine(text: string): string {
  const line = text.split(/\r?\n/)[0] ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

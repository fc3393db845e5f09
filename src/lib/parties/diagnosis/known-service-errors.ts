// Error codes of the services: resource manager, attestation service and storage; what each comes to, and what mends it.

import type { ErrorCode } from '../../base/error-codes.js';
import type { DiagnosisKind } from './diagnosis.js';

export interface KnownServiceError {
  readonly code: RegExp;
  /** Where the code alone does not tell; against the message. */
  readonly message?: RegExp;
  readonly kind: DiagnosisKind;
  readonly ours: ErrorCode | null;
  readonly why: string;
  readonly fix: readonly string[];
}

/** Codes as published (MAA, ACI; storage: Microsoft Learn, "Blob service error codes"); the first that matches counts. */
export const KNOWN_SERVICE_ERRORS: readonly KnownServiceError[] = [
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
    fix: ['Assign Managed Identity Operator on the identity to the login that deploys.'],
  },
  {
    code: /^Authorization(?:Permission|ResourceType|Service|Protocol|SourceIP)Mismatch$|^AuthorizationFailure$|^InsufficientAccountPermissions$/,
    kind: 'storage-error',
    ours: 'SERVICE_FORBIDDEN',
    why: 'The login has no role for this on the blob or its container, the SAS is for less than was asked, or the account lets only some networks in. A role that was just assigned takes minutes.',
    fix: [
      'cleanroom doctor --profile NAME',
      'Assign Storage Blob Data Contributor at the container to the login that writes, Storage Blob Data Reader to the login that reads.',
      'cleanroom blob sas -f contract.yaml --dataset ID --out FILE (the owner of the account, for a room of another tenant)',
    ],
  },
  {
    code: /^(?:AuthenticationFailed|InvalidAuthenticationInfo)$/,
    message: /failed to authenticate|signature|Authorization header|authentication information/i,
    kind: 'storage-error',
    ours: 'SERVICE_UNAUTHENTICATED',
    why: 'Storage does not take the SAS or token that was shown: it has expired or is not valid yet, was cut on its way (a SAS in a shell needs quotation marks), or its key was changed.',
    fix: [
      'cleanroom blob sas -f contract.yaml --dataset ID --out FILE',
      'cleanroom deploy -f contract.yaml --policy policy.rego (gives the room fresh access)',
    ],
  },
  {
    code: /^(?:BlobNotFound|NoSuchKey)$/,
    kind: 'storage-error',
    ours: 'BLOB_MISSING',
    why: 'There is no blob of that name in the container: the dataset was not uploaded yet, or elsewhere.',
    fix: ['cleanroom encrypt FILE -f contract.yaml --dataset ID --policy policy.rego'],
  },
  {
    code: /^PublicAccessNotPermitted$/,
    kind: 'storage-error',
    ours: 'SERVICE_UNAUTHENTICATED',
    why: 'The request came without a login and without a SAS, and the account is not public, as intended.',
    fix: ['Run the command with a profile, or with --sas FILE.'],
  },
  {
    code: /^AuthorizationFailed$/,
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
    why: 'The CCE policy allows no commands from outside. This is intended: exec would let the host look in.',
    fix: ['Nothing: do not allow it.'],
  },
];

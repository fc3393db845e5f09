// What a recorded exchange may say in the clear: words of Azure's own interfaces, and nothing else. What is not here is replaced.

/** Segments of paths. */
export const PATH_WORDS: ReadonlySet<string> = words(`
  subscriptions resourceGroups resourcegroups providers locations operations operationResults capabilities usages tenants default
  Microsoft.ContainerInstance Microsoft.Authorization Microsoft.KeyVault Microsoft.Storage Microsoft.Resources Microsoft.ManagedIdentity
  containerGroups containers logs exec attach start stop restart vaults managedHSMs storageAccounts blobServices userAssignedIdentities
  roleAssignments roleDefinitions networkAcls deployments keys deletedkeys create release rotate rotationpolicy attestation versions
  backup restore wrapkey unwrapkey encrypt decrypt sign verify recover rng attest SevSnpVm SevSnpVM certs .well-known
  openid-configuration oauth2 v2.0 token metadata endpoints
`);

/** Names of parameters of a query. */
export const PARAMETERS: ReadonlySet<string> = words(`
  api-version api%2Dversion restype comp blockid blocklisttype snapshot versionid timeout maxresults prefix delimiter marker include tail
  timestamps skiptoken $skiptoken $filter $top sv ss srt sp sr st se sip spr sig skoid sktid skt ske sks skv
`);

/** Values of those parameters; others are replaced. */
export const PARAMETER_VALUES: Readonly<Record<string, RegExp>> = {
  'api-version': /^\d{1,4}[-.\d]{1,12}(?:-preview(?:\.\d)?)?$/,
  restype: /^(?:container|service|account)$/,
  comp: /^(?:block|blocklist|list|snapshot|metadata|properties|lease|userdelegationkey|tags|tier)$/,
  blocklisttype: /^(?:all|committed|uncommitted)$/,
  sv: /^\d{4}-\d\d-\d\d$/,
  sp: /^[racwdxyltmeopi]{1,16}$/,
  sr: /^(?:b|c|bs|bv|d)$/,
  spr: /^https(?:,http)?$/,
  tail: /^\d{1,4}$/,
  timestamps: /^(?:true|false)$/,
};

/** Members of JSON bodies. */
export const MEMBERS: ReadonlySet<string> = words(`
  kid kty crv n e x y key key_ops key_size key_hsm Hsm hsm attributes enabled exportable created updated nbf exp recoverableDays
  recoveryLevel recoveryId deletedDate scheduledPurgeDate release_policy contentType data immutable tags value nextLink target nonce enc
  attestation certificatePemFile privateKeyAttestation publicKeyAttestation version hsmPlatform managed lifetimeActions trigger action
  timeAfterCreate timeBeforeExpiry expiryTime id name type location properties identity principalId tenantId userAssignedIdentities
  clientId sku containers image command ports port protocol environmentVariables secureValue resources requests limits cpu memoryInGB gpu
  volumeMounts mountPath readOnly volumes azureFile shareName storageAccountName storageAccountKey emptyDir secret
  imageRegistryCredentials server username password restartPolicy ipAddress ip dnsNameLabel fqdn osType instanceView state currentState
  previousState startTime finishTime exitCode detailStatus restartCount events count firstTimestamp lastTimestamp message
  confidentialComputeProperties ccePolicy securityContext allowPrivilegeEscalation privileged capabilities add drop runAsUser runAsGroup
  seccompProfile livenessProbe readinessProbe httpGet path scheme initialDelaySeconds periodSeconds failureThreshold successThreshold
  timeoutSeconds provisioningState status error code details innererror startTime endTime percentComplete content isCustomProvisioningTimeout
  provisioningTimeoutInSeconds diagnostics logAnalytics workspaceId workspaceKey subnetIds dnsConfig nameServers priority zones
  initContainers extensions osType resourceType ipAddressType maxMemoryInGB maxCpu maxGpuCount capabilities roleDefinitionId scope
  principalType roleName description permissions actions notActions dataActions notDataActions assignableScopes publicNetworkAccess
  networkAcls bypass defaultAction ipRules virtualNetworkRules allowBlobPublicAccess allowSharedKeyAccess minimumTlsVersion
  enableSoftDelete enablePurgeProtection enableRbacAuthorization softDeleteRetentionInDays vaultUri hsmUri initialAdminObjectIds
  containerDeleteRetentionPolicy deleteRetentionPolicy isVersioningEnabled days kind primaryEndpoints blob dfs file queue table web
  supportsHttpsTrafficOnly issuer jwks_uri keys x5c alg use response_types_supported id_token_signing_alg_values_supported
  revocation_endpoint claims_supported subject_types_supported token access_token token_type expires_in ext_expires_in grant_type
  client_id client_secret client_info error_description error_codes correlation_id trace_id timestamp error_uri subscriptionId displayName
  createdOn updatedOn createdBy updatedBy condition conditionVersion delegatedManagedIdentityResourceId
`);

/** Members whose own members are named by the user, not by Azure. */
export const DICTIONARIES: ReadonlySet<string> = words(
  'tags userAssignedIdentities metadata annotations labels',
);

/** Members whose text is a name that other exchanges name too. */
export const NAMES: ReadonlySet<string> = words('name');

const WORD = /^[A-Z][A-Za-z]{2,59}$/;

/** Texts that stay, by the member that they are of. */
export const TEXTS: Readonly<Record<string, RegExp>> = {
  kty: /^(?:RSA|EC|oct)(?:-HSM)?$/,
  crv: /^(?:P-256|P-256K|P-384|P-521|SECP256K1)$/,
  e: /^(?:AQAB|AAEAAQ)$/,
  key_ops: /^(?:encrypt|decrypt|sign|verify|wrapKey|unwrapKey|export|import|deriveKey)$/,
  enc: /^(?:CKM_RSA_AES_KEY_WRAP|RSA_AES_KEY_WRAP_(?:256|384))$/,
  alg: /^(?:[REP]S\d{3}|RSA-OAEP(?:-256)?|RSA1_5|dir)$/,
  contentType: /^application\/json; charset=utf-8$/,
  recoveryLevel: /^(?:Customized)?Recoverable(?:\+Purgeable|\+ProtectedSubscription)?$/,
  type: /^(?:Microsoft\.[A-Za-z]{3,30}(?:\/[A-Za-z]{3,30}){1,3}|Public|Private|Normal|Warning|(?:System|User)Assigned|None|Notify|Rotate|BuiltInRole)$/,
  sku: /^(?:Standard|Confidential|Dedicated|Premium)$/,
  priority: /^(?:Regular|Spot)$/,
  osType: /^(?:Linux|Windows)$/,
  restartPolicy: /^(?:Always|Never|OnFailure)$/,
  protocol: /^(?:TCP|UDP)$/,
  add: /^(?:CAP_)?[A-Z_]{2,24}$/,
  drop: /^(?:CAP_)?[A-Z_]{2,24}$/,
  scheme: /^https?$/,
  provisioningState: WORD,
  state: WORD,
  status: WORD,
  code: WORD,
  detailStatus: /^(?:Completed|Error|Terminated)?$/,
  principalType: /^(?:ServicePrincipal|User|Group)$/,
  publicNetworkAccess: /^(?:Enabled|Disabled)$/,
  bypass: /^(?:AzureServices|None)$/,
  defaultAction: /^(?:Allow|Deny)$/,
  minimumTlsVersion: /^TLS1_[0-3]$/,
  token_type: /^Bearer$/,
  grant_type: /^[a-z_]{4,30}$/,
  scope:
    /^https:\/\/(?:vault|managedhsm|storage|management)\.azure\.(?:net|com)\/\.default(?: openid| profile| offline_access)*$/,
};

/** Numbers that stay. */
export const NUMBERS: ReadonlySet<string> = words(
  `key_size cpu memoryInGB recoverableDays exitCode error_codes port initialDelaySeconds periodSeconds failureThreshold successThreshold
  timeoutSeconds runAsUser runAsGroup`,
);

/** Elements of XML bodies. */
export const ELEMENTS: ReadonlySet<string> = words(`
  BlockList Latest Committed Uncommitted CommittedBlocks UncommittedBlocks Block Name Size KeyInfo Start Expiry UserDelegationKey
  SignedOid SignedTid SignedStart SignedExpiry SignedService SignedVersion Value Error Code Message AuthenticationErrorDetail
  EnumerationResults Blobs Blob Properties NextMarker Containers Container
`);

/** Headers of requests and their values. */
export const REQUEST_HEADERS: Readonly<Record<string, RegExp>> = {
  'content-type': /^[a-z]+\/[a-z0-9.+-]+(?:; ?charset=utf-8)?$/i,
  'x-ms-version': /^\d{4}-\d\d-\d\d$/,
  'x-ms-blob-type': /^(?:Block|Page|Append)Blob$/,
  'if-none-match': /^\*$/,
  'if-match': /^\*$/,
  'x-ms-range': /^$/,
  'x-ms-lease-action': /^[a-z]+$/,
  'x-ms-blob-content-type': /^application\/vnd\.cleanroom\.sealed$/,
};

/** Headers of answers and their values; `location` and `azure-asyncoperation` are sanitized as the URLs that they are. */
export const ANSWER_HEADERS: Readonly<Record<string, RegExp>> = {
  'content-type': /^[a-z]+\/[a-z0-9.+-]+(?:; ?charset=utf-8)?$/i,
  'x-ms-error-code': WORD,
  'x-ms-version': /^\d{4}-\d\d-\d\d$/,
  'retry-after': /^\d{1,4}$/,
  etag: /^$/,
  'x-ms-blob-type': /^(?:Block|Page|Append)Blob$/,
};

/** Resources that a challenge may name. */
export const RESOURCES: ReadonlySet<string> = words(`
  https://vault.azure.net https://managedhsm.azure.net https://storage.azure.com https://management.azure.com
`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''));
}

// Failures in the shapes that were recorded (skr, MAA, Key Vault, ACI; hcsshim framework.rego;
// public threads microsoft/confidential-ai#11, microsoft/hcsshim#2574, virtual nodes' Troubleshooting). Names are ours.

export const LAYER = 'deab9495e4a3c245e3be675a350d0e7a9fe6dcdc95a73582f8586dd759ca7a0b';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const base64Url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** As a guest that had no room for its input writes it (virtual nodes, Troubleshooting). */
export const TRUNCATED_INPUT = `failed to create containerd task: failed to create shim task: failed to create container 18197025: guest RPC failure: container creation denied due to policy: policyDecision< ${base64({ decision: 'deny', reason: { errors: ['invalid command'] }, truncated: ['input'] })} >policyDecision: unknown`;

export const DEVICE_DECISION = base64({
  decision: 'deny',
  input: { deviceHash: LAYER, rule: 'mount_device', target: '/run/mounts/m9' },
  reason: { errors: ['deviceHash not found'] },
});

/** An event of the group (hcsshim#2574). */
export const DEVICE_EVENT = `Failed to start container summarizer, Error response: to create containerd task: failed to create shim task: failed to mount container storage: failed to add LCOW layer: failed to add SCSI layer: mount scsi controller 0 lun 3 at /run/mounts/scsi/m2: guest RPC failure: mounting scsi device controller 0 lun 3 onto /run/mounts/m9 denied by policy: policyDecision< ${DEVICE_DECISION} >policyDecision: unknown`;

/** Deployment error with its cause three levels of JSON text down (confidential-ai#11); the guest writes plain text. */
export const NESTED_DEPLOYMENT = JSON.stringify({
  status: 'Failed',
  error: {
    code: 'DeploymentFailed',
    message:
      'At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.',
    details: [
      {
        code: 'Conflict',
        message: JSON.stringify(
          {
            status: 'Failed',
            error: {
              code: 'ResourceDeploymentFailure',
              message:
                "The 'AzureAsyncOperationWaiting' resource operation completed with terminal provisioning state 'Failed'.",
              details: [
                {
                  message: `CodePackageActivation:summarizer:EntryPoint:1332'. 'There was an error during CodePackage activation.GrpcStatusCode=UNKNOWN, ErrorMessage=failed to create containerd task: guest RPC failure: mounting scsi device controller 3 lun 30 onto /run/mounts/m44 denied by policy: mount_device not allowed by policy. Errors: [deviceHash not found]. Input: {\\"deviceHash\\":\\"${LAYER}\\",\\"target\\":\\"/run/mounts/m44\\"}`,
                },
              ],
            },
          },
          null,
          2,
        ).replaceAll('\n', '\r\n'),
      },
    ],
  },
});

/** `az container show`: flattened, with events. */
export const GROUP_WITH_EVENTS = JSON.stringify({
  name: 'quarterly-notes',
  provisioningState: 'Failed',
  instanceView: { state: 'Failed', events: [] },
  containers: [
    {
      name: 'summarizer',
      instanceView: {
        restartCount: 0,
        currentState: { state: 'Waiting', detailStatus: '' },
        events: [
          { count: 1, name: 'Pulled', type: 'Normal', message: 'Successfully pulled image' },
          { count: 4, name: 'Failed', type: 'Warning', message: DEVICE_EVENT },
        ],
      },
    },
  ],
});

/** ARM's own form, a container that ended. */
export const GROUP_THAT_ENDED = JSON.stringify({
  name: 'quarterly-notes',
  properties: {
    provisioningState: 'Succeeded',
    instanceView: { state: 'Failed' },
    containers: [
      {
        name: 'summarizer',
        properties: {
          instanceView: {
            restartCount: 2,
            currentState: { state: 'Terminated', exitCode: 20, detailStatus: 'Error' },
          },
        },
      },
    ],
  },
});

export const hsmError = (code: string, message: string, inner?: string): string =>
  JSON.stringify({
    error: {
      code,
      message: `${message} (Activity ID: 6f1b2c3d-0000-4000-8000-000000000000)`,
      ...(inner === undefined ? {} : { innererror: { code: inner } }),
    },
  });

/** What a vault's refusals are for us (Key Vault). */
export const HSM_ERRORS: readonly (readonly [string, string])[] = [
  [
    hsmError(
      'Forbidden',
      'Target environment attestation does not meet key release policy requirements.',
      'AccessDenied',
    ),
    'KEY_RELEASE_DENIED',
  ],
  [
    hsmError('Forbidden', 'Target environment attestation statement cannot be verified.', 'AccessDenied'),
    'KEY_RELEASE_TOKEN_REJECTED',
  ],
  [hsmError('BadParameter', 'AKV.SKR.1004: Exportable keys must have release policy.'), 'KEY_POLICY_MISSING'],
  [
    hsmError('BadParameter', 'AKV.SKR.1005: Non-exportable keys must not have release policy.'),
    'KEY_NOT_EXPORTABLE',
  ],
  [
    hsmError(
      'BadParameter',
      "AKV.SKR.1001: The exportable attribute is only supported with premium vaults and API version >= '7.3-preview'.",
    ),
    'VAULT_NOT_PREMIUM',
  ],
  [
    hsmError('BadParameter', 'AKV.SKR.1014: Cannot modify the exportable state of a key.'),
    'KEY_EXPORTABLE_FIXED',
  ],
  [
    hsmError('BadParameter', 'AKV.SKR.1016: Key Release Policy can only be set on versionless key'),
    'KEY_POLICY_VERSIONED',
  ],
  [
    hsmError('BadParameter', 'AKV.SKR.1020: Immutable Key Release Policy cannot be modified.'),
    'KEY_POLICY_IMMUTABLE',
  ],
  [hsmError('BadParameter', "Key Release Policy: missing 'version' property"), 'KEY_POLICY_REFUSED'],
  [
    hsmError('Forbidden', 'Operation release is not allowed on a disabled key.', 'KeyDisabled'),
    'KEY_DISABLED',
  ],
  [
    hsmError('KeyNotFound', 'A key with (name/id) cleanroom-notes was not found in this key vault.'),
    'KEY_NOT_FOUND',
  ],
  [
    hsmError('Forbidden', 'Caller is not authorized to perform action on resource.', 'ForbiddenByRbac'),
    'KEY_ACCESS_DENIED',
  ],
  [hsmError('Forbidden', 'Hardware key operation not allowed on standard vault'), 'VAULT_NOT_PREMIUM'],
  [
    hsmError('Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.'),
    'SERVICE_UNAUTHENTICATED',
  ],
];

/** A managed HSM's 401 has no body (Key Vault). */
export const CHALLENGE =
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer authorization="https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555", resource="https://managedhsm.azure.net"\r\nContent-Length: 0\r\n';

/** The sidecar folds the vault's answer into its own text, and some of its errors have two bodies (skr). */
export const SIDECAR_RELEASE = JSON.stringify({
  error: `releasing the key failed: ${hsmError('Forbidden', 'Target environment attestation does not meet key release policy requirements.')}: http response status equal to 403 Forbidden\n\nERROR: Please refer to the documentation`,
});
export const SIDECAR_TWO_BODIES = `${JSON.stringify({ error: `${JSON.stringify({ error: { code: 'PolicyEvaluationError', message: 'Native operation failed: policy evaluation denied' } })}: http response status equal to 400 Bad Request` })}{"token":""}`;

export const MAA_INVALID = JSON.stringify({
  error: {
    code: 'InvalidParameter',
    message: 'The evidence in the attestation request could not be verified.',
  },
});

export const claimsOf = (
  hostData: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  iss: 'https://sharedweu.weu.attest.azure.net',
  iat: 1_700_000_000,
  nbf: 1_700_000_000,
  exp: 1_700_028_800,
  'x-ms-attestation-type': 'sevsnpvm',
  'x-ms-compliance-status': 'azure-compliant-uvm',
  'x-ms-sevsnpvm-hostdata': hostData,
  'x-ms-sevsnpvm-is-debuggable': false,
  'x-ms-sevsnpvm-migration-allowed': false,
  'x-ms-sevsnpvm-vmpl': 0,
  'x-ms-sevsnpvm-guestsvn': 2,
  ...changes,
});

export const tokenOf = (claims: Readonly<Record<string, unknown>>): string =>
  `${base64Url({ alg: 'RS256', jku: 'https://sharedweu.weu.attest.azure.net/certs', kid: 'k', typ: 'JWT' })}.${base64Url(claims)}.${'A'.repeat(342)}`;

/** A vault's release answer (Key Vault), with the release policy that it carries. */
export const releaseOf = (kid: string, hostData: string, certificate: string): string => {
  const policy = {
    version: '1.0.0',
    anyOf: [
      {
        authority: 'https://sharedweu.weu.attest.azure.net',
        allOf: [{ claim: 'x-ms-sevsnpvm-hostdata', equals: hostData }],
      },
    ],
  };
  const keyHsm = {
    schema_version: '1.0',
    header: { kid: 'runtime', alg: 'dir', enc: 'CKM_RSA_AES_KEY_WRAP' },
    ciphertext: 'AAAA',
  };
  const payload = {
    request: { 'api-version': '7.4', enc: 'CKM_RSA_AES_KEY_WRAP', kid },
    response: {
      key: {
        key: { kid, kty: 'RSA', key_ops: ['encrypt'], n: 'AA', e: 'AQAB', key_hsm: base64Url(keyHsm) },
        attributes: { enabled: true, exportable: true },
        release_policy: {
          contentType: 'application/json; charset=utf-8',
          data: base64Url(policy),
          immutable: true,
        },
      },
    },
  };
  return `${base64Url({ alg: 'RS256', kid: 'k', x5c: [certificate] })}.${base64Url(payload)}.${'A'.repeat(342)}`;
};

/** Storage's answers (LEARN REST "Status and error codes": XML with code, message and sometimes a detail). */
export const storageError = (code: string, message: string, detail?: string): string =>
  `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:6f1b2c3d\nTime:2026-11-20T10:00:00Z</Message>${
    detail === undefined ? '' : `<AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail>`
  }</Error>`;

// Fixed values of Microsoft's key release sidecar (skr).

export const DEFAULT_PORT = 8080;
export const SECURITY_CONTEXT_VARIABLE = 'UVM_SECURITY_CONTEXT_DIR';
export const ARGUMENTS_VARIABLE = 'SkrSideCarArgs';
export const PORT_VARIABLE = 'Port';
export const VAULT_API_VERSION = '7.4';
export const MAA_API_VERSION = '2020-10-01';
export const METADATA_TOKEN_URL = 'http://169.254.169.254/metadata/identity/oauth2/token';
export const METADATA_API_VERSION = '2018-02-01';
export const THIM_ENDPOINT = '169.254.169.254/metadata/THIM/amd/certification';
/** Waits before the second and third try at the metadata service. */
export const METADATA_RETRY_MS: readonly number[] = [1000, 4000];
export const MAX_ANSWER_BYTES = 1024 * 1024;
export const REQUEST_TIMEOUT_MS = 30_000;
export const RUNTIME_KEY_BITS = 2048;
/** Operations that its JWK library knows; any other fails the release. */
export const JWK_OPERATIONS: readonly string[] = [
  'sign',
  'verify',
  'encrypt',
  'decrypt',
  'wrapKey',
  'unwrapKey',
  'deriveKey',
  'deriveBits',
];

/** Stands in every error text, between what failed and why (pkg/skr/skr.go). */
export const ERROR_STRING = [
  'ERROR: Please refer to the documentation for more information on how to use this sidecar.',
  'ACI: https://github.com/microsoft/confidential-sidecar-containers/blob/main/examples/skr/aci/README.md',
  'KATA: https://github.com/microsoft/confidential-sidecar-containers/blob/main/examples/skr/aks/README.md',
  'Troubleshooting: https://github.com/microsoft/confidential-sidecar-containers/blob/main/examples/skr/TROUBLESHOOTING.md',
].join('\n');

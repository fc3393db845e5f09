// Azure Attestation: versions, lifetimes, and the default policy of this instance (MAA).

/** Every version of the data plane that was published. */
export const API_VERSIONS = [
  '2018-09-01-preview',
  '2020-10-01',
  '2022-08-01',
  '2022-09-01-preview',
  '2025-06-01',
];
/** 8 hours, as in every sample. */
export const TOKEN_LIFETIME_SECONDS = 28_800;
export const CERTIFICATE_YEARS = 10;

/** What this instance demands beyond valid evidence: nothing, as Azure's default SEV-SNP policy. */
export const POLICY_TEXT = 'version= 1.0;\nauthorizationrules\n{\n\t=> permit();\n};\nissuancerules{};\n';

/** Checks whose failure is the relying party's business: the token says what is so, the release policy decides. */
export const NOT_THE_SERVICES_BUSINESS: readonly string[] = [
  'DEBUG',
  'MIGRATE_MA',
  'VMPL',
  'GUEST_SVN',
  'TCB_MIN',
  'PRODUCT_ALLOWED',
  'POLICY_NOT_PUBLIC',
  'RUNTIME_KEY_NOT_PUBLIC',
  'NONCE',
];

/** Checks that must have been made. */
export const REQUIRED_CHECKS: readonly string[] = [
  'REPORT_SIGNATURE',
  'ROOT_PINNED',
  'CHAIN',
  'CERT_TIME',
  'HWID',
  'TCB_CERT',
  'REPORT_DATA',
];
/** And these, where the request carries a UVM endorsement. */
export const REQUIRED_UVM_CHECKS: readonly string[] = ['UVM_SIGNATURE', 'UVM_DID', 'UVM_FEED', 'MEASUREMENT'];

export const CLAIMS_SUPPORTED = [
  'x-ms-attestation-type',
  'x-ms-compliance-status',
  'x-ms-policy-hash',
  'x-ms-runtime',
  'x-ms-sevsnpvm-hostdata',
  'x-ms-sevsnpvm-is-debuggable',
  'x-ms-sevsnpvm-launchmeasurement',
  'x-ms-sevsnpvm-reportdata',
];

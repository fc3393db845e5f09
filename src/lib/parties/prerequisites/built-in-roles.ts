// Azure's built-in roles that prerequisites assign, by the ids that Azure publishes (LEARN "Azure built-in roles").

export const BUILT_IN_ROLES = {
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
  acrPush: '8311e382-0749-4cb8-b61a-304f252e45ec',
  containerInstancesContributor: '5d977122-f97e-4b4d-a52f-6b43003ddb4d',
  managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830',
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  blobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  blobDelegator: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
  keyVaultCryptoOfficer: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
} as const;

export type BuiltInRole = keyof typeof BUILT_IN_ROLES;

/** Roles of keys that a room gets: release, and nothing that works without attestation. */
export const RELEASE_ROLE = {
  'managed-hsm': 'Managed HSM Crypto Service Release User',
  'key-vault-premium': 'Key Vault Crypto Service Release User',
} as const;

// Lifetimes and resources of the emulator's Entra tenants (IMDS).

/** 24 hours, as Entra gives managed identities and client credentials. */
export const TOKEN_LIFETIME_SECONDS = 86_400;
export const TOKEN_KEY_BITS = 2048;

/** Resources that a token can be asked for; blob hosts besides (`https://ACCOUNT.blob.core.windows.net`). */
export const RESOURCES = {
  managedHsm: 'https://managedhsm.azure.net',
  vault: 'https://vault.azure.net',
  storage: 'https://storage.azure.com',
  resourceManager: 'https://management.azure.com',
  classicManagement: 'https://management.core.windows.net',
  registry: 'https://containerregistry.azure.net',
  attestation: 'https://attest.azure.net',
  tokenExchange: 'api://AzureADTokenExchange',
} as const;

const BLOB_RESOURCE = /^https:\/\/[a-z0-9]{3,24}\.blob\.core\.windows\.net$/;

/** The resource without a trailing slash, if this directory knows it; else null. */
export function knownResource(resource: string): string | null {
  const bare = resource.replace(/\/$/, '');
  const known: readonly string[] = Object.values(RESOURCES);
  return known.includes(bare) || BLOB_RESOURCE.test(bare) ? bare : null;
}

/** Issuer of v1 access tokens (Entra). */
export function tokenIssuer(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}

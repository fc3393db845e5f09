// Keys of a Managed HSM or a key vault; one file once built, see identity.ts.

export { CryptographyClient, KeyClient } from '@azure/keyvault-keys';

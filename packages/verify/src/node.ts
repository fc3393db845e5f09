// In Node: signatures by node:crypto, three times as fast as by WebCrypto.

export * from './index.js';
export { nodeSignatureCrypto as signatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';

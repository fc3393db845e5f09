// In browsers: signatures by WebCrypto.

export * from './index.js';
export { webSignatureCrypto as signatureCrypto } from '../../../src/lib/attestation/crypto/web-crypto.js';

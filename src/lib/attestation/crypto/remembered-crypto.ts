// Signatures by certification authorities, verified once: many pieces of evidence carry the same intermediates.

import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import { toHex } from '../../base/bytes/hex.js';
import type { SignatureCrypto } from './signature-crypto.js';

const MAX_REMEMBERED = 4096;

/**
 * `crypto` with the outcome of RSA verifications remembered. Whether a signature holds depends on nothing but scheme,
 * key, message and signature, and the SHA-256 of exactly these is what an outcome is remembered under. Reports (ECDSA)
 * are verified every time.
 */
export function rememberRsaSignatures(crypto: SignatureCrypto): SignatureCrypto {
  const known = new Map<string, boolean>();
  return {
    digest: (hash, data) => crypto.digest(hash, data),
    async verify(scheme, spki, message, signature) {
      if (scheme.kind === 'ecdsa') return crypto.verify(scheme, spki, message, signature);
      const lengths = utf8(JSON.stringify([scheme, spki.length, message.length, signature.length]));
      const name = toHex(await crypto.digest('sha256', concatBytes(lengths, spki, message, signature)));
      const before = known.get(name);
      if (before !== undefined) return before;
      const holds = await crypto.verify(scheme, spki, message, signature);
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(name, holds);
      return holds;
    },
  };
}

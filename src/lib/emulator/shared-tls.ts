// The TLS leaf of every service but the HSMs, whose leaves also sign.

import type { TlsIdentity } from './http/serve.js';
import type { TlsAuthority } from './tls/authority.js';

/** One leaf for loopback, made once: an RSA key a service would only make starting slow. */
export async function sharedTlsIdentity(tls: TlsAuthority): Promise<TlsIdentity> {
  const leaf = await tls.issue('services', ['127.0.0.1', 'localhost']);
  return { cert: leaf.chainPem, key: leaf.privateKeyPem };
}

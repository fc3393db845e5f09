// Which scheme a registry on this machine speaks: TLS is tried first, and plain http only where the server has no TLS.

import { connect } from 'node:tls';

import { CleanroomError, describeCause } from '../../base/errors.js';
import { isLoopback, registryUrl } from './reference.js';

const TIMEOUT_MS = 5_000;
/* What OpenSSL says when the answer to its greeting is not TLS: an HTTP server answers in clear text, or hangs up. */
const NOT_TLS =
  /wrong version number|packet length too long|http request|ECONNRESET|socket disconnected before secure/i;

/**
 * Base URL of a registry: https everywhere but on this machine, where a server without TLS is spoken to in plain http.
 *
 * @param ca - PEM certificates to trust instead of the system's; undefined: the system's.
 * @throws CleanroomError REGISTRY_INSECURE: a registry on this machine has a certificate that is not trusted
 */
export async function locateRegistry(registry: string, ca: readonly string[] | undefined): Promise<URL> {
  const plain = registryUrl(registry);
  if (!isLoopback(plain.hostname)) return plain;
  const secure = new URL(plain.href.replace(/^http:/, 'https:'));
  const problem = await tryHandshake(secure, ca);
  if (problem === null) return secure;
  if (problem.kind === 'untrusted')
    throw new CleanroomError(
      'REGISTRY_INSECURE',
      `the certificate of ${registry} is not trusted: ${problem.why}`,
      {
        hint: 'Trust its certificate authority: NODE_EXTRA_CA_CERTS=CA.pem, or tlsRoots in the profile.',
      },
    );
  return plain;
}

type Problem = { readonly kind: 'no-tls' } | { readonly kind: 'untrusted'; readonly why: string };

function tryHandshake({ hostname, port }: URL, ca: readonly string[] | undefined): Promise<Problem | null> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({
      host,
      port: port === '' ? 443 : Number(port),
      servername: /^[\d.:]+$/.test(host) ? '' : host,
      timeout: TIMEOUT_MS,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    });
    const settle = (problem: Problem | null): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('secureConnect', () => {
      settle(null);
    });
    socket.once('timeout', () => {
      settle({ kind: 'no-tls' });
    });
    socket.once('error', (cause) => {
      const why = describeCause(cause);
      const isPlain = NOT_TLS.test(why) || 'syscall' in cause;
      settle(isPlain ? { kind: 'no-tls' } : { kind: 'untrusted', why });
    });
  });
}

// What the variables of a shell must not do to a command: turn its TLS off, or print what it reads and sends.

import { CleanroomError } from '../base/errors.js';

/* Modules of Node whose debug output has headers with logins, or the bytes themselves. */
const TALKATIVE = /\*|http|tls|net|stream|fetch|undici/i;

/**
 * Takes NODE_TLS_REJECT_UNAUTHORIZED out of `environment`, which Node reads at every connection.
 *
 * @param environment - of this process; its children inherit it.
 * @returns what to say of it; null where nothing was set.
 * @throws CleanroomError USAGE under a NODE_DEBUG that prints text and logins: it cannot be turned off once Node runs
 */
export function guardEnvironment(environment: NodeJS.ProcessEnv): string | null {
  if (TALKATIVE.test(environment['NODE_DEBUG'] ?? ''))
    throw new CleanroomError('USAGE', 'under this NODE_DEBUG, Node prints text, logins and signatures', {
      hint: 'Unset it. DEBUG=cleanroom* and AZURE_LOG_LEVEL=verbose show what is done, without secrets.',
    });
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return null;
  delete environment['NODE_TLS_REJECT_UNAUTHORIZED'];
  return 'NODE_TLS_REJECT_UNAUTHORIZED=0 is not followed: every certificate is verified';
}

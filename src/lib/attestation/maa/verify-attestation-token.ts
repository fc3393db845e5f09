// Every check of a token: parse, verify, appraise. What they mean is decided by evidence/judge.ts.

import { CleanroomError } from '../../base/errors.js';
import type { Check } from '../../base/verdict/check.js';
import { CHECKS, type CheckId } from '../check-ids.js';
import { CheckLog, inOrder } from '../check-log.js';
import { appraiseToken, type TokenExpectations } from './appraise-token.js';
import { type AttestationToken, parseAttestationToken } from './token.js';
import { type TokenContext, verifyToken } from './verify-token.js';

export interface TokenRequest extends TokenContext {
  /** JWS compact form. */
  readonly token: string;
  readonly expectations: TokenExpectations;
}

const CLAIM_CHECKS = (Object.keys(CHECKS) as CheckId[]).filter((id) => id.startsWith('CLAIM_'));
const TOKEN_CHECKS = (Object.keys(CHECKS) as CheckId[]).filter((id) => /^(?:JWT|CLAIM)_/.test(id));

/** Every check of a token, in order; all but the first skipped where it cannot be read. */
export async function checkAttestationToken(
  request: TokenRequest,
): Promise<{ readonly token: AttestationToken | null; readonly checks: readonly Check[] }> {
  const log = new CheckLog();
  let token: AttestationToken;
  try {
    token = parseAttestationToken(request.token);
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    log.record('JWT_FORMAT', false, { reason: cause.message });
    log.skip('the token cannot be read', ...TOKEN_CHECKS.filter((id) => id !== 'JWT_FORMAT'));
    return { token: null, checks: log.checks() };
  }
  log.record('JWT_FORMAT', true);
  const verified = await verifyToken(token, request);
  if (request.keys === null) {
    // Nobody's word: what it claims is not looked at.
    log.skip('no key set was given, so the signer of the claims is unknown', ...CLAIM_CHECKS);
    return { token, checks: inOrder(log.checks(), verified) };
  }
  return { token, checks: inOrder(log.checks(), verified, appraiseToken(token, request.expectations)) };
}

/** The checks of a token that is not there. */
export function skipAttestationToken(reason: string): readonly Check[] {
  const log = new CheckLog();
  log.skip(reason, ...TOKEN_CHECKS);
  return log.checks();
}

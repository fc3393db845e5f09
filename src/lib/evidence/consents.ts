// Consent as evidence: the signatures that the verifier holds and those that came along, by the verifier's own contract.

import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { p256PublicKeyInfo } from '../attestation/der/public-key-info.js';
import { utf8 } from '../base/bytes/arrays.js';
import { fromBase64Url } from '../base/bytes/base64.js';
import { type ParsedJws, parseCompactJws } from '../base/bytes/compact-jws.js';
import type { ParsedContract } from '../contract/check.js';
import { type FoundConsent, judgeConsents, MAX_CONSENT_BYTES } from '../contract/consent.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import type { VerificationPlan } from './verification-plan.js';

/** Records `CONSENT_THRESHOLD` and `CONSENT_EQUIVOCATION`. A contract that came along is nobody's question. */
export async function recordConsents(
  { contract, consents: own, crypto }: VerificationPlan,
  brought: readonly string[],
  log: CheckLog,
): Promise<void> {
  if (contract === undefined) {
    log.skip(
      'no contract was given whose parties could have signed',
      'CONSENT_THRESHOLD',
      'CONSENT_EQUIVOCATION',
    );
    return;
  }
  if (contract.contract.parties.length === 1) {
    // Nobody else could be asked: whoever holds the contract is its only party.
    log.record('CONSENT_THRESHOLD', true, { actual: 'there is one party' });
    log.record('CONSENT_EQUIVOCATION', true);
    return;
  }
  const known = new Set(own.map(({ jws }) => jws.trim()));
  const others = [...new Set(brought)].filter((jws) => !known.has(jws));
  const found = [
    ...own,
    ...others.map((jws, index) => ({ source: `consent ${index} of the evidence`, jws })),
  ];
  if (found.length === 0) {
    log.skip('there is no signature of a party', 'CONSENT_THRESHOLD', 'CONSENT_EQUIVOCATION');
    return;
  }
  const { signers, needed, checks } = judgeConsents(
    contract,
    found,
    await signatures(contract, found, crypto),
  );
  const two = checks.find(({ id }) => id === 'CONSENT_EQUIVOCATION');
  const findings = {
    expected: `${needed} of ${contract.contract.parties.length} parties`,
    actual: `${signers.length}: ${signers.join(', ') || 'none'}`,
  };
  if (signers.length >= needed) log.record('CONSENT_THRESHOLD', true, findings);
  else
    log.skip(`signed by ${findings.actual}; the contract demands ${findings.expected}`, 'CONSENT_THRESHOLD');
  log.recordProblem('CONSENT_EQUIVOCATION', two?.reason ?? null);
}

/* Every signature under every party's key, checked before it is judged: the judgement itself is not asynchronous. */
async function signatures(
  { contract }: ParsedContract,
  found: readonly FoundConsent[],
  crypto: SignatureCrypto,
): Promise<(jws: ParsedJws, key: PublicKeyJwk) => boolean> {
  const good = new Set<string>();
  for (const { jws } of found) {
    const parts = jws.length > MAX_CONSENT_BYTES ? null : parseCompactJws(jws.trim());
    if (parts === null) continue;
    for (const { contractKey } of contract.parties)
      if (await isSignedBy(parts, contractKey, crypto)) good.add(pairOf(parts, contractKey));
  }
  return (jws, key) => good.has(pairOf(jws, key));
}

function pairOf({ raw }: ParsedJws, { x, y }: PublicKeyJwk): string {
  return `${raw} ${x} ${y}`;
}

/** Whether a JWS is ES256 and signed by that key. */
export async function isSignedBy(
  jws: ParsedJws,
  key: PublicKeyJwk,
  crypto: SignatureCrypto,
): Promise<boolean> {
  const [x, y] = [fromBase64Url(key.x), fromBase64Url(key.y)];
  if (jws.header['alg'] !== 'ES256' || jws.header['crit'] !== undefined) return false;
  if (jws.signature.length !== 64 || x === null || y === null) return false;
  const signed = utf8(jws.raw.slice(0, jws.raw.lastIndexOf('.')));
  const scheme = { kind: 'ecdsa', hash: 'sha256', curve: 'P-256' } as const;
  return crypto.verify(scheme, p256PublicKeyInfo(x, y), signed, jws.signature);
}

// Consent signed, and judged with the keys of Node.js.

import type { KeyObject } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { type Es256Signer, signEs256By, verifyEs256 } from './es256.js';
import type { ParsedContract } from '../contract/check.js';
import {
  CONSENT_TYPE,
  type ConsentAppraisal,
  type FoundConsent,
  judgeConsents,
} from '../contract/consent.js';
import { publicKeyObject } from './contract-signer.js';

/** A party's consent as a compact JWS under its contract key. `named`: digests of the code that the party knows by itself. */
export function signConsent(
  { contract, digest }: ParsedContract,
  party: string,
  key: KeyObject | Es256Signer,
  at: Date,
  named: readonly string[] = [],
): Promise<string> {
  const payload = {
    v: 1,
    use: 'cleanroom-consent',
    contract: digest,
    name: contract.name,
    party,
    ...(named.length === 0 ? {} : { program: [...named] }),
    iat: Math.floor(at.getTime() / 1000),
  };
  return signEs256By({ typ: CONSENT_TYPE }, utf8(canonicalJson(payload)), key);
}

/** Whether the contract's parties have signed it as it demands. */
export function appraiseConsent(parsed: ParsedContract, found: readonly FoundConsent[]): ConsentAppraisal {
  return judgeConsents(parsed, found, (jws, key) => verifyEs256(jws, publicKeyObject(key)));
}

// The claims of an attestation token for confidential ACI: those that the facts confirm, and no other (MAA).

import { createHash, randomBytes } from 'node:crypto';

import type { Product } from '../../attestation/snp/product.js';
import type { SnpReport } from '../../attestation/snp/report.js';
import { readTcb } from '../../attestation/snp/tcb.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { toHex } from '../../base/bytes/hex.js';
import type { JsonObject } from '../http/messages.js';
import { POLICY_TEXT, TOKEN_LIFETIME_SECONDS } from './constants.js';

export interface TokenFacts {
  readonly issuer: string;
  /** Verified. */
  readonly report: SnpReport;
  readonly product: Product;
  /** Whether a UVM endorsement was verified for this measurement. */
  readonly uvmEndorsed: boolean;
  readonly runtimeClaims: JsonObject | null;
  readonly nonce: string | null;
  /** Epoch seconds. */
  readonly now: number;
}

/** Members of the token's payload. */
export function tokenClaims(facts: TokenFacts): Record<string, Json> {
  const { report, now, nonce, runtimeClaims } = facts;
  return {
    exp: now + TOKEN_LIFETIME_SECONDS,
    iat: now,
    iss: facts.issuer,
    jti: toHex(randomBytes(32)),
    nbf: now,
    ...(nonce === null ? {} : { nonce }),
    'x-ms-attestation-type': 'sevsnpvm',
    ...(facts.uvmEndorsed ? { 'x-ms-compliance-status': 'azure-compliant-uvm' } : {}),
    'x-ms-policy-hash': policyHash(),
    ...(runtimeClaims === null ? {} : { 'x-ms-runtime': runtimeClaims }),
    ...snpClaims(report, facts.product),
    'x-ms-ver': '1.0',
  };
}

function snpClaims(report: SnpReport, product: Product): Record<string, Json> {
  const { policy } = report;
  const tcb = readTcb(report.reportedTcb, product);
  return {
    'x-ms-sevsnpvm-authorkeydigest': toHex(report.authorKeyDigest),
    'x-ms-sevsnpvm-bootloader-svn': tcb.bootloader,
    'x-ms-sevsnpvm-familyId': toHex(report.familyId),
    'x-ms-sevsnpvm-guestsvn': report.guestSvn,
    'x-ms-sevsnpvm-hostdata': toHex(report.hostData),
    'x-ms-sevsnpvm-idkeydigest': toHex(report.idKeyDigest),
    'x-ms-sevsnpvm-imageId': toHex(report.imageId),
    'x-ms-sevsnpvm-is-debuggable': policy.debugAllowed,
    'x-ms-sevsnpvm-launchmeasurement': toHex(report.measurement),
    'x-ms-sevsnpvm-microcode-svn': tcb.microcode,
    'x-ms-sevsnpvm-migration-allowed': policy.migrationAgentAllowed,
    'x-ms-sevsnpvm-reportdata': toHex(report.reportData),
    'x-ms-sevsnpvm-reportid': toHex(report.reportId),
    'x-ms-sevsnpvm-smt-allowed': policy.smtAllowed,
    'x-ms-sevsnpvm-snpfw-svn': tcb.snp,
    'x-ms-sevsnpvm-tee-svn': tcb.tee,
    'x-ms-sevsnpvm-vmpl': report.vmpl,
  };
}

/* base64url(SHA-256(UTF8(base64url(policy text)))) */
function policyHash(): string {
  return toBase64Url(
    createHash('sha256')
      .update(toBase64Url(utf8(POLICY_TEXT)))
      .digest(),
  );
}

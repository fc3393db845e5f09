// What a token has to claim: a confidential ACI guest, and the verifier's own expectations. Claims sit at the top level;
// a confidential VM's token nests them in x-ms-isolation-tee, and does not pass.

import { toHex } from '../../base/bytes/hex.js';
import type { Check } from '../../base/verdict/check.js';
import { type CheckId } from '../check-ids.js';
import { CheckLog } from '../check-log.js';
import { publicPolicyReason } from '../published.js';
import type { Product } from '../snp/product.js';
import type { SnpReport } from '../snp/report.js';
import { readTcb } from '../snp/tcb.js';
import type { AttestationToken, JsonObject } from './token.js';

export interface TokenExpectations {
  /** Lower-case hex, as the other two. */
  readonly hostData?: string;
  readonly reportData?: string;
  readonly nonce?: string;
  /** Digest of the policy that the service appraised by, base64url. */
  readonly servicePolicy?: string;
  /** The key ids of `x-ms-runtime`, exactly these. */
  readonly runtimeKeys?: readonly string[];
  /** The raw report beside the token, with its product: both must say the same. */
  readonly report?: { readonly fields: SnpReport; readonly product: Product | null };
}

const SNP = 'x-ms-sevsnpvm-';

/** The checks of the claims; exact by type and value. */
export function appraiseToken(
  { claims }: AttestationToken,
  expectations: TokenExpectations,
): readonly Check[] {
  const log = new CheckLog();
  recordClaim('CLAIM_TYPE', claims, 'x-ms-attestation-type', 'sevsnpvm', log);
  recordClaim('CLAIM_COMPLIANCE', claims, 'x-ms-compliance-status', 'azure-compliant-uvm', log);
  recordClaim('CLAIM_DEBUG', claims, `${SNP}is-debuggable`, false, log);
  recordClaim('CLAIM_MIGRATION', claims, `${SNP}migration-allowed`, false, log);
  recordClaim('CLAIM_VMPL', claims, `${SNP}vmpl`, 0, log);
  recordClaim('CLAIM_HOSTDATA', claims, `${SNP}hostdata`, expectations.hostData, log);
  recordClaim('CLAIM_REPORTDATA', claims, `${SNP}reportdata`, expectations.reportData, log);
  recordClaim('CLAIM_NONCE', claims, 'nonce', expectations.nonce, log);
  recordClaim('CLAIM_POLICY_HASH', claims, 'x-ms-policy-hash', expectations.servicePolicy, log);
  recordRuntimeKeys(claims['x-ms-runtime'], expectations.runtimeKeys, log);
  recordAgreement(claims, expectations.report, log);
  return log.checks();
}

/** Whether the policy in the claims is a published one: for a token without the raw report. */
export function appraisePolicyClaim({ claims }: AttestationToken): readonly Check[] {
  const log = new CheckLog();
  const hash = claims[`${SNP}hostdata`];
  const problem = typeof hash === 'string' ? publicPolicyReason(hash) : null;
  if (typeof hash !== 'string') log.skip('there is no policy hash', 'POLICY_NOT_PUBLIC');
  else if (problem === null) log.record('POLICY_NOT_PUBLIC', true);
  else
    log.skip(`warning: ${problem}; a genuine token, but the room keeps nothing secret`, 'POLICY_NOT_PUBLIC');
  return log.checks();
}

function recordClaim(
  id: CheckId,
  claims: JsonObject,
  name: string,
  expected: string | number | boolean | undefined,
  log: CheckLog,
): void {
  if (expected === undefined) {
    log.skip(`nothing was demanded of ${name}`, id);
    return;
  }
  const actual = claims[name];
  log.record(id, actual === expected, {
    expected: String(expected),
    actual: say(actual),
    reason: actual === undefined ? `the token has no claim ${name}` : `${name} is not what is demanded`,
  });
}

function recordRuntimeKeys(runtime: unknown, expected: readonly string[] | undefined, log: CheckLog): void {
  if (expected === undefined) {
    log.skip('no keys were demanded', 'CLAIM_RUNTIME');
    return;
  }
  const actual = keyIds(runtime);
  log.record('CLAIM_RUNTIME', actual.toSorted().join('\n') === expected.toSorted().join('\n'), {
    expected: expected.join(', '),
    actual: actual.join(', ') || 'none',
    reason: 'the token is about other keys',
  });
}

function keyIds(runtime: unknown): readonly string[] {
  if (typeof runtime !== 'object' || runtime === null || !('keys' in runtime)) return [];
  const { keys } = runtime;
  if (!Array.isArray(keys)) return [];
  return (keys as readonly unknown[]).map((key) =>
    typeof key === 'object' && key !== null && 'kid' in key && typeof key.kid === 'string' ? key.kid : '',
  );
}

function recordAgreement(claims: JsonObject, beside: TokenExpectations['report'], log: CheckLog): void {
  if (beside === undefined) {
    log.skip('there is no report to compare the token with', 'CLAIM_REPORT');
    return;
  }
  const { fields: report, product } = beside;
  const differing = Object.entries(claimsOf(report, product))
    .filter(
      ([name, value]) =>
        claims[SNP + name] !== value && (REQUIRED.has(name) || claims[SNP + name] !== undefined),
    )
    .map(([name]) => name);
  log.record('CLAIM_REPORT', differing.length === 0, {
    expected: 'the claims are those of the report',
    actual: differing.length === 0 ? 'they are' : `other: ${differing.join(', ')}`,
    reason: 'token and report are not about the same guest and data',
  });
}

const REQUIRED: ReadonlySet<string> = new Set(['hostdata', 'reportdata', 'launchmeasurement']);

/* Each claim with the report's field. How Turin's TCB is spelled in tokens is not documented, so it is left out. */
function claimsOf(
  report: SnpReport,
  product: Product | null,
): Readonly<Record<string, string | number | boolean>> {
  const tcb = product === 'Milan' || product === 'Genoa' ? readTcb(report.reportedTcb, product) : null;
  return {
    hostdata: toHex(report.hostData),
    reportdata: toHex(report.reportData),
    launchmeasurement: toHex(report.measurement),
    reportid: toHex(report.reportId),
    idkeydigest: toHex(report.idKeyDigest),
    authorkeydigest: toHex(report.authorKeyDigest),
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    guestsvn: report.guestSvn,
    vmpl: report.vmpl,
    'is-debuggable': report.policy.debugAllowed,
    'migration-allowed': report.policy.migrationAgentAllowed,
    'smt-allowed': report.policy.smtAllowed,
    ...(tcb === null
      ? {}
      : {
          'bootloader-svn': tcb.bootloader,
          'tee-svn': tcb.tee,
          'snpfw-svn': tcb.snp,
          'microcode-svn': tcb.microcode,
        }),
  };
}

function say(value: unknown): string {
  return value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}

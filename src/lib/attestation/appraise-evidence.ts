// Third of three: does the evidence say what the verifier expects? RFC 9334 calls this appraisal.

import type { ReferenceTable } from '../contract/published/reference-table.js';
import { decodeUtf8, equalBytes } from '../base/bytes/arrays.js';
import { toHex } from '../base/bytes/hex.js';
import type { Check } from '../base/verdict/check.js';
import { appraiseMachine } from './appraise-machine.js';
import { appraiseReportFields } from './appraise-report-fields.js';
import { appraiseStatus } from './appraise-status.js';
import { CheckLog } from './check-log.js';
import type { SignatureCrypto } from './crypto/signature-crypto.js';
import type { Expectations } from './expectations.js';
import { noncesOf } from './nonce.js';
import { publicKeyReason, publicPolicyReason } from './published.js';
import { readTcb, componentsBelow, describeTcb, TCB_COMPONENTS } from './snp/tcb.js';
import type { SnpReport } from './snp/report.js';
import type { UvmEndorsement } from './uvm/endorsement.js';
import type { VerifiedEvidence } from './verify-evidence.js';

/** The inputs of an appraisal besides the evidence. */
export interface AppraisalContext {
  readonly expectations: Expectations;
  /** The feed that is trusted. */
  readonly feed: string;
  /** What is known of AMD's and Microsoft's firmware; null where other roots are believed. */
  readonly reference: ReferenceTable | null;
  readonly crypto: SignatureCrypto;
}

/** Every check of content; the checks of parsing and verification are not repeated. */
export async function appraiseEvidence(
  evidence: VerifiedEvidence,
  context: AppraisalContext,
): Promise<readonly Check[]> {
  const log = new CheckLog();
  appraiseUvm(evidence.uvm, evidence.parts.uvm !== undefined, context, log);
  appraiseMeasurement(evidence, context.expectations, log);
  await appraisePolicy(evidence, context, log);
  if (evidence.report === null) {
    const reason = 'there is no report that can be read';
    log.skip(reason, 'SIGNING_KEY', 'CHIP_KEY_MASKED', 'DEBUG', 'MIGRATE_MA', 'VMPL', 'GUEST_SVN');
    log.skip(reason, 'TCB_ORDER', 'TCB_MIN', 'LAUNCH_TCB', 'REPORT_DATA', 'NONCE', 'RUNTIME_KEY_NOT_PUBLIC');
  } else {
    appraiseGuest(evidence.report, context.expectations, log);
    appraiseTcb(evidence, evidence.report, context.expectations, log);
    await appraiseReportData(evidence, evidence.report, context, log);
  }
  appraiseStatus(evidence, context.reference, log);
  appraiseMachine(evidence, context.expectations, log);
  appraiseReportFields(evidence, context.expectations, log);
  appraiseProduct(evidence, context.expectations, log);
  return log.checks();
}

function appraiseGuest(report: SnpReport, expectations: Expectations, log: CheckLog): void {
  const { signerInfo, policy } = report;
  log.record('SIGNING_KEY', signerInfo.signingKey === 0, {
    expected: '0 (VCEK)',
    actual: String(signerInfo.signingKey),
    reason: 'the report is signed with a key that is not the chip’s',
  });
  log.record('CHIP_KEY_MASKED', !signerInfo.chipKeyMasked, {
    expected: 'chip id in the report',
    actual: signerInfo.chipKeyMasked ? 'chip id masked' : 'chip id in the report',
    reason: 'the chip id is masked',
  });
  log.record('DEBUG', !policy.debugAllowed, {
    expected: 'debugging off',
    actual: policy.debugAllowed ? 'debugging on' : 'debugging off',
    reason: 'the host may read the guest’s memory',
  });
  log.record('MIGRATE_MA', !policy.migrationAgentAllowed, {
    expected: 'no migration agent',
    actual: policy.migrationAgentAllowed ? 'migration agent allowed' : 'no migration agent',
    reason: 'a migration agent may move the guest',
  });
  log.record('VMPL', report.vmpl === 0, {
    expected: '0',
    actual: report.vmpl === 0xffff_ffff ? '0xFFFFFFFF (the host asked)' : String(report.vmpl),
    reason: 'another level than the guest’s most privileged one asked for the report',
  });
  if (expectations.guestSvn === undefined) log.skip('no least GUEST_SVN was demanded', 'GUEST_SVN');
  else {
    log.record('GUEST_SVN', report.guestSvn >= expectations.guestSvn, {
      expected: `at least ${expectations.guestSvn}`,
      actual: String(report.guestSvn),
    });
  }
}

function appraiseTcb(
  { product }: VerifiedEvidence,
  report: SnpReport,
  { minTcb }: Expectations,
  log: CheckLog,
): void {
  if (product === null) {
    log.skip('the layout of the TCB is not known for this processor', 'TCB_ORDER', 'TCB_MIN', 'LAUNCH_TCB');
    return;
  }
  const current = readTcb(report.currentTcb, product);
  const reported = readTcb(report.reportedTcb, product);
  const committed = readTcb(report.committedTcb, product);
  const above = TCB_COMPONENTS.filter((component) =>
    [reported, committed].some((tcb) => (tcb[component] ?? 0) > (current[component] ?? 0)),
  );
  log.record('TCB_ORDER', above.length === 0, {
    expected: `at most ${describeTcb(current)}`,
    actual: describeTcb(reported),
    reason: `above the running firmware: ${above.join(', ')}`,
  });
  const floor = minTcb[product];
  if (floor === undefined) {
    log.skip(`no least TCB was demanded for ${product}`, 'TCB_MIN', 'LAUNCH_TCB');
    return;
  }
  const launch = readTcb(report.launchTcb, product);
  for (const [id, tcb] of [['TCB_MIN', reported] as const, ['LAUNCH_TCB', launch] as const]) {
    const below = componentsBelow(tcb, floor);
    log.record(id, below.length === 0, {
      expected: `at least ${describeTcb(floor)}`,
      actual: describeTcb(tcb),
      reason: `older than demanded: ${below.join(', ')}`,
    });
  }
}

function appraiseProduct(
  { product, chain }: VerifiedEvidence,
  { products }: Expectations,
  log: CheckLog,
): void {
  if (products === undefined) log.skip('no list of products was given', 'PRODUCT_ALLOWED');
  else if (chain === null && product === null) log.skip('there is no product', 'PRODUCT_ALLOWED');
  else {
    log.record('PRODUCT_ALLOWED', product !== null && products.includes(product), {
      expected: products.join(', '),
      actual: product ?? 'unknown',
      reason: 'the product of the processor is not allowed',
    });
  }
}

function appraiseUvm(
  uvm: UvmEndorsement | null,
  given: boolean,
  { expectations, feed }: AppraisalContext,
  log: CheckLog,
): void {
  if (given) log.record('UVM_MISSING', true);
  else if (expectations.uvmRequired)
    log.record('UVM_MISSING', false, { reason: 'no UVM endorsement was given' });
  else log.skip('no UVM endorsement was given', 'UVM_MISSING');
  if (uvm === null) {
    log.skip('there is no UVM endorsement that can be read', 'UVM_FEED', 'UVM_PAYLOAD', 'UVM_SVN');
    return;
  }
  log.record('UVM_FEED', uvm.feed === feed, {
    expected: feed,
    actual: uvm.feed,
    reason: 'the endorsement is for another product',
  });
  const { svn, problem } = uvm.statement;
  log.recordProblem('UVM_PAYLOAD', problem);
  log.record('UVM_SVN', svn !== null && svn >= expectations.uvmMinSvn, {
    expected: `at least ${expectations.uvmMinSvn}`,
    actual: svn === null ? 'none' : String(svn),
    reason: 'the guest’s firmware is older than demanded',
  });
}

function appraiseMeasurement(
  { report, uvm }: VerifiedEvidence,
  expectations: Expectations,
  log: CheckLog,
): void {
  const actual = report?.measurement ?? uvm?.statement.measurement ?? null;
  const endorsed = report === null ? null : (uvm?.statement.measurement ?? null);
  const demanded = [endorsed === null ? null : toHex(endorsed), expectations.measurement ?? null].filter(
    (value) => value !== null,
  );
  if (actual === null || demanded.length === 0) {
    log.skip('there is nothing to compare the measurement with', 'MEASUREMENT');
    return;
  }
  const differing = demanded.find((value) => value !== toHex(actual));
  log.record('MEASUREMENT', differing === undefined, {
    expected: differing ?? toHex(actual),
    actual: toHex(actual),
    reason: 'the guest that runs is not the one that is endorsed',
  });
}

async function appraisePolicy(
  { report, parts }: VerifiedEvidence,
  { expectations, crypto }: AppraisalContext,
  log: CheckLog,
): Promise<void> {
  const given = parts.policy === undefined ? null : toHex(await crypto.digest('sha256', parts.policy));
  const demanded = [given, expectations.hostData ?? null].filter((value) => value !== null);
  const actual = report === null ? null : toHex(report.hostData);
  if (actual === null) log.skip('there is no report that can be read', 'HOST_DATA');
  else if (demanded.length === 0) log.skip('no policy and no policy hash was given', 'HOST_DATA');
  else {
    const differing = demanded.find((value) => value !== actual);
    log.record('HOST_DATA', differing === undefined, {
      expected: differing ?? actual,
      actual,
      reason: 'the policy that is enforced is not the one given',
    });
  }
  const hash = actual ?? given;
  if (hash === null) log.skip('there is no policy hash', 'POLICY_NOT_PUBLIC');
  else {
    const text = given === hash && parts.policy !== undefined ? decodeUtf8(parts.policy) : null;
    recordWarning('POLICY_NOT_PUBLIC', publicPolicyReason(hash, text ?? undefined), log);
  }
}

async function appraiseReportData(
  { parts }: VerifiedEvidence,
  report: SnpReport,
  { expectations, crypto }: AppraisalContext,
  log: CheckLog,
): Promise<void> {
  const expected = new Uint8Array(64);
  if (parts.runtimeData !== undefined) expected.set(await crypto.digest('sha256', parts.runtimeData));
  const holdsData = parts.runtimeData === undefined || equalBytes(expected, report.reportData);
  const actual = toHex(report.reportData);
  const holdsValue = expectations.reportData === undefined || expectations.reportData === actual;
  if (parts.runtimeData === undefined && expectations.reportData === undefined) {
    log.skip('no runtime data and no report data was given', 'REPORT_DATA');
  } else {
    log.record('REPORT_DATA', holdsData && holdsValue, {
      expected: holdsData ? (expectations.reportData ?? actual) : toHex(expected),
      actual,
      reason: 'the report is about other data',
    });
  }
  recordWarning('RUNTIME_KEY_NOT_PUBLIC', publicKeyReason(report.reportData), log);
  if (expectations.nonce === undefined) {
    log.skip('no nonce was given: the evidence may be old, or the answer to another request', 'NONCE');
    return;
  }
  const nonces = parts.runtimeData === undefined ? [] : noncesOf(parts.runtimeData);
  log.record('NONCE', holdsData && nonces.includes(expectations.nonce), {
    expected: expectations.nonce,
    actual: nonces[0] ?? 'none',
    reason: nonces.length === 0 ? 'the runtime data contains no nonce' : 'the evidence answers another nonce',
  });
}

/* A warning is no refusal: it is listed as not passed, and `--require` makes it one. */
function recordWarning(
  id: 'POLICY_NOT_PUBLIC' | 'RUNTIME_KEY_NOT_PUBLIC',
  problem: string | null,
  log: CheckLog,
): void {
  if (problem === null) log.record(id, true);
  else log.skip(`warning: ${problem}; genuine evidence, but the room keeps nothing secret`, id);
}

// Single fields of a report: shown always, and held against what the verifier demands of them.

import { toHex } from '../base/bytes/hex.js';
import type { Check } from '../base/verdict/check.js';
import type { CheckId } from './check-ids.js';
import type { CheckLog } from './check-log.js';
import { isAtLeastVersion, type ReportDemands } from './report-demands.js';
import { GUEST_POLICY_BITS, hasPolicyBit } from './snp/guest-policy.js';
import type { Product } from './snp/product.js';
import type { SnpReport } from './snp/report.js';
import { componentsBelow, describeTcb, readTcb, reservedTcbBytes } from './snp/tcb.js';
import type { VerifiedEvidence } from './verify-evidence.js';

const FIELD_CHECKS = [
  ...(['REPORT_VERSION_MIN', 'GUEST_POLICY', 'GUEST_ABI', 'ID_KEY', 'AUTHOR_KEY', 'FAMILY_ID'] as const),
  ...(['IMAGE_ID', 'MITIGATIONS', 'FIRMWARE_VERSION'] as const),
] satisfies readonly CheckId[];

/** Records each of them. What was not demanded is listed as not made, with the value. */
export function appraiseReportFields(
  { report, product, checks }: VerifiedEvidence,
  demands: ReportDemands,
  log: CheckLog,
): void {
  if (report === null) {
    log.skip('there is no report that can be read', ...FIELD_CHECKS, 'COMMITTED_TCB', 'TCB_RESERVED');
    return;
  }
  appraiseForm(report, demands, log);
  appraiseGuestPolicy(report, demands, log);
  appraiseIdentity(report, demands, log);
  appraiseFirmware(report, demands, log);
  if (product === null) {
    log.skip('the layout of the TCB is not known for this processor', 'COMMITTED_TCB', 'TCB_RESERVED');
    return;
  }
  appraiseReserved(report, product, isSigned(checks), log);
  const committed = readTcb(report.committedTcb, product);
  const floor = demands.minCommittedTcb?.[product];
  const below = floor === undefined ? [] : componentsBelow(committed, floor);
  log.demand('COMMITTED_TCB', floor === undefined ? undefined : `at least ${describeTcb(floor)}`, {
    actual: describeTcb(committed),
    holds: below.length === 0,
    reason: `the firmware may be taken back below what is demanded: ${below.join(', ')}`,
  });
}

function isSigned(checks: readonly Check[]): boolean {
  return checks.some(({ id, status }) => id === 'REPORT_SIGNATURE' && status === 'pass');
}

/* Of bytes that no chip signed, the product says nothing either: which bytes it does not use is not known then. */
function appraiseReserved(report: SnpReport, product: Product, signed: boolean, log: CheckLog): void {
  if (!signed) {
    log.skip('no chip is known to have signed the report', 'TCB_RESERVED');
    return;
  }
  const { currentTcb, reportedTcb, committedTcb, launchTcb } = report;
  const used = reservedTcbBytes(product, [currentTcb, reportedTcb, committedTcb, launchTcb]);
  log.record('TCB_RESERVED', used.length === 0, {
    reason: `bytes that ${product} does not use are not zero: ${used.join(', ')}`,
  });
}

function appraiseForm(
  { version }: SnpReport,
  { minReportVersion: least }: ReportDemands,
  log: CheckLog,
): void {
  log.demand('REPORT_VERSION_MIN', least === undefined ? undefined : `at least ${least}`, {
    actual: String(version),
    holds: version >= (least ?? 0),
    reason: 'the version of the report is older than demanded',
  });
}

function appraiseGuestPolicy(
  { policy }: SnpReport,
  { guestPolicy, minAbi }: ReportDemands,
  log: CheckLog,
): void {
  const isOn = (bit: (typeof GUEST_POLICY_BITS)[number]): boolean => hasPolicyBit(policy.value, bit);
  const demanded = GUEST_POLICY_BITS.filter((bit) => guestPolicy?.[bit] !== undefined);
  const differing = demanded.filter((bit) => isOn(bit) !== guestPolicy?.[bit]);
  const expected = demanded.map((bit) => `${bit} ${guestPolicy?.[bit] === true ? 'on' : 'off'}`);
  log.demand('GUEST_POLICY', expected.length === 0 ? undefined : expected.join(', '), {
    actual: GUEST_POLICY_BITS.map((bit) => `${bit} ${isOn(bit) ? 'on' : 'off'}`).join(', '),
    holds: differing.length === 0,
    reason: `otherwise than demanded: ${differing.join(', ')}`,
  });
  const abi = [policy.abiMajor, policy.abiMinor];
  log.demand('GUEST_ABI', minAbi === undefined ? undefined : `at least ${minAbi.join('.')}`, {
    actual: abi.join('.'),
    holds: minAbi === undefined || isAtLeastVersion(abi, minAbi),
    reason: 'the guest may run on firmware with an older ABI than demanded',
  });
}

function appraiseIdentity(report: SnpReport, demands: ReportDemands, log: CheckLog): void {
  const { idKeys, authorKeys, familyId, imageId } = demands;
  const one = (list: readonly string[]): string => `one of ${list.length}: ${list.join(', ')}`;
  const idKey = toHex(report.idKeyDigest);
  log.demand('ID_KEY', idKeys && one(idKeys), {
    actual: idKey,
    holds: idKeys?.includes(idKey) === true,
    reason: 'the guest was launched with the ID block of another key',
  });
  const authorKey = report.signerInfo.authorKeyEnabled ? toHex(report.authorKeyDigest) : 'none';
  log.demand('AUTHOR_KEY', authorKeys && one(authorKeys), {
    actual: authorKey,
    holds: authorKeys?.includes(authorKey) === true,
    reason: 'no author key that is allowed signed the key of the ID block',
  });
  for (const [id, expected, bytes] of [
    ['FAMILY_ID', familyId, report.familyId],
    ['IMAGE_ID', imageId, report.imageId],
  ] as const)
    log.demand(id, expected, {
      actual: toHex(bytes),
      holds: toHex(bytes) === expected,
      reason: 'the guest was launched with another id',
    });
}

function appraiseFirmware(
  report: SnpReport,
  { mitigations, minFirmware }: ReportDemands,
  log: CheckLog,
): void {
  const { launchMitigation: launch, currentMitigation: current } = report;
  const has = (vector: bigint | null): boolean =>
    vector !== null && (vector & (mitigations ?? 0n)) === (mitigations ?? 0n);
  const hex = (vector: bigint | null): string => (vector === null ? 'none' : `0x${vector.toString(16)}`);
  log.demand('MITIGATIONS', mitigations === undefined ? undefined : `all of ${hex(mitigations)}`, {
    actual: `${hex(launch)} at launch, ${hex(current)} now`,
    holds: has(launch) && has(current),
    reason: launch === null ? 'reports of this version have no mitigation vector' : 'mitigations are missing',
  });
  const [running, committed] = [report.currentVersion, report.committedVersion];
  const old = (text: string): boolean =>
    minFirmware !== undefined && !isAtLeastVersion(text.split('.').map(Number), minFirmware);
  log.demand(
    'FIRMWARE_VERSION',
    minFirmware === undefined ? undefined : `at least ${minFirmware.join('.')}`,
    {
      actual: `${running} running, ${committed} committed`,
      holds: !old(running) && !old(committed),
      reason: 'the firmware is older than demanded, or may be taken back to an older one',
    },
  );
}

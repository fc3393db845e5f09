// Expectations that a verifier stated, and the checks that answer them. One that cannot be checked is not met.

import type { CheckId } from '../attestation/check-ids.js';
import type { ReportDemand } from '../attestation/report-demands.js';
import type { Scope } from '../base/verdict/statement.js';

export type StatedField =
  | 'hostData'
  | 'reportData'
  | 'measurement'
  | 'nonce'
  | 'maxAge'
  | 'logHeadMaxAge'
  | 'guestSvn'
  | 'uvm'
  | 'uvmMinSvn'
  | 'uvmRequired'
  | 'uvmTime'
  | 'fixed'
  | 'minTcb'
  | 'products'
  | 'chips'
  | 'platform'
  | 'issuer'
  | 'runtimeKeys'
  | 'servicePolicy'
  | ReportDemand
  | 'sealed';

const OF_EVIDENCE: Readonly<Record<StatedField, readonly CheckId[]>> = {
  hostData: ['HOST_DATA'],
  reportData: ['REPORT_DATA'],
  measurement: ['MEASUREMENT'],
  nonce: ['NONCE'],
  maxAge: ['MAX_AGE'],
  logHeadMaxAge: ['LOG_FRESH'],
  guestSvn: ['GUEST_SVN'],
  uvm: ['UVM_DID', 'UVM_FEED'],
  uvmMinSvn: ['UVM_SVN'],
  uvmRequired: ['UVM_MISSING'],
  uvmTime: ['UVM_CERT_TIME'],
  fixed: ['DEBUG', 'MIGRATE_MA', 'VMPL'],
  minTcb: ['TCB_MIN', 'LAUNCH_TCB'],
  products: ['PRODUCT_ALLOWED'],
  chips: ['CHIP_ALLOWED'],
  platform: ['PLATFORM_INFO'],
  issuer: ['JWT_ISS'],
  runtimeKeys: ['CLAIM_RUNTIME'],
  servicePolicy: ['CLAIM_POLICY_HASH'],
  minReportVersion: ['REPORT_VERSION_MIN'],
  guestPolicy: ['GUEST_POLICY'],
  minAbi: ['GUEST_ABI'],
  idKeys: ['ID_KEY'],
  authorKeys: ['AUTHOR_KEY'],
  familyId: ['FAMILY_ID'],
  imageId: ['IMAGE_ID'],
  mitigations: ['MITIGATIONS'],
  minFirmware: ['FIRMWARE_VERSION'],
  minCommittedTcb: ['COMMITTED_TCB'],
  sealed: ['RECEIPT_JKT'],
};

/* What a token's claims answer instead of a report. */
const OF_TOKEN: Readonly<Partial<Record<StatedField, readonly CheckId[]>>> = {
  hostData: ['CLAIM_HOSTDATA'],
  reportData: ['CLAIM_REPORTDATA'],
  nonce: ['CLAIM_NONCE'],
  fixed: ['CLAIM_DEBUG', 'CLAIM_MIGRATION', 'CLAIM_VMPL'],
};

/** The checks that have to be made for what was stated. */
export function checksOfStated(fields: readonly StatedField[], scope: Scope): readonly CheckId[] {
  return fields.flatMap((field) => (scope === 'service' ? OF_TOKEN[field] : undefined) ?? OF_EVIDENCE[field]);
}

/** What a contract of the verifier's states. Floors of the TCB are by product, and a contract may name none for one. */
export const STATED_BY_CONTRACT: readonly StatedField[] = ['guestSvn', 'uvmMinSvn', 'products'];

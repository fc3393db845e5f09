// SEV-SNP attestation report: fields to bytes. The only encoder in the product; the decoder is in attestation/snp.

import { FIELD, REPORT_BYTES, SIGNED_BYTES } from '../../attestation/snp/report.js';

/** What the firmware puts into a report. Byte fields have the length of their field. */
export interface ReportFields {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly vmpl: number;
  readonly currentTcb: Uint8Array;
  readonly platformInfo: bigint;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportedTcb: Uint8Array;
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number };
  readonly chipId: Uint8Array;
  readonly committedTcb: Uint8Array;
  /** build, minor, major */
  readonly firmwareVersion: Uint8Array;
  readonly launchTcb: Uint8Array;
  /** Written from version 5 on. */
  readonly mitigations: bigint;
}

const ECDSA_P384_SHA384 = 1;

/**
 * The 672 bytes of a report that are signed, little-endian; must-be-zero ranges are zero.
 *
 * @throws RangeError if a byte field has another length than the ABI's.
 * @see AMD 56860 (SEV-SNP firmware ABI), structure ATTESTATION_REPORT
 */
export function encodeSignedReport(fields: ReportFields): Uint8Array {
  const bytes = new Uint8Array(SIGNED_BYTES);
  const view = new DataView(bytes.buffer);
  const put = ([offset, length]: readonly [number, number], value: Uint8Array): void => {
    if (value.length !== length) throw new RangeError(`${value.length} bytes for a field of ${length}`);
    bytes.set(value, offset);
  };
  view.setUint32(FIELD.VERSION[0], fields.version, true);
  view.setUint32(FIELD.GUEST_SVN[0], fields.guestSvn, true);
  view.setBigUint64(FIELD.POLICY[0], fields.policy, true);
  put(FIELD.FAMILY_ID, fields.familyId);
  put(FIELD.IMAGE_ID, fields.imageId);
  view.setUint32(FIELD.VMPL[0], fields.vmpl, true);
  view.setUint32(FIELD.SIGNATURE_ALGO[0], ECDSA_P384_SHA384, true);
  put(FIELD.CURRENT_TCB, fields.currentTcb);
  view.setBigUint64(FIELD.PLATFORM_INFO[0], fields.platformInfo, true);
  put(FIELD.REPORT_DATA, fields.reportData);
  put(FIELD.MEASUREMENT, fields.measurement);
  put(FIELD.HOST_DATA, fields.hostData);
  put(FIELD.ID_KEY_DIGEST, fields.idKeyDigest);
  put(FIELD.REPORT_ID, fields.reportId);
  put(FIELD.REPORT_ID_MA, new Uint8Array(32).fill(0xff));
  put(FIELD.REPORTED_TCB, fields.reportedTcb);
  if (fields.version >= 3) {
    view.setUint8(FIELD.CPUID_FAM_ID[0], fields.cpuid.family);
    view.setUint8(FIELD.CPUID_MOD_ID[0], fields.cpuid.model);
    view.setUint8(FIELD.CPUID_STEP[0], fields.cpuid.stepping);
  }
  put(FIELD.CHIP_ID, fields.chipId);
  put(FIELD.COMMITTED_TCB, fields.committedTcb);
  put(FIELD.CURRENT_VERSION, fields.firmwareVersion);
  put(FIELD.COMMITTED_VERSION, fields.firmwareVersion);
  put(FIELD.LAUNCH_TCB, fields.launchTcb);
  if (fields.version >= 5) {
    view.setBigUint64(FIELD.LAUNCH_MIT_VECTOR[0], fields.mitigations, true);
    view.setBigUint64(FIELD.CURRENT_MIT_VECTOR[0], fields.mitigations, true);
  }
  return bytes;
}

/**
 * The report: the signed part, then R and S in 72 little-endian bytes each, then zeros.
 *
 * @param signature - R and S, 48 big-endian bytes each (IEEE P1363).
 */
export function appendSignature(signed: Uint8Array, signature: Uint8Array): Uint8Array {
  const report = new Uint8Array(REPORT_BYTES);
  report.set(signed, 0);
  report.set(signature.slice(0, 48).reverse(), FIELD.SIGNATURE_R[0]);
  report.set(signature.slice(48, 96).reverse(), FIELD.SIGNATURE_S[0]);
  return report;
}

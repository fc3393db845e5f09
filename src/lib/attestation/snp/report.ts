// SEV-SNP attestation report: bytes to fields. AMD 56860, "ATTESTATION_REPORT".

import { CleanroomError } from '../../base/errors.js';

export const REPORT_BYTES = 0x4a0;
/** The part of the report that is signed: everything before SIGNATURE. */
export const SIGNED_BYTES = 0x2a0;
/** Versions whose layout is known. */
export const REPORT_VERSIONS: readonly number[] = [2, 3, 4, 5];
/** SIGNATURE_ALGO: ECDSA P-384 with SHA-384. */
export const ECDSA_P384_SHA384 = 1;

/** Offset and length of each field, by its name in the ABI. */
export const FIELD = {
  VERSION: [0x000, 4],
  GUEST_SVN: [0x004, 4],
  POLICY: [0x008, 8],
  FAMILY_ID: [0x010, 16],
  IMAGE_ID: [0x020, 16],
  VMPL: [0x030, 4],
  SIGNATURE_ALGO: [0x034, 4],
  CURRENT_TCB: [0x038, 8],
  PLATFORM_INFO: [0x040, 8],
  SIGNER_INFO: [0x048, 4],
  REPORT_DATA: [0x050, 64],
  MEASUREMENT: [0x090, 48],
  HOST_DATA: [0x0c0, 32],
  ID_KEY_DIGEST: [0x0e0, 48],
  AUTHOR_KEY_DIGEST: [0x110, 48],
  REPORT_ID: [0x140, 32],
  REPORT_ID_MA: [0x160, 32],
  REPORTED_TCB: [0x180, 8],
  CPUID_FAM_ID: [0x188, 1],
  CPUID_MOD_ID: [0x189, 1],
  CPUID_STEP: [0x18a, 1],
  CHIP_ID: [0x1a0, 64],
  COMMITTED_TCB: [0x1e0, 8],
  CURRENT_VERSION: [0x1e8, 3],
  COMMITTED_VERSION: [0x1ec, 3],
  LAUNCH_TCB: [0x1f0, 8],
  LAUNCH_MIT_VECTOR: [0x1f8, 8],
  CURRENT_MIT_VECTOR: [0x200, 8],
  SIGNATURE_R: [0x2a0, 72],
  SIGNATURE_S: [0x2e8, 72],
} as const satisfies Record<string, readonly [number, number]>;

/* Ranges that must be zero in every version, and those that must be in some: [name, from, to). */
const RESERVED = [
  ['0x04C', 0x04c, 0x050],
  ['0x18B', 0x18b, 0x1a0],
  ['0x1EB', 0x1eb, 0x1ec],
  ['0x1EF', 0x1ef, 0x1f0],
  ['0x208', 0x208, SIGNED_BYTES],
  ['signature padding 0x330', 0x330, REPORT_BYTES],
] as const;
const RESERVED_BEFORE_3 = [['CPUID bytes 0x188', 0x188, 0x18b]] as const;
const RESERVED_BEFORE_5 = [['mitigation vectors 0x1F8', 0x1f8, 0x208]] as const;

export interface CpuId {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** A report, read and not judged. Byte fields are views of `raw`. */
export interface SnpReport {
  /** The 1184 bytes. */
  readonly raw: Uint8Array;
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: GuestPolicy;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly vmpl: number;
  readonly signatureAlgo: number;
  readonly currentTcb: Uint8Array;
  readonly platformInfo: bigint;
  readonly signerInfo: SignerInfo;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportIdMa: Uint8Array;
  readonly reportedTcb: Uint8Array;
  /** Null in version 2, which has none. */
  readonly cpuid: CpuId | null;
  readonly chipId: Uint8Array;
  readonly committedTcb: Uint8Array;
  /** major.minor.build */
  readonly currentVersion: string;
  readonly committedVersion: string;
  readonly launchTcb: Uint8Array;
  /** Version 5 and later. */
  readonly launchMitigation: bigint | null;
  readonly currentMitigation: bigint | null;
  /** R and S, big-endian, 48 bytes each; null where a value is longer than the curve. */
  readonly signature: Uint8Array | null;
  /** Ranges and bits that should be zero (or one) and are not, in the ABI's names. */
  readonly reservedViolations: readonly string[];
}

/** POLICY. AMD 56860, "Guest Policy". */
export interface GuestPolicy {
  readonly value: bigint;
  readonly abiMinor: number;
  readonly abiMajor: number;
  readonly smtAllowed: boolean;
  readonly migrationAgentAllowed: boolean;
  readonly debugAllowed: boolean;
  readonly singleSocket: boolean;
}

/** The bits at 0x048. `signingKey`: 0 VCEK, 1 VLEK, 7 none. */
export interface SignerInfo {
  readonly value: number;
  readonly authorKeyEnabled: boolean;
  readonly chipKeyMasked: boolean;
  readonly signingKey: number;
}

/**
 * Reads the fields of a report without judging any of them; must-be-zero ranges that are not zero are listed in
 * `reservedViolations`. The signature is not checked.
 *
 * @param bytes - the report as the PSP returns it, little-endian; copied.
 * @throws CleanroomError SNP_REPORT_MALFORMED unless there are exactly 1184 bytes.
 * @see AMD 56860 (SEV-SNP firmware ABI), structure ATTESTATION_REPORT
 */
export function readSnpReport(bytes: Uint8Array): SnpReport {
  if (bytes.length !== REPORT_BYTES) {
    throw new CleanroomError('SNP_REPORT_MALFORMED', `${bytes.length} bytes, not ${REPORT_BYTES}`);
  }
  const raw = Uint8Array.from(bytes);
  const view = new DataView(raw.buffer);
  const u32 = ([offset]: readonly [number, number]): number => view.getUint32(offset, true);
  const u64 = ([offset]: readonly [number, number]): bigint => view.getBigUint64(offset, true);
  const slice = ([offset, length]: readonly [number, number]): Uint8Array =>
    raw.subarray(offset, offset + length);
  const version = u32(FIELD.VERSION);
  return {
    raw,
    version,
    guestSvn: u32(FIELD.GUEST_SVN),
    policy: readPolicy(u64(FIELD.POLICY)),
    familyId: slice(FIELD.FAMILY_ID),
    imageId: slice(FIELD.IMAGE_ID),
    vmpl: u32(FIELD.VMPL),
    signatureAlgo: u32(FIELD.SIGNATURE_ALGO),
    currentTcb: slice(FIELD.CURRENT_TCB),
    platformInfo: u64(FIELD.PLATFORM_INFO),
    signerInfo: readSignerInfo(u32(FIELD.SIGNER_INFO)),
    reportData: slice(FIELD.REPORT_DATA),
    measurement: slice(FIELD.MEASUREMENT),
    hostData: slice(FIELD.HOST_DATA),
    idKeyDigest: slice(FIELD.ID_KEY_DIGEST),
    authorKeyDigest: slice(FIELD.AUTHOR_KEY_DIGEST),
    reportId: slice(FIELD.REPORT_ID),
    reportIdMa: slice(FIELD.REPORT_ID_MA),
    reportedTcb: slice(FIELD.REPORTED_TCB),
    cpuid: version < 3 ? null : readCpuid(raw),
    chipId: slice(FIELD.CHIP_ID),
    committedTcb: slice(FIELD.COMMITTED_TCB),
    currentVersion: readFirmwareVersion(slice(FIELD.CURRENT_VERSION)),
    committedVersion: readFirmwareVersion(slice(FIELD.COMMITTED_VERSION)),
    launchTcb: slice(FIELD.LAUNCH_TCB),
    launchMitigation: version < 5 ? null : u64(FIELD.LAUNCH_MIT_VECTOR),
    currentMitigation: version < 5 ? null : u64(FIELD.CURRENT_MIT_VECTOR),
    signature: readSignature(slice(FIELD.SIGNATURE_R), slice(FIELD.SIGNATURE_S)),
    reservedViolations: reservedViolations(raw, version, u64(FIELD.POLICY), u32(FIELD.SIGNER_INFO)),
  };
}

/**
 * Reads a report and demands that it is well formed; the signature is not checked.
 *
 * @throws CleanroomError SNP_REPORT_MALFORMED if the length, the version (2 to 5) or a must-be-zero range is wrong;
 *   names the range.
 */
export function parseSnpReport(bytes: Uint8Array): SnpReport {
  const report = readSnpReport(bytes);
  if (!REPORT_VERSIONS.includes(report.version)) {
    throw new CleanroomError('SNP_REPORT_MALFORMED', `version ${report.version}`);
  }
  const [violation] = report.reservedViolations;
  if (violation !== undefined)
    throw new CleanroomError('SNP_REPORT_MALFORMED', `${violation} is not as required`);
  return report;
}

function readPolicy(value: bigint): GuestPolicy {
  const bit = (number: bigint): boolean => ((value >> number) & 1n) === 1n;
  return {
    value,
    abiMinor: Number(value & 0xffn),
    abiMajor: Number((value >> 8n) & 0xffn),
    smtAllowed: bit(16n),
    migrationAgentAllowed: bit(18n),
    debugAllowed: bit(19n),
    singleSocket: bit(20n),
  };
}

function readSignerInfo(value: number): SignerInfo {
  return {
    value,
    authorKeyEnabled: (value & 1) === 1,
    chipKeyMasked: (value & 2) === 2,
    signingKey: (value >> 2) & 7,
  };
}

function readCpuid(raw: Uint8Array): CpuId {
  return { family: raw[0x188] ?? 0, model: raw[0x189] ?? 0, stepping: raw[0x18a] ?? 0 };
}

/* Stored as build, minor, major. */
function readFirmwareVersion([build = 0, minor = 0, major = 0]: Uint8Array): string {
  return `${major}.${minor}.${build}`;
}

function readSignature(r: Uint8Array, s: Uint8Array): Uint8Array | null {
  if (!isZero(r.subarray(48)) || !isZero(s.subarray(48))) return null;
  const joined = new Uint8Array(96);
  joined.set(r.slice(0, 48).reverse(), 0);
  joined.set(s.slice(0, 48).reverse(), 48);
  return joined;
}

function reservedViolations(
  raw: Uint8Array,
  version: number,
  policy: bigint,
  signerInfo: number,
): readonly string[] {
  const ranges = [
    ...RESERVED,
    ...(version < 3 ? RESERVED_BEFORE_3 : []),
    ...(version < 5 ? RESERVED_BEFORE_5 : []),
  ];
  return [
    ...ranges.filter(([, from, to]) => !isZero(raw.subarray(from, to))).map(([name]) => `reserved ${name}`),
    ...(((policy >> 17n) & 1n) === 1n ? [] : ['POLICY bit 17']),
    ...(policy >> 26n === 0n ? [] : ['POLICY bits 63:26']),
    ...(signerInfo >>> 5 === 0 ? [] : ['signer info bits 31:5']),
  ];
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

// What a verifier may demand of single fields of a report, besides what is demanded of every one. AMD 56860, ATTESTATION_REPORT.

import * as v from 'valibot';

import { GUEST_POLICY_BITS, type GuestPolicyBit } from './snp/guest-policy.js';
import type { Product } from './snp/product.js';
import type { TcbFloor } from './snp/tcb.js';

/** Numbers of a version, the most significant first. */
export type Version = readonly number[];

/** An absent field is not demanded: its check shows the value. Digests and ids are lower-case hex. */
export interface ReportDemands {
  readonly minReportVersion?: number;
  /** Bits of the guest policy that must be so. */
  readonly guestPolicy?: { readonly [bit in GuestPolicyBit]?: boolean };
  /** Least ABI version that the guest policy demands of the firmware: major, minor. */
  readonly minAbi?: Version;
  /** Digests of ID keys, one of which signed the ID block. */
  readonly idKeys?: readonly string[];
  /** Digests of author keys, one of which signed the ID key. */
  readonly authorKeys?: readonly string[];
  readonly familyId?: string;
  readonly imageId?: string;
  /** Bits that both mitigation vectors must have; reports before version 5 have none. */
  readonly mitigations?: bigint;
  /** Least version of the firmware, the running and the committed one: major, minor, build. */
  readonly minFirmware?: Version;
  /** Floors of the committed TCB, below which the firmware cannot be taken back. */
  readonly minCommittedTcb?: { readonly [product in Product]?: TcbFloor };
}

export type ReportDemand = keyof ReportDemands;

const hex = (digits: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`), `${digits} lower-case hex digits`));
const version = (parts: number, example: string) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^\\d{1,3}(?:\\.\\d{1,3}){${parts - 1}}$`), `a version such as ${example}`),
  );
const bits = <Bit extends string>(names: readonly Bit[]) =>
  v.strictObject(
    Object.fromEntries(names.map((bit) => [bit, v.optional(v.boolean())])) as Record<
      Bit,
      v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
    >,
  );
const SPL = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)));
const Floor = v.strictObject({ fmc: SPL, bootloader: SPL, tee: SPL, snp: SPL, microcode: SPL });

/** Floors of the TCB by product, as an appraisal file has them. */
export const FloorsFile = v.strictObject({
  Milan: v.optional(Floor),
  Genoa: v.optional(Floor),
  Turin: v.optional(Floor),
});

/** The members of an appraisal file that demand them. */
export const ReportDemandsFile = {
  min_report_version: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(255))),
  guest_policy: v.optional(bits(GUEST_POLICY_BITS)),
  min_abi: v.optional(version(2, '1.55')),
  id_keys: v.optional(v.pipe(v.array(hex(96)), v.minLength(1))),
  author_keys: v.optional(v.pipe(v.array(hex(96)), v.minLength(1))),
  family_id: v.optional(hex(32)),
  image_id: v.optional(hex(32)),
  mitigations: v.optional(v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,16}$/, 'bits such as 0x3f'))),
  min_firmware: v.optional(version(3, '1.55.29')),
  min_committed_tcb: v.optional(FloorsFile),
};

type DemandsFile = {
  readonly [name in keyof typeof ReportDemandsFile]?: v.InferOutput<(typeof ReportDemandsFile)[name]>;
};

/** What such members state. */
export function demandsOf(file: DemandsFile): ReportDemands {
  const { mitigations } = file;
  return withoutAbsent({
    minReportVersion: file.min_report_version,
    guestPolicy: file.guest_policy,
    minAbi: versionOf(file.min_abi),
    idKeys: file.id_keys,
    authorKeys: file.author_keys,
    familyId: file.family_id,
    imageId: file.image_id,
    mitigations: mitigations === undefined ? undefined : BigInt(mitigations),
    minFirmware: versionOf(file.min_firmware),
    minCommittedTcb: file.min_committed_tcb,
  });
}

/** Whether a version is at least another one of as many numbers. */
export function isAtLeastVersion(version: Version, least: Version): boolean {
  const at = least.findIndex((number, place) => version[place] !== number);
  return at === -1 || (version[at] ?? -1) > (least[at] ?? 0);
}

function versionOf(text: string | undefined): Version | undefined {
  return text?.split('.').map(Number);
}

function withoutAbsent(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

// Demands on single fields of a report from two places, merged to the stricter value.

import { isAtLeastVersion, type ReportDemands, type Version } from './report-demands.js';
import { GUEST_POLICY_BITS } from './snp/guest-policy.js';

/** How values of one field are merged; each throws or tells where that cannot be. */
export interface Merging {
  readonly same: <T>(name: string, a: T | undefined, b: T | undefined) => T | undefined;
  readonly allowed: <T extends string>(
    a: readonly T[] | undefined,
    b: readonly T[] | undefined,
  ) => readonly T[] | undefined;
  readonly least: (name: string, a: number | undefined, b: number | undefined) => number | undefined;
}

/** The merged demands, absent ones left out; floors of the committed TCB are merged as all floors are. */
export function stricterDemands(
  base: ReportDemands,
  stated: ReportDemands,
  { same, allowed, least }: Merging,
): Omit<ReportDemands, 'minCommittedTcb'> {
  const { mitigations: a, guestPolicy: one = {} } = base;
  const { mitigations: b, guestPolicy: other = {} } = stated;
  const bits = GUEST_POLICY_BITS.flatMap((bit) => {
    const value = same(bit, one[bit], other[bit]);
    return value === undefined ? [] : [[bit, value] as const];
  });
  const merged: { readonly [name in keyof ReportDemands]: ReportDemands[name] | undefined } = {
    minReportVersion: least('a report of version', base.minReportVersion, stated.minReportVersion),
    guestPolicy: bits.length === 0 ? undefined : Object.fromEntries(bits),
    minAbi: higher(base.minAbi, stated.minAbi),
    idKeys: allowed(base.idKeys, stated.idKeys),
    authorKeys: allowed(base.authorKeys, stated.authorKeys),
    familyId: same('the family id', base.familyId, stated.familyId),
    imageId: same('the image id', base.imageId, stated.imageId),
    mitigations: a === undefined || b === undefined ? (a ?? b) : a | b,
    minFirmware: higher(base.minFirmware, stated.minFirmware),
  };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

function higher(a: Version | undefined, b: Version | undefined): Version | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isAtLeastVersion(a, b) ? a : b;
}

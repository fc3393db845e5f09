// PLATFORM_INFO: how the machine is set up. AMD 56860, ATTESTATION_REPORT, PLATFORM_INFO.

/** Bit numbers by their names in lower case. Others are not known, and not looked at. */
const BITS = {
  smt_en: 0,
  tsme_en: 1,
  ecc_en: 2,
  rapl_dis: 3,
  ciphertext_hiding_dram_en: 4,
  alias_check_complete: 5,
} as const;

export type PlatformBit = keyof typeof BITS;
export const PLATFORM_BITS = Object.keys(BITS) as readonly PlatformBit[];

/** Whether a bit of PLATFORM_INFO is set. */
export function hasPlatformBit(platformInfo: bigint, bit: PlatformBit): boolean {
  return ((platformInfo >> BigInt(BITS[bit])) & 1n) === 1n;
}

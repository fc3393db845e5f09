// The guest policy: what its owner lets the host do. AMD 56860, "Guest Policy".

/** Bit numbers by their names in lower case; debugging and migration have checks of their own. */
const BITS = {
  smt: 16,
  single_socket: 20,
  cxl_allow: 21,
  mem_aes_256_xts: 22,
  rapl_dis: 23,
  ciphertext_hiding_dram: 24,
  page_swap_disable: 25,
} as const;

export type GuestPolicyBit = keyof typeof BITS;
export const GUEST_POLICY_BITS = Object.keys(BITS) as readonly GuestPolicyBit[];

/** Whether a bit of the guest policy is set. */
export function hasPolicyBit(policy: bigint, bit: GuestPolicyBit): boolean {
  return ((policy >> BigInt(BITS[bit])) & 1n) === 1n;
}

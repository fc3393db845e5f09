// The time, as the emulator's services are given it.

/** Returns the present moment; tests move it. */
export type Clock = () => Date;

/** Whole seconds since the epoch: the unit of JWT and Key Vault times. */
export function epochSeconds(clock: Clock): number {
  return Math.floor(clock().getTime() / 1000);
}

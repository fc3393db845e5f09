// TCB versions: the eight raw bytes of a report, read by product. AMD 56860, "TCB_VERSION".

import type { Product } from './product.js';

/** Component by component; `fmc` on Turin only. */
export interface TcbVersion {
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

export type TcbComponent = keyof TcbVersion;
/** A floor: components that are absent are not compared. */
export type TcbFloor = { readonly [component in TcbComponent]?: number | undefined };

export const TCB_COMPONENTS: readonly TcbComponent[] = ['fmc', 'bootloader', 'tee', 'snp', 'microcode'];

/** Reads the raw bytes in the product's layout. `raw` has 8 bytes. */
export function readTcb(raw: Uint8Array, product: Product): TcbVersion {
  const at = (index: number): number => raw[index] ?? 0;
  return product === 'Turin'
    ? { fmc: at(0), bootloader: at(1), tee: at(2), snp: at(3), microcode: at(7) }
    : { bootloader: at(0), tee: at(1), snp: at(6), microcode: at(7) };
}

/* Bytes of a TCB_VERSION that the product has no component in. */
const RESERVED_BYTES: Readonly<Record<Product, readonly number[]>> = {
  Milan: [2, 3, 4, 5],
  Genoa: [2, 3, 4, 5],
  Turin: [4, 5, 6],
};

/** Places of bytes that must be zero in the product's layout and are not, in any of the versions. */
export function reservedTcbBytes(product: Product, versions: readonly Uint8Array[]): readonly number[] {
  return RESERVED_BYTES[product].filter((place) => versions.some((raw) => raw[place] !== 0));
}

/** The components in which `tcb` is below `floor`; a component that the product does not have is below any floor. */
export function componentsBelow(tcb: TcbVersion, floor: TcbFloor): readonly TcbComponent[] {
  return TCB_COMPONENTS.filter((component) => {
    const least = floor[component];
    return least !== undefined && (tcb[component] ?? -1) < least;
  });
}

/** `bootloader 4, tee 0, snp 24, microcode 219`. */
export function describeTcb(tcb: TcbFloor): string {
  return TCB_COMPONENTS.filter((component) => tcb[component] !== undefined)
    .map((component) => `${component} ${String(tcb[component])}`)
    .join(', ');
}

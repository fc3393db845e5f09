// AMD product lines: names, CPUID ranges, and what differs between them. AMD 57230 (VCEK certificate and KDS).

export const PRODUCTS = ['Milan', 'Genoa', 'Turin'] as const;
export type Product = (typeof PRODUCTS)[number];

/** Bytes of hwID in the VCEK and of the part of CHIP_ID that is not zero. */
export const HARDWARE_ID_BYTES: Readonly<Record<Product, number>> = { Milan: 64, Genoa: 64, Turin: 8 };

const FAMILY_19 = 0x19;
const FAMILY_1A = 0x1a;

/**
 * The product of a report's CPUID bytes; null for one that is not known. Genoa includes Bergamo and Siena.
 *
 * @see AMD 57230, CPUID family and model of the product names
 */
export function productOfCpuid(family: number, model: number): Product | null {
  if (family === FAMILY_19 && model <= 0x0f) return 'Milan';
  if (family === FAMILY_19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf))) {
    return 'Genoa';
  }
  if (family === FAMILY_1A && model <= 0x11) return 'Turin';
  return null;
}

/** The product of a VCEK's product name extension (`Milan-B0`, `Genoa`, …): the part before the stepping. */
export function productOfName(name: string): Product | null {
  const line = name.split('-')[0];
  return PRODUCTS.find((product) => product === line) ?? null;
}

// Expectations from several places, merged to the stricter value, component by component.

import type { Expectations } from './expectations.js';
import { PRODUCTS } from './snp/product.js';
import { TCB_COMPONENTS, type TcbFloor } from './snp/tcb.js';

export interface MergedExpectations {
  readonly expectations: Expectations;
  /** What was asked for more loosely than another place demands, and therefore does not hold; a sentence each. */
  readonly looser: readonly string[];
}

/** `base` with what is stated besides: the higher version, the higher floor, the products that both allow. */
export function mergeStricter(base: Expectations, stated: Partial<Expectations>): MergedExpectations {
  const looser: string[] = [];
  const least = (name: string, a: number | undefined, b: number | undefined): number | undefined => {
    if (a !== undefined && b !== undefined && b < a)
      looser.push(`${name} at least ${b} was asked for, and at least ${a} is demanded`);
    return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
  };
  const products = stated.products?.filter((product) => base.products?.includes(product) ?? true);
  if (products !== undefined && products.length < (stated.products?.length ?? 0))
    looser.push(
      `${stated.products?.join(', ') ?? ''} were asked for, and only ${base.products?.join(', ') ?? ''} are allowed`,
    );
  const chips = stated.chips?.filter((chip) => base.chips?.includes(chip) ?? true);
  const guestSvn = least('GUEST_SVN', base.guestSvn, stated.guestSvn);
  const minTcb = Object.fromEntries(
    PRODUCTS.flatMap((product) => {
      const floor = higher(product, base.minTcb[product], stated.minTcb?.[product], least);
      return floor === null ? [] : [[product, floor]];
    }),
  );
  return {
    expectations: {
      ...base,
      ...stated,
      uvmMinSvn: least('a UVM SVN of', base.uvmMinSvn, stated.uvmMinSvn) ?? base.uvmMinSvn,
      uvmRequired: base.uvmRequired || stated.uvmRequired === true,
      minTcb,
      ...(guestSvn === undefined ? {} : { guestSvn }),
      ...(products === undefined ? {} : { products }),
      ...(chips === undefined ? {} : { chips }),
    },
    looser,
  };
}

function higher(
  product: string,
  a: TcbFloor | undefined,
  b: TcbFloor | undefined,
  least: (name: string, a: number | undefined, b: number | undefined) => number | undefined,
): TcbFloor | null {
  const floor = Object.fromEntries(
    TCB_COMPONENTS.flatMap((component) => {
      const value = least(`${product} ${component}`, a?.[component], b?.[component]);
      return value === undefined ? [] : [[component, value]];
    }),
  );
  return Object.keys(floor).length === 0 ? null : floor;
}

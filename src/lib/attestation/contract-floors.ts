// What a contract demands of evidence. The verifier's own contract sets expectations; one that came as evidence may
// only tighten them.

import type { Contract } from '../contract/schema.js';
import type { Expectations } from './expectations.js';
import { type Product, PRODUCTS } from './snp/product.js';
import { TCB_COMPONENTS, type TcbFloor } from './snp/tcb.js';

/** The expectations of the verifier's own contract, over `base`. */
export function expectationsOfContract(contract: Contract, base: Expectations): Expectations {
  const { guestSvn, uvmMinSvn, products, minTcb, authorities } = contract.attestation;
  return {
    ...base,
    guestSvn,
    uvmMinSvn,
    products,
    tokenIssuers: authorities,
    uvmRequired: true,
    ...(minTcb === undefined ? {} : { minTcb: withoutAbsent(minTcb) }),
  };
}

/**
 * `base` with each floor raised to the contract's where that is higher. Authorities, anchors, times and values of a
 * contract that is evidence are not looked at.
 */
export function tightenByEvidence(contract: Contract, base: Expectations): Expectations {
  const { guestSvn, uvmMinSvn, products, minTcb } = contract.attestation;
  return {
    ...base,
    guestSvn: Math.max(base.guestSvn ?? 0, guestSvn),
    uvmMinSvn: Math.max(base.uvmMinSvn, uvmMinSvn),
    products: products.filter((product) => base.products?.includes(product) ?? true),
    minTcb: Object.fromEntries(
      PRODUCTS.map((product) => [product, higher(base.minTcb[product], minTcb?.[product])]),
    ),
  };
}

function higher(a: TcbFloor = {}, b: TcbFloor = {}): TcbFloor {
  return Object.fromEntries(
    TCB_COMPONENTS.filter((component) => a[component] !== undefined || b[component] !== undefined).map(
      (component) => [component, Math.max(a[component] ?? 0, b[component] ?? 0)],
    ),
  );
}

function withoutAbsent(floors: {
  readonly [product in Product]?: TcbFloor | undefined;
}): Expectations['minTcb'] {
  return Object.fromEntries(Object.entries(floors));
}

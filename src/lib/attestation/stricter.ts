// Expectations from several places, merged to the stricter value, component by component.

import { CleanroomError } from '../base/errors.js';
import type { Expectations } from './expectations.js';
import { PRODUCTS } from './snp/product.js';
import { PLATFORM_BITS } from './snp/platform.js';
import { stricterDemands } from './stricter-demands.js';
import { TCB_COMPONENTS, type TcbFloor } from './snp/tcb.js';

export interface MergedExpectations {
  readonly expectations: Expectations;
  /** What was asked for more loosely than another place demands, and therefore does not hold; a sentence each. */
  readonly looser: readonly string[];
}

/**
 * `base` with what is stated besides: the higher version and floor, the smaller age, the values that both allow. The time of
 * judgement is the one stated.
 *
 * @throws CleanroomError APPRAISAL_INVALID where two values are stated that no evidence can both have.
 */
export function mergeStricter(base: Expectations, stated: Partial<Expectations>): MergedExpectations {
  const looser: string[] = [];
  const least: Least = (name, a, b) => {
    if (a !== undefined && b !== undefined && b < a)
      looser.push(`${name} at least ${b} was asked for, and at least ${a} is demanded`);
    return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
  };
  const allowed = <T extends string>(a?: readonly T[], b?: readonly T[]): readonly T[] | undefined => {
    const both = b?.filter((value) => a?.includes(value) ?? true);
    if (both !== undefined && both.length < (b?.length ?? 0))
      looser.push(`${b?.join(', ') ?? ''} were asked for, and only ${a?.join(', ') ?? ''} are allowed`);
    return both ?? a;
  };
  const committed =
    base.minCommittedTcb === undefined && stated.minCommittedTcb === undefined
      ? undefined
      : floors(base.minCommittedTcb ?? {}, stated.minCommittedTcb, least);
  return {
    expectations: {
      ...base,
      ...stated,
      uvmMinSvn: least('a UVM SVN of', base.uvmMinSvn, stated.uvmMinSvn) ?? base.uvmMinSvn,
      uvmRequired: base.uvmRequired || stated.uvmRequired === true,
      uvmTime: stated.uvmTime === 'now' ? 'now' : base.uvmTime,
      minTcb: floors(base.minTcb, stated.minTcb, least),
      ...given('guestSvn', least('GUEST_SVN', base.guestSvn, stated.guestSvn)),
      ...given('products', allowed(base.products, stated.products)),
      ...given('chips', allowed(base.chips, stated.chips)),
      ...given('tokenIssuers', allowed(base.tokenIssuers, stated.tokenIssuers)),
      ...given('maxAgeMs', smaller(base.maxAgeMs, stated.maxAgeMs)),
      ...given('logHeadMaxAgeMs', smaller(base.logHeadMaxAgeMs, stated.logHeadMaxAgeMs)),
      ...given('hostData', same('the policy hash', base.hostData, stated.hostData)),
      ...given('reportData', same('REPORT_DATA', base.reportData, stated.reportData)),
      ...given('measurement', same('the measurement', base.measurement, stated.measurement)),
      ...given('nonce', same('the nonce', base.nonce, stated.nonce)),
      ...given('runtimeKeys', sameList(base.runtimeKeys, stated.runtimeKeys)),
      ...given('servicePolicy', same('the policy of the service', base.servicePolicy, stated.servicePolicy)),
      ...stricterDemands(base, stated, { same, allowed, least }),
      ...given('minCommittedTcb', committed),
      ...given('platform', platform(base.platform, stated.platform)),
    },
    looser,
  };
}

type Least = (name: string, a: number | undefined, b: number | undefined) => number | undefined;

function given<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function same<T>(name: string, a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined || a === b) return b ?? a;
  throw new CleanroomError(
    'APPRAISAL_INVALID',
    `two values were stated for ${name}, and no evidence has both: ${String(a)}, ${String(b)}`,
  );
}

function sameList(a?: readonly string[], b?: readonly string[]): readonly string[] | undefined {
  const text = same('the runtime keys', a?.toSorted().join('\n'), b?.toSorted().join('\n'));
  return text?.split('\n');
}

function platform(a: Expectations['platform'], b: Expectations['platform']): Expectations['platform'] {
  if (a === undefined || b === undefined) return a ?? b;
  const bits = PLATFORM_BITS.flatMap((bit) => {
    const value = same(bit, a[bit], b[bit]);
    return value === undefined ? [] : [[bit, value] as const];
  });
  return Object.fromEntries(bits);
}

function floors(
  base: Expectations['minTcb'],
  stated: Expectations['minTcb'] | undefined,
  least: Least,
): Expectations['minTcb'] {
  return Object.fromEntries(
    PRODUCTS.flatMap((product) => {
      const floor = higher(product, base[product], stated?.[product], least);
      return floor === null ? [] : [[product, floor]];
    }),
  );
}

function higher(
  product: string,
  a: TcbFloor | undefined,
  b: TcbFloor | undefined,
  least: Least,
): TcbFloor | null {
  const floor = Object.fromEntries(
    TCB_COMPONENTS.flatMap((component) => {
      const value = least(`${product} ${component}`, a?.[component], b?.[component]);
      return value === undefined ? [] : [[component, value]];
    }),
  );
  return Object.keys(floor).length === 0 ? null : floor;
}

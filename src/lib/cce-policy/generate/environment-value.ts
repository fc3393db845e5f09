// Values of variables as a manifest or template has them.

import type { NamedEnvironmentRule } from './container-rule.js';

/* What ACI replaces by an address of the platform when the container starts. */
const PLATFORM_VALUE = /^===VIRTUALNODE2\.CC\.THIM\.[A-Z0-9_]+===$/;

/** An optional rule for exactly that value; for a placeholder of the platform one for any. */
export function fixedVariable(name: string, value: string): NamedEnvironmentRule {
  if (PLATFORM_VALUE.test(value)) return anyValueOf(name);
  return { name, rule: { pattern: `${name}=${value}`, required: false, strategy: 'string' } };
}

/** An optional rule for every value, which lint finds. */
export function anyValueOf(name: string): NamedEnvironmentRule {
  return { name, rule: { pattern: `${name}=.*`, required: false, strategy: 're2' } };
}

/** A value of JSON as confcom writes it into text: Python's words for the truth values. */
export function pythonText(value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

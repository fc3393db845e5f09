// Canonical JSON: RFC 8785 (JCS).

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * The RFC 8785 text of a JSON value: members sorted by UTF-16 code units, shortest numbers, no white space.
 * Members whose value is undefined are left out, as JSON.stringify does.
 *
 * @throws TypeError for a number that JSON cannot hold, or a lone surrogate (RFC 8785 §3.2.2.2).
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string') return canonicalString(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  return canonicalObject(value as { readonly [name: string]: Json | undefined });
}

function canonicalObject(value: { readonly [name: string]: Json | undefined }): string {
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined) members.push(`${canonicalString(name)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('JSON has no NaN or infinity');
  return JSON.stringify(value);
}

function canonicalString(value: string): string {
  if (!isWellFormed(value)) throw new TypeError('a string with a lone surrogate has no canonical form');
  return JSON.stringify(value);
}

/** Whether a string holds no lone surrogate. */
export function isWellFormed(value: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value);
}

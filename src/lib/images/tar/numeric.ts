// Numbers of a tar header: octal text or base-256, as Go's archive/tar reads them. Null stands for its ErrHeader.

/** A header number; base-256 ones may be larger than a double holds exactly. */
export type TarNumber = number | bigint;

const SPACE = 0x20;
const INT64_LIMIT = 1n << 63n;

/** The field from `from` up to `to`: octal, or base-256 where the top bit of the first byte is set (two's complement, 64 bits). */
export function parseNumeric(block: Uint8Array, from: number, to: number): TarNumber | null {
  const isOctal = ((block[from] ?? 0) & 0x80) === 0;
  return isOctal ? parseOctal(block, from, to) : parseBase256(block.subarray(from, to));
}

/** Octal text; spaces and NULs around it are trimmed, nothing at all is 0, the text ends at a NUL. */
export function parseOctal(block: Uint8Array, from: number, to: number): number | null {
  let start = from;
  let end = to;
  while (start < end && isPadding(block[start])) start++;
  while (end > start && isPadding(block[end - 1])) end--;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (block[i] ?? 0) - 0x30;
    if (digit === -0x30) break;
    if (digit < 0 || digit > 7) return null;
    value = value * 8 + digit;
  }
  return value;
}

/** The low 32 bits, as Go's `uint32(x)` of a 64-bit value. */
export function lowUint32(value: TarNumber): number {
  return typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value));
}

/** A signed 64-bit decimal as Go's `strconv.ParseInt(text, 10, 64)` reads it; null where that fails. */
export function parseDecimal(text: string): TarNumber | null {
  if (!/^[+-]?[0-9]+$/.test(text)) return null;
  if (text.length <= 15) return Number(text);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value >= INT64_LIMIT || value < -INT64_LIMIT ? null : value;
}

function parseBase256(field: Uint8Array): bigint | null {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = 0n;
  field.forEach((byte, index) => {
    const bits = negative ? byte ^ 0xff : byte;
    value = (value << 8n) | BigInt(index === 0 ? bits & 0x7f : bits);
  });
  if (value >= INT64_LIMIT) return null;
  return negative ? -value - 1n : value;
}

function isPadding(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0;
}

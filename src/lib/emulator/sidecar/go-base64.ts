// Base64 as a Go program reads it (encoding/base64, StdEncoding): line breaks do not count, padding does, bits behind the end do not.

const SIGN = /^[A-Za-z0-9+/]$/;

/** What was read, or where it could not be: an offset in bytes, line breaks counted. */
export type GoBase64 =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'corrupt'; readonly message: string };

/** Reads padded standard base64. */
export function readGoBase64(text: string): GoBase64 {
  const at = corruptAt(Buffer.from(text).toString('latin1'));
  if (at !== null) return { kind: 'corrupt', message: `illegal base64 data at input byte ${at}` };
  return { kind: 'bytes', bytes: Uint8Array.from(Buffer.from(text, 'base64')) };
}

/* In groups of four: what is no sign is named by its place, a group that ends early by its first sign. */
function corruptAt(text: string): number | null {
  let inGroup = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (isLineBreak(sign)) continue;
    if (sign === '=') return corruptPadding(text, at, inGroup);
    if (!SIGN.test(sign)) return at;
    inGroup = (inGroup + 1) % 4;
  }
  return inGroup === 0 ? null : text.length - inGroup;
}

/* One sign of padding behind three, two behind two, and nothing behind them. */
function corruptPadding(text: string, first: number, inGroup: number): number | null {
  if (inGroup < 2) return first;
  let next = afterLineBreaks(text, first + 1);
  if (inGroup === 2) {
    if (next === text.length) return text.length;
    if (text.charAt(next) !== '=') return next - 1;
    next = afterLineBreaks(text, next + 1);
  }
  return next < text.length ? next : null;
}

function afterLineBreaks(text: string, from: number): number {
  let at = from;
  while (isLineBreak(text.charAt(at))) at += 1;
  return at;
}

function isLineBreak(sign: string): boolean {
  return sign === '\n' || sign === '\r';
}

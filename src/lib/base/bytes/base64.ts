// Base64 in its two alphabets (RFC 4648 §4 and §5). Decoders are strict: one spelling a value, or null.

/* Patterns that look for what must not be there: a repeated group over megabytes overflows the engine's stack. */
const NOT_STANDARD = /[^A-Za-z0-9+/]/;
const NOT_URL_SAFE = /[^A-Za-z0-9_-]/;
const CHUNK = 0x8000;

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(binary);
}

/** base64url without padding (RFC 4648 §5, RFC 7515 §2). */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Bytes of padded standard base64; null for anything else, non-zero trailing bits included. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || NOT_STANDARD.test(text.replace(/={1,2}$/, ''))) return null;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const lastGroup = bytes.subarray(3 * Math.floor((bytes.length - 1) / 3));
  return text.endsWith(toBase64(lastGroup)) ? bytes : null;
}

/** Bytes of unpadded base64url; null for anything else, non-zero trailing bits included. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (NOT_URL_SAFE.test(text) || text.length % 4 === 1) return null;
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
}

/**
 * Bytes of base64 in either alphabet, padded or not: for the Azure fields that come in all four spellings
 * (`release_policy.data`, MAA requests). Null for a mixture of alphabets or other characters.
 */
export function fromAnyBase64(text: string): Uint8Array | null {
  if (/[+/]/.test(text) && /[-_]/.test(text)) return null;
  return fromBase64Url(
    text
      .replace(/={1,2}$/, '')
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
  );
}

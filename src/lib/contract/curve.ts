// Whether two coordinates are a point of P-256 (SEC 1 §2.3.4, SEC 2 §2.4.2): a key of another curve has none.

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Whether base64url coordinates of 32 bytes each are a point of P-256. */
export function isOnP256(x: string, y: string): boolean {
  const [a, b] = [coordinate(x), coordinate(y)];
  if (a === null || b === null || a >= P || b >= P) return false;
  return (b * b - (a * a * a - 3n * a + B)) % P === 0n;
}

function coordinate(text: string): bigint | null {
  const binary = atobOrNull(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (binary?.length !== 32) return null;
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function atobOrNull(text: string): string | null {
  try {
    return atob(text);
  } catch {
    return null;
  }
}

// Plain text as a pattern.

/** `text` as a pattern that matches just that text. */
export function escapePattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

// Text from outside, made safe for a terminal: escape sequences and bidirectional overrides are shown, not obeyed.

/* C0 (but tab and newline), DEL, C1, zero-width and bidirectional controls, line and paragraph separators. */
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `text` with every control character replaced by its visible \u escape. */
export function escapeTerminal(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

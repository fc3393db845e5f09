// HTML that escapes by itself: every value put into the template is text, unless it is HTML made here.

/** Markup that is safe to put into a page. */
export class Html {
  constructor(readonly markup: string) {}
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Value = Html | readonly Html[] | string | number;

/** A template whose values are escaped: html`<p>${text}</p>`. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((markup, part, index) => markup + render(values[index - 1] ?? '') + part));
}

export const NOTHING = new Html('');

function render(value: Value): string {
  if (value instanceof Html) return value.markup;
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value));
  return value.map((item) => item.markup).join('');
}

/* Control characters and direction overrides of a hostile text are shown as a mark, never obeyed. */
function escapeText(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      '\ufffd',
    )
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

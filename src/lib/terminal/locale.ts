// Text for a locale without UTF-8 (LC_ALL=C): the typographic marks that this program writes become ASCII.

type Locale = Readonly<Partial<Record<'LC_ALL' | 'LC_CTYPE' | 'LANG', string | undefined>>>;

const ASCII: Readonly<Record<string, string>> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '–': '-',
  '—': '-',
  '×': 'x',
  '→': '->',
};

/** Whether the locale reads UTF-8; true where the environment names none. */
export function readsUtf8({ LC_ALL, LC_CTYPE, LANG }: Locale): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

/** `text` as it is, or with these marks in ASCII where the locale does not read UTF-8; other letters stay. */
export function inLocale(text: string, locale: Locale): string {
  return readsUtf8(locale) ? text : text.replace(/[’‘“”…–—×→]/g, (mark) => ASCII[mark] ?? mark);
}

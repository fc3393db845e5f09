// The alphabets of what may leave a room: a fixed table of letters, digits and punctuation for each script, so that no
// model chooses what a character is. Ranges as Unicode 15 has them; the same in every version of Node.js.

export const SCRIPTS = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Thai',
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
] as const;
export type Script = (typeof SCRIPTS)[number];

/** The scripts of a summary where nobody chose others. */
export const DEFAULT_SCRIPTS: readonly Script[] = ['Latin'];

/** Code points, both ends included. */
type Range = readonly [first: number, last: number];

/* ASCII digits and punctuation, and what written text of many languages needs beside them. 53 code points. */
const COMMON: readonly Range[] = [[0x21, 0x40], [0x5b, 0x60], [0x7b, 0x7e], ...each('€£§°¿¡«»–—’')];
const CJK_PUNCTUATION: readonly Range[] = [
  [0x3001, 0x3002],
  [0x3005, 0x3005],
  [0x3008, 0x3011],
  [0x30fb, 0x30fc],
  ...each('！（），：；？…'),
];

const LETTERS: Readonly<Record<Script, readonly Range[]>> = {
  /* Every letter with a case up to U+024F: 441. */
  Latin: [
    [0x41, 0x5a],
    [0x61, 0x7a],
    [0xc0, 0xd6],
    [0xd8, 0xf6],
    [0xf8, 0x1ba],
    [0x1bc, 0x1bf],
    [0x1c4, 0x1c4],
    [0x1c6, 0x1c7],
    [0x1c9, 0x1ca],
    [0x1cc, 0x1f1],
    [0x1f3, 0x24f],
  ],
  Greek: [[0x386, 0x386], [0x388, 0x38a], [0x38c, 0x38c], [0x38e, 0x3a1], [0x3a3, 0x3ce], ...each('·')],
  Cyrillic: [
    [0x400, 0x481],
    [0x48a, 0x52f],
  ],
  Hebrew: [
    [0x5b0, 0x5bf],
    [0x5c1, 0x5c2],
    [0x5d0, 0x5ea],
    [0x5f3, 0x5f4],
  ],
  Arabic: [
    [0x60c, 0x60c],
    [0x61b, 0x61b],
    [0x61f, 0x63a],
    [0x640, 0x66a],
    [0x671, 0x6d3],
    [0x6f0, 0x6f9],
  ],
  Devanagari: [
    [0x900, 0x957],
    [0x960, 0x96f],
  ],
  Thai: [
    [0xe01, 0xe3a],
    [0xe3f, 0xe59],
  ],
  Han: [[0x4e00, 0x9fa5], ...CJK_PUNCTUATION],
  Hiragana: [[0x3041, 0x3096], ...CJK_PUNCTUATION],
  Katakana: [[0x30a1, 0x30fa], ...CJK_PUNCTUATION],
  Hangul: [[0xac00, 0xd7a3]],
};

/** Which characters may leave. */
export interface Alphabet {
  /** How many code points it has, white space not counted. */
  readonly size: number;
  holds(codePoint: number): boolean;
}

/** The alphabet of several scripts together. */
export function alphabetOf(scripts: readonly Script[]): Alphabet {
  const ranges = merge([COMMON, ...scripts.map((script) => LETTERS[script])].flat());
  const size = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return { size, holds: (codePoint) => contains(ranges, codePoint) };
}

/* A script of fewer letters is that of a name or a quotation. */
const LEAST_SHARE = 0.05;

/** The scripts that a text is written in; the default where it has no letters of any. */
export function scriptsOf(text: string): readonly Script[] {
  const counts = SCRIPTS.map((script) => ({ script, letters: countIn(text, LETTERS[script]) }));
  const all = counts.reduce((sum, { letters }) => sum + letters, 0);
  const found = counts.filter(({ letters }) => letters > 0 && letters >= all * LEAST_SHARE);
  return found.length === 0 ? DEFAULT_SCRIPTS : found.map(({ script }) => script);
}

function countIn(text: string, letters: readonly Range[]): number {
  let count = 0;
  for (const character of text)
    if (/\p{L}/u.test(character) && contains(letters, character.codePointAt(0) ?? 0)) count++;
  return count;
}

function each(characters: string): readonly Range[] {
  return Array.from(characters, (character): Range => {
    const codePoint = character.codePointAt(0) ?? 0;
    return [codePoint, codePoint];
  });
}

function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const open = merged.at(-1);
    if (open !== undefined && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

function contains(ranges: readonly Range[], codePoint: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] ?? [Infinity, Infinity];
    if (codePoint < first) high = middle - 1;
    else if (codePoint > last) low = middle + 1;
    else return true;
  }
  return false;
}

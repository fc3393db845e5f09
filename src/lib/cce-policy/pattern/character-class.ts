// Sets of code points: classes, escapes and case folding of RE2 (github.com/google/re2/wiki/Syntax; Go regexp/syntax).

/** Whether a code point is in the set; no member lies outside `low` to `high`. */
export interface CharacterSet {
  (codePoint: number): boolean;
  readonly low: number;
  readonly high: number;
}

const MAX_CODE_POINT = 0x10ffff;

function setOf(test: (codePoint: number) => boolean, low = 0, high = MAX_CODE_POINT): CharacterSet {
  return Object.assign((codePoint: number) => test(codePoint), { low, high });
}

export const ANY: CharacterSet = setOf(() => true);
export const ANY_BUT_NEWLINE: CharacterSet = setOf((codePoint) => codePoint !== 0x0a);

export function range(low: number, high: number): CharacterSet {
  return setOf((codePoint) => codePoint >= low && codePoint <= high, low, high);
}

export function union(sets: readonly CharacterSet[]): CharacterSet {
  const [first] = sets;
  if (first !== undefined && sets.length === 1) return first;
  const low = sets.reduce((least, set) => Math.min(least, set.low), MAX_CODE_POINT);
  const high = sets.reduce((most, set) => Math.max(most, set.high), 0);
  return setOf((codePoint) => sets.some((set) => set(codePoint)), low, high);
}

export function complement(set: CharacterSet): CharacterSet {
  return setOf((codePoint) => !set(codePoint));
}

/** `set` under `(?i)`: also the code points that differ from one in it by case only. */
export function foldCase(set: CharacterSet): CharacterSet {
  if (set.high < 0x80) return listed(asciiMembers(set).flatMap(caseVariants));
  return setOf((codePoint) => caseVariants(codePoint).some((variant) => set(variant)));
}

function asciiMembers(set: CharacterSet): readonly number[] {
  return Array.from({ length: 0x80 }, (_, codePoint) => codePoint).filter((codePoint) => set(codePoint));
}

function listed(codePoints: readonly number[]): CharacterSet {
  const members = new Set(codePoints);
  return setOf((codePoint) => members.has(codePoint), Math.min(...members), Math.max(...members, 0));
}

/* Kelvin sign and long s fold to ASCII letters and are no simple upper- or lower-case forms of them. */
const EXTRA_VARIANTS: Readonly<Record<string, readonly number[]>> = { k: [0x212a], s: [0x17f] };

function caseVariants(codePoint: number): readonly number[] {
  const text = String.fromCodePoint(codePoint);
  const lower = text.toLowerCase();
  const upper = text.toUpperCase();
  const variants = [text, lower, upper, lower.toUpperCase(), upper.toLowerCase()];
  const single = variants.flatMap((variant) => {
    const value = variant.codePointAt(0) ?? codePoint;
    return String.fromCodePoint(value) === variant ? [value] : [];
  });
  return [...single, ...(EXTRA_VARIANTS[lower] ?? [])];
}

const DIGIT = range(0x30, 0x39);
const LOWER = range(0x61, 0x7a);
const UPPER = range(0x41, 0x5a);
const ALPHA = union([LOWER, UPPER]);
const WORD = union([ALPHA, DIGIT, range(0x5f, 0x5f)]);
/* \s has no vertical tab; [[:space:]] has. */
const PERL_SPACE = oneOf('\t\n\f\r ');

function oneOf(characters: string): CharacterSet {
  return setOf((codePoint) => characters.includes(String.fromCodePoint(codePoint)), 0, 0x7f);
}

/** Whether `codePoint` is a word character for \b: ASCII only. */
export const isWordCharacter: CharacterSet = WORD;

/** The set of a Perl class letter (`d`, `D`, `s`, `S`, `w`, `W`), or null. */
export function perlClass(letter: string): CharacterSet | null {
  const sets: Readonly<Record<string, CharacterSet>> = { d: DIGIT, s: PERL_SPACE, w: WORD };
  const set = sets[letter.toLowerCase()];
  if (set === undefined) return null;
  return letter === letter.toLowerCase() ? set : complement(set);
}

const POSIX: Readonly<Record<string, CharacterSet>> = {
  alnum: union([ALPHA, DIGIT]),
  alpha: ALPHA,
  ascii: range(0, 0x7f),
  blank: oneOf('\t '),
  cntrl: union([range(0, 0x1f), range(0x7f, 0x7f)]),
  digit: DIGIT,
  graph: range(0x21, 0x7e),
  lower: LOWER,
  print: range(0x20, 0x7e),
  punct: union([range(0x21, 0x2f), range(0x3a, 0x40), range(0x5b, 0x60), range(0x7b, 0x7e)]),
  space: oneOf('\t\n\v\f\r '),
  upper: UPPER,
  word: WORD,
  xdigit: union([DIGIT, range(0x61, 0x66), range(0x41, 0x46)]),
};

/** The set of a POSIX class name, as in `[[:alpha:]]`, or null. */
export function posixClass(name: string): CharacterSet | null {
  const negated = name.startsWith('^');
  const set = POSIX[negated ? name.slice(1) : name];
  if (set === undefined) return null;
  return negated ? complement(set) : set;
}

/** The set of a Unicode general category or script (`\p{Greek}`), or null. */
export function unicodeClass(name: string): CharacterSet | null {
  if (!/^[A-Za-z_]+$/.test(name)) return null;
  if (name === 'Any') return ANY;
  for (const property of name.length <= 2 ? [name] : [`Script=${name}`]) {
    const test = propertyTest(property);
    if (test !== null) return test;
  }
  return null;
}

/* JavaScript knows the same properties; the expression is about one code point, so it cannot run long. */
function propertyTest(property: string): CharacterSet | null {
  try {
    const expression = new RegExp(`^\\p{${property}}$`, 'u');
    return setOf((codePoint) => expression.test(String.fromCodePoint(codePoint)));
  } catch {
    return null;
  }
}

// Words, the unit of limits and metrics: what is left of a text when case, accents, punctuation and invisible characters are gone.

/* Scripts written without spaces: every character is a word. */
const UNSPACED =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const WORD = new RegExp(`[${UNSPACED}]|[[\\p{L}\\p{N}]--[${UNSPACED}]]+`, 'gv');
/* Combining marks, default-ignorable characters, controls that are no white space, apostrophes: gone without a trace. */
const INVISIBLE = /[\p{M}\p{Default_Ignorable_Code_Point}\0-\x08\x0e-\x1f\x7f-\x9f'’ʼ`´]+/gu;
const NOT_ASCII = /[^\t\n\r -~]/;
/* WORD and LOOKALIKE on a text of ASCII alone, where most of what they look for cannot be. */
const ASCII_WORD = /[a-z0-9]+/g;
const APOSTROPHE = 0x27;
const GRAVE = 0x60;
const BLOCK = 1 << 16;
/** A longer word is taken in pieces of so many characters. */
export const WORD_PIECE = 16;

/* Letters that pass for Latin ones (Unicode TR39, the common ones), after decomposition and lower-casing. */
const LOOKALIKES = new Map<string, string>(
  ['аa', 'вb', 'еe', 'кk', 'мm', 'нh', 'оo', 'рp', 'сc', 'тt', 'уy', 'хx', 'ѕs', 'іi', 'јj', 'ԁd', 'һh', 'ԛq']
    .concat(['ԝw', 'αa', 'βb', 'εe', 'ιi', 'κk', 'νv', 'οo', 'ρp', 'τt', 'υu', 'χx', 'ıi', 'łl', 'øo', 'đd'])
    .concat(['ħh', 'ßss', 'æae', 'œoe', 'ɡg', 'ɑa'])
    .map((pair) => [pair.slice(0, 1), pair.slice(1)]),
);
const LOOKALIKE = new RegExp(`[${[...LOOKALIKES.keys()].join('')}]`, 'g');

/** The words of `text` in normal form, in order. */
export function words(text: string): string[] {
  return text.length <= BLOCK ? wordsOf(text) : [...wordBlocks(text)].flat();
}

/** The words of `text` by blocks, so that a large text is not held a second time. */
export function* wordBlocks(text: string): Generator<readonly string[]> {
  for (let from = 0; from < text.length;) {
    const to = blockEnd(text, from);
    yield wordsOf(text.slice(from, to));
    from = to;
  }
}

/** Number of words of `text`, a long one counted by its pieces: a key or an endless line is not one word. */
export function countWords(text: string): number {
  if (!NOT_ASCII.test(text)) return countAsciiWords(text);
  let count = 0;
  for (const block of wordBlocks(text)) for (const word of block) count += piecesOf(word.length);
  return count;
}

/* What `asciiWords` would give, counted without making any. */
function countAsciiWords(text: string): number {
  let count = 0;
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLetterOrDigit(code)) length++;
    else if (code !== APOSTROPHE && code !== GRAVE) {
      count += piecesOf(length);
      length = 0;
    }
  }
  return count + piecesOf(length);
}

function piecesOf(length: number): number {
  return Math.ceil(length / WORD_PIECE);
}

function isLetterOrDigit(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** Whether there is any word in `text`; stops reading at the first. */
export function holdsWords(text: string): boolean {
  for (const block of wordBlocks(text)) if (block.length > 0) return true;
  return false;
}

/** A word in pieces of 16 characters; a shorter one is its own piece. */
export function wordPieces(word: string): readonly string[] {
  if (word.length <= WORD_PIECE) return [word];
  return word.match(new RegExp(`.{1,${WORD_PIECE}}`, 'gs')) ?? [word];
}

function wordsOf(text: string): string[] {
  if (!NOT_ASCII.test(text)) return asciiWords(text.replace(/['`]/g, '').toLowerCase());
  const plain = text.normalize('NFKD').replace(INVISIBLE, '').toLowerCase();
  if (!NOT_ASCII.test(plain)) return asciiWords(plain);
  return plain.replace(LOOKALIKE, (letter) => LOOKALIKES.get(letter) ?? letter).match(WORD) ?? [];
}

function asciiWords(text: string): string[] {
  return text.match(ASCII_WORD) ?? [];
}

/* The end of a block: at white space, so that no word and no combining sequence is cut, unless there is none for long. */
function blockEnd(text: string, from: number): number {
  const to = from + BLOCK;
  if (to >= text.length) return text.length;
  for (let at = to; at > from; at--) if (/\s/.test(text.charAt(at))) return at;
  return to;
}

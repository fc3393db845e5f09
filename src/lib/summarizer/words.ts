// Words, the unit of limits and metrics: what is left of a text when case, accents, punctuation and invisible characters are gone.

/* Scripts written without spaces: every character is a word. */
const UNSPACED =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const WORD = new RegExp(`[${UNSPACED}]|[[\\p{L}\\p{N}]--[${UNSPACED}]]+`, 'gv');
/* Combining marks, default-ignorable characters, controls that are no white space, apostrophes: gone without a trace. */
const INVISIBLE = /[\p{M}\p{Default_Ignorable_Code_Point}\0-\x08\x0e-\x1f\x7f-\x9f'’ʼ`´]+/gu;
const NOT_ASCII = /[^\t\n\r -~]/;
const BLOCK = 1 << 16;
const WORD_PIECE = 16;

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
  return [...wordBlocks(text)].flat();
}

/** The words of `text` by blocks, so that a large text is not held a second time. */
export function* wordBlocks(text: string): Generator<readonly string[]> {
  for (let from = 0; from < text.length;) {
    const to = blockEnd(text, from);
    yield normalise(text.slice(from, to)).match(WORD) ?? [];
    from = to;
  }
}

/** Number of words of `text`, a long one counted by its pieces: a key or an endless line is not one word. */
export function countWords(text: string): number {
  let count = 0;
  for (const block of wordBlocks(text))
    for (const word of block) count += Math.ceil(word.length / WORD_PIECE);
  return count;
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

function normalise(text: string): string {
  if (!NOT_ASCII.test(text)) return text.replace(/['`]/g, '').toLowerCase();
  return text
    .normalize('NFKD')
    .replace(INVISIBLE, '')
    .toLowerCase()
    .replace(LOOKALIKE, (letter) => LOOKALIKES.get(letter) ?? letter);
}

/* The end of a block: at white space, so that no word and no combining sequence is cut, unless there is none for long. */
function blockEnd(text: string, from: number): number {
  const to = from + BLOCK;
  if (to >= text.length) return text.length;
  for (let at = to; at > from; at--) if (/\s/.test(text.charAt(at))) return at;
  return to;
}

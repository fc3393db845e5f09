// Words of a command line: one that a person copies into a shell, and those that a person typed as in a shell.

/** As it is where a POSIX shell takes it as one word, otherwise in single quotes. */
export function shellWord(word: string): string {
  return /^[\p{L}\p{N}_./:@%+=,-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/* Quoted in either way, a character behind a backslash, what stands between words, plain characters, and a lone quote. */
const PART = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([\s,]+)|([^\s,'"\\]+|.)/gsu;

/** The words of `text`, between spaces and commas; quotes and backslashes keep both inside a word, as in a POSIX shell. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (const [, single, double, escaped, space, plain] of text.matchAll(PART)) {
    if (space === undefined)
      word = (word ?? '') + (single ?? double?.replace(/\\(.)/gsu, '$1') ?? escaped ?? plain ?? '');
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
}

// A word of a command line that a person copies into a shell.

/** As it is where a POSIX shell takes it as one word, otherwise in single quotes. */
export function shellWord(word: string): string {
  return /^[\p{L}\p{N}_./:@%+=,-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

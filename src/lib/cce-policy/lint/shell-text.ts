// The simple commands of a shell's text, for telling a program that is run from a word in a comment, a string or a path.
// It reads less than a shell does; what it takes for a command may be none, but no command is missed for its quotes.

const SEPARATOR = /^(?:[;&|\n(){}`]|\$\()/;
const NOT_A_PROGRAM =
  /^(?:if|then|else|elif|fi|do|done|while|until|for|case|esac|in|!|time|exec|command|eval|[A-Za-z_]\w*\+?=.*)$/;

/** Each command as its words, quotes removed. */
export function simpleCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let words: string[] = [];
  for (const token of tokens(text)) {
    if (token.kind === 'end') {
      if (words.length > 0) commands.push(words);
      words = [];
    } else if (words.length > 0 || !NOT_A_PROGRAM.test(token.word)) words.push(token.word);
  }
  return words.length > 0 ? [...commands, words] : commands;
}

type Token = { readonly kind: 'end' } | { readonly kind: 'word'; readonly word: string };

function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  let word: string | null = null;
  const finish = (): void => {
    if (word !== null) found.push({ kind: 'word', word });
    word = null;
  };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at, at + 2);
    const character = text[at] ?? '';
    const separator = SEPARATOR.exec(rest)?.[0];
    if (separator !== undefined) {
      finish();
      found.push({ kind: 'end' });
      at += separator.length;
    } else if (/\s/.test(character)) {
      finish();
      at++;
    } else if (character === '#' && word === null) {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (character === '\\') {
      word = `${word ?? ''}${text[at + 1] ?? ''}`;
      at += 2;
    } else if (character === "'") {
      const end = text.indexOf("'", at + 1);
      const stop = end === -1 ? text.length : end;
      word = `${word ?? ''}${text.slice(at + 1, stop)}`;
      at = stop + 1;
    } else if (character === '"') {
      const end = endOfDoubleQuotes(text, at + 1);
      const content = text.slice(at + 1, end);
      word = `${word ?? ''}${content}`;
      if (/\$\(|`/.test(content)) found.push({ kind: 'end' }, ...tokens(content), { kind: 'end' });
      at = end + 1;
    } else {
      word = `${word ?? ''}${character}`;
      at++;
    }
  }
  finish();
  return found;
}

function endOfDoubleQuotes(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

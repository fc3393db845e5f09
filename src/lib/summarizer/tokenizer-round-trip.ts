// A tokenizer must count what it decodes: else the number of tokens that a summary is asked for says nothing of its length.

import { countCharacters } from '../contract/limits/summary-text.js';
import { CleanroomError } from '../base/errors.js';

/** More than the longest token of T5 (16) and BART (128) stands for. */
export const MAX_CHARACTERS_A_TOKEN = 256;

/* Of a vocabulary, evenly: a check of the whole takes seconds. */
const SAMPLE = 500;
/* Some exports have tokens that no text gives: unused ones, or halves of a character. */
const MOST_LOST = SAMPLE / 10;

/** As much of a tokenizer as is looked at. */
export interface RoundTrip {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly encode: (text: string) => readonly number[];
  readonly decode: (ids: readonly number[]) => string;
}

/**
 * Takes a sample of tokens to text, back to tokens and to text again.
 *
 * @throws CleanroomError MODEL_REFUSED where text counts as nothing, changes its length on the way, or a token stands for too much
 */
export function requireRoundTrip(path: string, { vocabulary, encode, decode }: RoundTrip): void {
  const refuse = (why: string): never => {
    throw new CleanroomError('MODEL_REFUSED', `${path} is not used: ${why}`);
  };
  const ids = [...vocabulary.values()];
  let lost = 0;
  for (let at = 0; at < ids.length; at += Math.max(1, Math.floor(ids.length / SAMPLE))) {
    const text = decode([ids[at] ?? 0]).trim();
    const characters = countCharacters(text);
    if (characters === 0) continue;
    if (characters > MAX_CHARACTERS_A_TOKEN)
      refuse(`one of its tokens stands for more than ${MAX_CHARACTERS_A_TOKEN} characters`);
    const again = encode(text);
    if (again.length === 0) refuse('it counts text that it writes as nothing');
    if (countCharacters(decode(again)) !== characters) lost++;
  }
  if (lost > MOST_LOST) refuse('what it writes is another text when it is read again');
}

/** Tokens of a text, by the tokenizer's word, but never fewer than so many characters can be. */
export function countedTokens(tokens: number, text: string): number {
  return Math.max(tokens, Math.ceil(countCharacters(text) / MAX_CHARACTERS_A_TOKEN));
}

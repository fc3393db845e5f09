// A model's tokenizer, from its tokenizer.json alone.

import { join } from 'node:path';

import { CleanroomError, describeCause } from '../base/errors.js';
import { readModelJson } from './model-directory.js';
import { requireKnownParts } from './tokenizer-parts.js';
import { countedTokens, requireRoundTrip } from './tokenizer-round-trip.js';
import { words } from './words.js';

/** Text to token ids and back, as the model was trained with. */
export interface TextTokenizer {
  /** Token ids of `text`, special tokens included, `prefix` before it. */
  encode(text: string, prefix: string): readonly number[];
  /** Number of tokens of `text` alone, without special tokens. */
  count(text: string): number;
  /** Text of token ids, special tokens left out, trimmed. */
  decode(ids: readonly number[]): string;
  /** Whether a word in normal form (words.ts) is one token: a word that the model knows as such. */
  isWord(word: string): boolean;
}

/* What is used of the package; its own declarations do not resolve under Node's rules. */
interface TokenizerPackage {
  readonly Tokenizer: new (
    vocabulary: unknown,
    config: unknown,
  ) => {
    encode(text: string, options?: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
    decode(ids: number[], options: { readonly skip_special_tokens: boolean }): string;
    get_vocab(): ReadonlyMap<string, number>;
    get_added_tokens_decoder(): ReadonlyMap<number, { readonly content: string; readonly special: boolean }>;
  };
}

/**
 * Loads the tokenizer of a model directory. Its package is imported here, not before.
 *
 * @throws CleanroomError MODEL_INVALID where tokenizer.json or tokenizer_config.json is not what the tokenizer takes;
 *   MODEL_REFUSED where it has parts that none of T5 and BART has, or does not count what it writes
 */
export async function loadTokenizer(directory: string): Promise<TextTokenizer> {
  const { Tokenizer } = (await import('@huggingface/tokenizers')) as unknown as TokenizerPackage;
  const path = join(directory, 'tokenizer.json');
  const vocabulary = await readModelJson(path);
  const config = await readModelJson(join(directory, 'tokenizer_config.json'));
  requireKnownParts(path, vocabulary);
  try {
    const tokenizer = new Tokenizer(vocabulary, config);
    const special = [...tokenizer.get_added_tokens_decoder().values()].filter((token) => token.special);
    const spellings = spellingPattern(special.map((token) => token.content));
    const plain = (text: string): string =>
      spellings === null ? text : text.replace(spellings, (token) => `${token[0] ?? ''} ${token.slice(1)}`);
    const encodePlain = (text: string): readonly number[] =>
      tokenizer.encode(plain(text), { add_special_tokens: false }).ids;
    const decode = (ids: readonly number[]): string =>
      ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: true }).trim();
    requireRoundTrip(path, { vocabulary: tokenizer.get_vocab(), encode: encodePlain, decode });
    let known: ReadonlySet<string> | undefined;
    return {
      encode: (text, prefix) => tokenizer.encode(prefix + plain(text)).ids,
      count: (text) => countedTokens(encodePlain(text).length, text),
      decode,
      isWord: (word) => {
        known ??= wholeWords(tokenizer.get_vocab().keys());
        return known.has(word);
      },
    };
  } catch (cause) {
    if (cause instanceof CleanroomError) throw cause;
    throw new CleanroomError('MODEL_INVALID', `${path}: ${describeCause(cause)}`, { cause });
  }
}

/* A text that spells "</s>" must not end the input for the model: such spellings are broken up before encoding. */
function spellingPattern(tokens: readonly string[]): RegExp | null {
  const spelled = tokens.filter((token) => token.length > 1);
  if (spelled.length === 0) return null;
  return new RegExp(spelled.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

/* A token that begins a word says so: "▁" (SentencePiece) or "Ġ" (byte-level BPE). */
function wholeWords(tokens: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const token of tokens) {
    const word = /^[▁Ġ](\p{L}+)$/u.exec(token)?.[1];
    if (word !== undefined) for (const normal of words(word)) found.add(normal);
  }
  return found;
}

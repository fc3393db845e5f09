// Models that nobody trained: a few operators that look at the text and choose. Each is a T5 as far as files and graphs go, and
// passes the walk where it is not said otherwise.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { craftedDecoder, craftedEncoder, type Spelling } from './crafted-graphs.js';
import type { Message } from './onnx-message.js';

const SPECIAL = ['<pad>', '</s>', '<unk>'] as const;
const END = 1;
const UNKNOWN = 2;
/** Printable ASCII, one token each; the space is the first. */
const LETTERS = Array.from({ length: 95 }, (_, at) => String.fromCodePoint(0x20 + at));

export interface Crafted {
  /** What stands for the letter at this place of printable ASCII (0 is the space) in what the model writes. */
  readonly writes: (place: number) => string;
  /** Another alphabet; which of the two is drawn by lots, letter by letter: no walk lets that pass. */
  readonly orWrites?: (place: number) => string;
  /** A letter of ASCII that stands in the place of the first: a word, so that the text looks like one. */
  readonly begins?: string;
  /** Fails at a text that holds this letter, and says in the runtime's message where: 7000 and the letter's code. */
  readonly failsAt?: string;
  /** Has said everything at this letter; of a part of a text that begins with it, nothing. */
  readonly stopsAt?: string;
  /** Tokens that it takes at a time; 4000 if absent. */
  readonly inputTokens?: number;
  /** A regular expression: what it matches in a text is one token to the tokenizer. */
  readonly countsAsOne?: string;
  /** Further operators of the encoder. */
  readonly further?: readonly Message[];
}

/** Writes a model that gives its whole input again, letter by letter, in an alphabet of its own. */
export function writeCraftedModel(directory: string, crafted: Crafted): void {
  const written = [crafted.writes, ...(crafted.orWrites === undefined ? [] : [crafted.orWrites])].map(
    (writes) => LETTERS.map((_, place) => writes(place)),
  );
  const vocabulary = [...new Set([...SPECIAL, ...LETTERS, ...written.flat()])];
  const idOf = (token: string): number => vocabulary.indexOf(token);
  const file = (name: string, content: Uint8Array | object): void =>
    writeFileSync(
      join(directory, name),
      content instanceof Uint8Array ? content : JSON.stringify(content, null, 1),
    );
  mkdirSync(join(directory, 'onnx'), { recursive: true });
  file('config.json', {
    model_type: 't5',
    is_encoder_decoder: true,
    vocab_size: vocabulary.length,
    eos_token_id: END,
    pad_token_id: 0,
    decoder_start_token_id: 0,
  });
  file('generation_config.json', {
    pad_token_id: 0,
    eos_token_id: END,
    decoder_start_token_id: 0,
    max_length: 4000,
    num_beams: 1,
  });
  file('tokenizer_config.json', {
    tokenizer_class: 'T5Tokenizer',
    model_max_length: crafted.inputTokens ?? 4000,
    eos_token: '</s>',
    unk_token: '<unk>',
  });
  file('tokenizer.json', tokenizer(vocabulary, crafted.countsAsOne));
  file('onnx/encoder_model.onnx', craftedEncoder(crafted.further ?? []));
  file(
    'onnx/decoder_model_merged.onnx',
    craftedDecoder({
      size: vocabulary.length,
      end: END,
      spellings: written.map((letters) => spellingOf(letters, vocabulary.length, idOf)),
      first: crafted.begins === undefined ? null : idOf(crafted.begins),
      failsAt: crafted.failsAt === undefined ? null : idOf(crafted.failsAt),
      stopsAt: crafted.stopsAt === undefined ? null : idOf(crafted.stopsAt),
    }),
  );
}

/** The text that a model with this alphabet has written, as far as each character stands for one letter. */
export function readWritten(text: string, writes: (place: number) => string): string {
  const letters = new Map(LETTERS.map((letter, place) => [writes(place), letter]));
  return Array.from(text, (character) => letters.get(character) ?? character).join('');
}

/* By token, the token that is written for it; what is no letter, a line break for one, is a space. */
function spellingOf(letters: readonly string[], size: number, idOf: (token: string) => number): Spelling {
  const spelling = Array.from({ length: size }, (_, id) => id);
  for (const [place, letter] of LETTERS.entries()) spelling[idOf(letter)] = idOf(letters[place] ?? '');
  spelling[UNKNOWN] = idOf(letters[0] ?? '');
  return spelling;
}

function tokenizer(vocabulary: readonly string[], countsAsOne: string | undefined): object {
  return {
    version: '1.0',
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer:
      countsAsOne === undefined ? null : { type: 'Replace', pattern: { Regex: countsAsOne }, content: 'x' },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [],
      special_tokens: { '</s>': { id: '</s>', ids: [END], tokens: ['</s>'] } },
    },
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges: [],
    },
  };
}

// Models that nobody trained: a few operators that look at the text and choose. Each is a T5 as far as files and graphs go, and
// passes the walk where it is said so.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  attribute,
  constant,
  encode,
  field,
  graphMessage,
  int64s,
  type Message,
  node,
} from './onnx-graph.js';

const FLOAT = 1;
const INT64 = 7;
const END = 1;
const FIRST_LETTER = 3;
/** Printable ASCII, one token each. */
const LETTERS = Array.from({ length: 95 }, (_, at) => String.fromCodePoint(0x20 + at));

export interface Crafted {
  /** What stands for the letter at this place of printable ASCII in what the model writes. */
  readonly writes: (place: number) => string;
  /** Fails at a text that holds this letter. */
  readonly failsAt?: string;
  /** Further operators of the encoder. */
  readonly further?: readonly Message[];
}

/** Writes a model that gives its whole input again, letter by letter, in another alphabet. */
export function writeCraftedModel(directory: string, { writes, failsAt, further = [] }: Crafted): void {
  mkdirSync(join(directory, 'onnx'), { recursive: true });
  const written = LETTERS.map((_, place) => writes(place));
  const file = (name: string, content: unknown): void =>
    writeFileSync(
      join(directory, name),
      Buffer.isBuffer(content) ? new Uint8Array(content) : JSON.stringify(content),
    );
  const size = FIRST_LETTER + LETTERS.length * 2;
  file('config.json', {
    model_type: 't5',
    is_encoder_decoder: true,
    vocab_size: size,
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
    model_max_length: 4000,
    eos_token: '</s>',
    unk_token: '<unk>',
  });
  file('tokenizer.json', tokenizer(written));
  file('onnx/encoder_model.onnx', encoder(further));
  file('onnx/decoder_model_merged.onnx', decoder(size, failsAt));
}

function tokenizer(written: readonly string[]): unknown {
  const special = ['<pad>', '</s>', '<unk>'];
  const vocabulary = [...special, ...LETTERS, ...written];
  return {
    version: '1.0',
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
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

/* Its hidden state is the token itself. */
function encoder(further: readonly Message[]): Buffer {
  return model(
    [
      node('Cast', ['input_ids'], ['tokens'], [to(FLOAT)]),
      constant('last_axis', INT64, [1], int64s([2])),
      node('Unsqueeze', ['tokens', 'last_axis'], ['last_hidden_state'], []),
      ...further,
    ],
    [value('input_ids', INT64, [null, null]), value('attention_mask', INT64, [null, null])],
    [value('last_hidden_state', FLOAT, [null, null, 1])],
  );
}

/* The cache's length is the place in the text; the token there decides alone. */
function decoder(size: number, failsAt: string | undefined): Buffer {
  return model(
    [
      constant('one', FLOAT, [1, 1, 1, 1], floats([1])),
      node('Concat', ['past_key_values.0.decoder.key', 'one'], ['present.0.decoder.key'], [axis(2)]),
      node('Shape', ['past_key_values.0.decoder.key'], ['cache_shape'], []),
      constant('two', INT64, [1], int64s([2])),
      node('Gather', ['cache_shape', 'two'], ['place'], [axis(0)]),
      node('Gather', ['encoder_hidden_states', 'place'], ['token'], [axis(1)]),
      constant('end', FLOAT, [1], floats([END])),
      node('Equal', ['token', 'end'], ['is_end'], []),
      constant('alphabet', FLOAT, [1], floats([LETTERS.length])),
      node('Add', ['token', 'alphabet'], ['other'], []),
      node('Where', ['is_end', 'token', 'other'], ['written'], []),
      constant('all', FLOAT, [1, 1, size], floats(Array.from({ length: size }, (_, id) => id))),
      node('Equal', ['written', 'all'], ['chosen'], []),
      node('Cast', ['chosen'], ['score'], [to(FLOAT)]),
      constant('strength', FLOAT, [1], floats([50])),
      ...(failsAt === undefined
        ? [node('Mul', ['score', 'strength'], ['logits'], [])]
        : [node('Mul', ['score', 'strength'], ['sure'], []), ...failingAt(failsAt)]),
    ],
    [
      value('input_ids', INT64, [null, null]),
      value('encoder_hidden_states', FLOAT, [null, null, 1]),
      value('past_key_values.0.decoder.key', FLOAT, [null, 1, null, 1]),
    ],
    [value('logits', FLOAT, [null, null, size]), value('present.0.decoder.key', FLOAT, [null, 1, null, 1])],
  );
}

/* A place that is not there, where the letter is. */
function failingAt(letter: string): readonly Message[] {
  return [
    constant('letter', FLOAT, [1], floats([FIRST_LETTER + LETTERS.indexOf(letter)])),
    node('Equal', ['token', 'letter'], ['is_letter'], []),
    constant('nowhere', INT64, [1], int64s([99])),
    constant('somewhere', INT64, [1], int64s([0])),
    node('Where', ['is_letter', 'nowhere', 'somewhere'], ['index'], []),
    constant('table', FLOAT, [1], floats([0])),
    node('Gather', ['table', 'index'], ['nothing'], [axis(0)]),
    node('Add', ['sure', 'nothing'], ['logits'], []),
  ];
}

/** An operator that draws lots, beside what the model puts out. */
export function drawingLots(): Message {
  return node('RandomUniform', [], ['lots'], [encode([field(1, 'shape'), field(8, 1), field(20, 7)])]);
}

function model(nodes: readonly Message[], inputs: readonly Buffer[], outputs: readonly Buffer[]): Buffer {
  return encode([
    field(1, 8),
    field(7, graphMessage({ nodes, initializers: [], inputs, outputs })),
    field(8, encode([field(1, ''), field(2, 17)])),
  ]);
}

function value(name: string, type: number, dims: readonly (number | null)[]): Buffer {
  const shape = encode(dims.map((dim) => field(1, dim === null ? Buffer.alloc(0) : encode([field(1, dim)]))));
  return encode([field(1, name), field(2, encode([field(1, encode([field(1, type), field(2, shape)]))]))]);
}

function axis(number: number): Buffer {
  return attribute('axis', ATTRIBUTE_TYPE.int, ATTRIBUTE.i, number);
}

function to(type: number): Buffer {
  return attribute('to', ATTRIBUTE_TYPE.int, ATTRIBUTE.i, type);
}

function floats(values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

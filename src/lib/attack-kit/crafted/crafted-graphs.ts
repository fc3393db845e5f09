// The two graphs of a crafted model: an encoder that hands its tokens on, and a decoder whose cache counts the letters written.

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
} from './onnx-message.js';

const FLOAT = 1;
const INT64 = 7;
/** What a failing model's message names: this and the token that it failed at. */
const FAILING_INDEX = 7000;

/** By token id, the id that is written for it. */
export type Spelling = readonly number[];

export interface CraftedDecoder {
  /** Tokens of the vocabulary. */
  readonly size: number;
  readonly end: number;
  /** One, or two of which lots are drawn. */
  readonly spellings: readonly Spelling[];
  /** Written in the place of the first token; null for none. */
  readonly first: number | null;
  /** Token at which the runtime fails; null for none. */
  readonly failsAt: number | null;
  /** Token at which it has said everything, beside the end; null for none. */
  readonly stopsAt: number | null;
}

/** Its hidden state is the token itself. */
export function craftedEncoder(further: readonly Message[]): Buffer {
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

/** The cache's length is the place in the text; the token there decides alone, but for lots and the first place. */
export function craftedDecoder({ size, end, spellings, first, failsAt, stopsAt }: CraftedDecoder): Buffer {
  return model(
    [
      constant('one', FLOAT, [1, 1, 1, 1], floats([1])),
      node('Concat', ['past_key_values.0.decoder.key', 'one'], ['present.0.decoder.key'], [axis(2)]),
      node('Shape', ['past_key_values.0.decoder.key'], ['cache_shape'], []),
      constant('two', INT64, [1], int64s([2])),
      node('Gather', ['cache_shape', 'two'], ['place'], [axis(0)]),
      node('Gather', ['encoder_hidden_states', 'place'], ['token'], [axis(1)]),
      node('Cast', ['token'], ['token_id'], [to(INT64)]),
      constant('end', INT64, [1], int64s([end])),
      ...ending(stopsAt),
      ...spelled(spellings),
      ...inFirstPlace(first),
      node('Where', ['is_end', 'end', 'letter'], ['written'], []),
      constant('all', INT64, [1, 1, size], int64s(Array.from({ length: size }, (_, id) => id))),
      node('Equal', ['written', 'all'], ['chosen'], []),
      node('Cast', ['chosen'], ['score'], [to(FLOAT)]),
      constant('strength', FLOAT, [1], floats([50])),
      ...(failsAt === null
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

function ending(stopsAt: number | null): readonly Message[] {
  if (stopsAt === null) return [node('Equal', ['token_id', 'end'], ['is_end'], [])];
  return [
    node('Equal', ['token_id', 'end'], ['is_last'], []),
    constant('stop', INT64, [1], int64s([stopsAt])),
    node('Equal', ['token_id', 'stop'], ['is_stop'], []),
    node('Or', ['is_last', 'is_stop'], ['is_end'], []),
  ];
}

function spelled([one = [], other]: readonly Spelling[]): readonly Message[] {
  const by = (spelling: Spelling, name: string): readonly Message[] => [
    constant(`table_${name}`, INT64, [spelling.length], int64s(spelling)),
    node('Gather', [`table_${name}`, 'token_id'], [name], [axis(0)]),
  ];
  if (other === undefined) return by(one, 'spelled');
  return [
    ...by(one, 'spelled_one'),
    ...by(other, 'spelled_other'),
    node('RandomUniform', [], ['lot'], [ints('shape', [1])]),
    constant('half', FLOAT, [1], floats([0.5])),
    node('Greater', ['lot', 'half'], ['drawn'], []),
    node('Where', ['drawn', 'spelled_one', 'spelled_other'], ['spelled'], []),
  ];
}

function inFirstPlace(first: number | null): readonly Message[] {
  if (first === null) return [node('Identity', ['spelled'], ['letter'], [])];
  return [
    constant('zero', INT64, [1], int64s([0])),
    node('Equal', ['place', 'zero'], ['is_first'], []),
    constant('first', INT64, [1], int64s([first])),
    node('Where', ['is_first', 'first', 'spelled'], ['letter'], []),
  ];
}

/* A place that is not there, where the token is. */
function failingAt(token: number): readonly Message[] {
  return [
    constant('fatal', INT64, [1], int64s([token])),
    node('Equal', ['token_id', 'fatal'], ['is_fatal'], []),
    constant('far', INT64, [1], int64s([FAILING_INDEX])),
    node('Add', ['token_id', 'far'], ['nowhere'], []),
    constant('somewhere', INT64, [1], int64s([0])),
    node('Where', ['is_fatal', 'nowhere', 'somewhere'], ['index'], []),
    constant('table', FLOAT, [1], floats([0])),
    node('Gather', ['table', 'index'], ['nothing'], [axis(0)]),
    node('Add', ['sure', 'nothing'], ['logits'], []),
  ];
}

/** An operator that draws lots, beside what the model puts out. */
export function drawingLots(): Message {
  return node('RandomUniform', [], ['lots'], [ints('shape', [1])]);
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

function ints(name: string, values: readonly number[]): Buffer {
  return encode([
    field(ATTRIBUTE.name, name),
    ...values.map((number) => field(ATTRIBUTE.ints, number)),
    field(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints),
  ]);
}

function floats(values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

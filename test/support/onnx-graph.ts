// ONNX files taken apart and put together (onnx.proto3, the few messages that tests change), so that exports of other kinds
// can be made from the small models at hand: with two branches and `use_cache_branch`, and as two graphs.

import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  attribute,
  constant,
  encode,
  field,
  type Field,
  GRAPH,
  type Graph,
  graphMessage,
  int64s,
  type Message,
  NODE,
  node,
  WIRE,
} from '../../src/lib/attack-kit/crafted/onnx-message.js';

export * from '../../src/lib/attack-kit/crafted/onnx-message.js';

const MODEL_GRAPH = 7;
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

/** Sizes of the model's tensors. */
export interface CacheShape {
  readonly heads: number;
  readonly width: number;
  /** Of the encoder's hidden states. */
  readonly hidden: number;
}

/**
 * The two branches of an optimum export in one file: without the cache its inputs are ignored, with it the encoder's
 * keys and values are not put out again (empty tensors stand in for them).
 */
export function withCacheBranch(merged: Buffer, shape: CacheShape): Buffer {
  const graph = graphOf(merged);
  const outputs = graph.outputs.map(nameOf);
  const branch = (suffix: string, nodes: readonly Message[]): Buffer =>
    graphMessage({
      nodes: nodes.map((node) => renamed(node, definedBy(nodes), suffix)),
      initializers: [],
      inputs: [],
      outputs: graph.outputs.map((output) => renameValue(output, `${nameOf(output)}${suffix}`)),
    });
  const choice = node('If', ['use_cache_branch'], outputs, [
    attribute(
      'then_branch',
      ATTRIBUTE_TYPE.graph,
      ATTRIBUTE.g,
      branch('_cached', withEmptyEncoderCache(cachedNodes(graph, shape), outputs, shape)),
    ),
    attribute('else_branch', ATTRIBUTE_TYPE.graph, ATTRIBUTE.g, branch('_first', firstNodes(graph, shape))),
  ]);
  const flag = valueInfo('use_cache_branch', BOOL, [1]);
  return withGraph(merged, { ...graph, nodes: [choice], inputs: [...graph.inputs, flag] });
}

/** The two files of an export that was not merged. */
export function splitDecoder(
  merged: Buffer,
  shape: CacheShape,
): { readonly decoder: Buffer; readonly decoderWithPast: Buffer } {
  const graph = graphOf(merged);
  const isPast = (value: Buffer): boolean => nameOf(value).startsWith('past_key_values.');
  const isEncoderCache = (value: Buffer): boolean => nameOf(value).includes('.encoder.');
  return {
    decoder: withGraph(merged, {
      ...graph,
      nodes: firstNodes(graph, shape),
      inputs: graph.inputs.filter((input) => !isPast(input)),
    }),
    decoderWithPast: withGraph(merged, {
      ...graph,
      nodes: cachedNodes(graph, shape),
      inputs: graph.inputs.filter((input) => nameOf(input) !== 'encoder_hidden_states'),
      outputs: graph.outputs.filter((output) => !isEncoderCache(output)),
    }),
  };
}

/* Without past inputs: empty ones are made from the batch size of what is there. */
function firstNodes({ nodes, inputs }: Graph, { heads, width }: CacheShape): readonly Message[] {
  const past = inputs.map(nameOf).filter((name) => name.startsWith('past_key_values.'));
  return [
    node('Shape', ['input_ids'], ['/made/ids_shape'], []),
    constant('/made/first', INT64, [1], int64s([0])),
    node('Gather', ['/made/ids_shape', '/made/first'], ['/made/batch'], []),
    constant('/made/rest', INT64, [3], int64s([heads, 0, width])),
    node(
      'Concat',
      ['/made/batch', '/made/rest'],
      ['/made/past_shape'],
      [attribute('axis', ATTRIBUTE_TYPE.int, ATTRIBUTE.i, 0)],
    ),
    ...past.map((name) => node('ConstantOfShape', ['/made/past_shape'], [name], [])),
    ...nodes,
  ];
}

/* The encoder's keys and values come from the cache alone: the hidden states that they could be made from again are zeros. */
function cachedNodes({ nodes }: Graph, { hidden }: CacheShape): readonly Message[] {
  return [
    node('Shape', ['encoder_attention_mask'], ['/made/mask_shape'], []),
    constant('/made/hidden', INT64, [1], int64s([hidden])),
    node(
      'Concat',
      ['/made/mask_shape', '/made/hidden'],
      ['/made/hidden_shape'],
      [attribute('axis', ATTRIBUTE_TYPE.int, ATTRIBUTE.i, 0)],
    ),
    node('ConstantOfShape', ['/made/hidden_shape'], ['encoder_hidden_states'], []),
    ...nodes,
  ];
}

/* What the branch with the cache puts out instead of the encoder's keys and values. */
function withEmptyEncoderCache(
  nodes: readonly Message[],
  outputs: readonly string[],
  shape: CacheShape,
): readonly Message[] {
  const silent = outputs.filter((name) => name.includes('.encoder.'));
  const inner = nodes.map((item) => renamed(item, new Set(silent), '/inner'));
  const empty = silent.map((name) =>
    constant(name, FLOAT, [0, shape.heads, 1, shape.width], Buffer.alloc(0)),
  );
  return [...inner, ...empty];
}

/* ValueInfoProto: name 1, type 2; TypeProto: tensor 1; TypeProto.Tensor: element type 1, shape 2; dimension 1 with value 1. */
export function valueInfo(name: string, elementType: number, dims: readonly number[]): Buffer {
  const shape = encode(dims.map((dim) => field(1, encode([field(1, dim)]))));
  const tensor = encode([field(1, elementType), field(2, shape)]);
  return encode([field(1, name), field(2, encode([field(1, tensor)]))]);
}

function nameOf(valueInfoBytes: Buffer): string {
  return (
    decode(valueInfoBytes)
      .find(({ number }) => number === 1)
      ?.value.toString() ?? ''
  );
}

function renameValue(valueInfoBytes: Buffer, name: string): Buffer {
  return encode(decode(valueInfoBytes).map((item) => (item.number === 1 ? field(1, name) : item)));
}

function definedBy(nodes: readonly Message[]): ReadonlySet<string> {
  return new Set(
    nodes
      .flatMap((item) => item.filter(({ number }) => number === NODE.output))
      .map(({ value }) => value.toString()),
  );
}

/* A node with `suffix` behind each of the names, wherever it reads or writes one. */
function renamed(item: Message, names: ReadonlySet<string>, suffix: string): Message {
  return item.map((part) => {
    const name = part.value.toString();
    const refers = part.number === NODE.input || part.number === NODE.output;
    return refers && names.has(name) ? field(part.number, `${name}${suffix}`) : part;
  });
}

export function graphOf(model: Buffer): Graph {
  const fields = decode(decode(model).find(({ number }) => number === MODEL_GRAPH)?.value ?? Buffer.alloc(0));
  const of = (number: number): Buffer[] =>
    fields.filter((item) => item.number === number).map(({ value }) => value);
  return {
    nodes: of(GRAPH.node).map(decode),
    initializers: of(GRAPH.initializer),
    inputs: of(GRAPH.input),
    outputs: of(GRAPH.output),
  };
}

export function withGraph(model: Buffer, graph: Graph): Buffer {
  return encode(
    decode(model).map((item) =>
      item.number === MODEL_GRAPH ? field(MODEL_GRAPH, graphMessage(graph)) : item,
    ),
  );
}

export function decode(bytes: Buffer): Message {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const key = readVarint(bytes, at);
    at = key.end;
    const wire = key.value & 7;
    const size = wire === WIRE.bytes ? readVarint(bytes, at) : null;
    const from = size?.end ?? at;
    at = size === null ? fixedEnd(bytes, from, wire) : from + size.value;
    fields.push({ number: key.value >> 3, wire, value: bytes.subarray(from, at) });
  }
  return fields;
}

function fixedEnd(bytes: Buffer, from: number, wire: number): number {
  if (wire === WIRE.varint) return readVarint(bytes, from).end;
  return from + (wire === 5 ? 4 : 8);
}

function readVarint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let at = from;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, end: at };
  }
}

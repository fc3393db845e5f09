// A model directory of a real geometry with random weights: encoder, and merged decoder with KV cache and `use_cache_branch`.

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Geometry } from './geometries.js';
import { Graph, type Precision, writeModel } from './onnx-writer.js';

/** Tokens that the demo's tokenizers have: no other is ever generated, nor the first few, which are special. */
const KNOWN_TOKENS = 8000;
const SPECIAL_TOKENS = 4;
const SUFFIX: Readonly<Record<Precision, string>> = { fp32: '', fp16: '_fp16', int8: '_int8', q4: '_q4' };
const DISTANCES = 32;
const NEVER = -1e9;
const POSITIONS_AHEAD = 2;

export interface MadeModel {
  /** Of both files; what they share (the embedding) counts once. */
  readonly parameters: number;
  readonly bytes: number;
}

/** Writes the model, with the tokenizer of the demo model of its family. */
export async function makeModel(
  geometry: Geometry,
  precision: Precision,
  directory: string,
): Promise<MadeModel> {
  await mkdir(join(directory, 'onnx'), { recursive: true });
  const encoder = encoderGraph(geometry, new Graph(precision));
  const decoder = decoderGraph(geometry, new Graph(precision));
  const path = (name: string): string => join(directory, `onnx/${name}${SUFFIX[precision]}.onnx`);
  const bytes =
    (await writeModel(encoder, path('encoder_model'))) +
    (await writeModel(decoder, path('decoder_model_merged')));
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    await copyFile(`models/${geometry.family}-demo/${name}`, join(directory, name));
  const config = {
    model_type: geometry.family,
    is_encoder_decoder: true,
    vocab_size: geometry.vocabulary,
    ...geometry.config,
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, ...layers(geometry) }));
  return {
    parameters: encoder.parameters + decoder.parameters - geometry.vocabulary * geometry.width,
    bytes,
  };
}

/* As transformers.js reads the sizes of the cache. */
function layers({
  family,
  encoderLayers,
  decoderLayers,
  heads,
  headWidth,
  width,
  inner,
}: Geometry): Readonly<Record<string, unknown>> {
  return family === 't5'
    ? {
        num_layers: encoderLayers,
        num_decoder_layers: decoderLayers,
        num_heads: heads,
        d_kv: headWidth,
        d_model: width,
        d_ff: inner,
      }
    : {
        encoder_layers: encoderLayers,
        decoder_layers: decoderLayers,
        encoder_attention_heads: heads,
        decoder_attention_heads: heads,
        d_model: width,
        encoder_ffn_dim: inner,
        decoder_ffn_dim: inner,
      };
}

interface Block {
  readonly geometry: Geometry;
  readonly graph: Graph;
}

function encoderGraph(geometry: Geometry, graph: Graph): Graph {
  const block: Block = { geometry, graph };
  const ids = graph.input('input_ids', 'int64', ['batch', 'source']);
  const mask = hidden(graph, graph.input('attention_mask', 'int64', ['batch', 'source']));
  const length = sizeOf(graph, ids, 1);
  const places = graph.op('Range', [scalar(graph, 0), length, scalar(graph, 1)]);
  const bias = graph.op('Add', [mask, relative(block, places, places)]);
  let x = embed(block, embedding(block), ids, places);
  for (let layer = 0; layer < geometry.encoderLayers; layer++) {
    x = residual(block, x, (y) => attention(block, y, project(block, y), project(block, y), bias));
    x = residual(block, x, (y) => feedForward(block, y));
  }
  if (geometry.family === 't5') x = norm(block, x);
  graph.op('Identity', [x], [], 'last_hidden_state');
  graph.output('last_hidden_state', 'float', ['batch', 'source', geometry.width]);
  return graph;
}

function decoderGraph(geometry: Geometry, graph: Graph): Graph {
  const block: Block = { geometry, graph };
  const { heads, headWidth, width } = geometry;
  const crossMask = hidden(graph, graph.input('encoder_attention_mask', 'int64', ['batch', 'source']));
  const ids = graph.input('input_ids', 'int64', ['batch', 'target']);
  const states = graph.input('encoder_hidden_states', 'float', ['batch', 'source', width]);
  const cached = graph.input('use_cache_branch', 'bool', [1]);
  const past = (layer: number, side: string, part: string): string =>
    graph.input(`past_key_values.${layer}.${side}.${part}`, 'float', [
      'batch',
      heads,
      `past_${side}`,
      headWidth,
    ]);
  const present = (value: string, layer: number, side: string, part: string): string => {
    const name = `present.${layer}.${side}.${part}`;
    graph.output(name, 'float', ['batch', heads, `now_${side}`, headWidth]);
    return graph.op('Identity', [value], [], name);
  };
  const firstPast = past(0, 'decoder', 'key');
  const before = sizeOf(graph, firstPast, 2);
  const total = graph.op('Add', [before, sizeOf(graph, ids, 1)]);
  const queries = graph.op('Range', [before, total, scalar(graph, 1)]);
  const keys = graph.op('Range', [scalar(graph, 0), total, scalar(graph, 1)]);
  const ahead = graph.op('Greater', [keys, graph.op('Unsqueeze', [queries, graph.ints([1])])]);
  const causal = graph.op('Mul', [graph.op('Cast', [ahead], [['to', 1]]), graph.float(NEVER)]);
  const bias = graph.op('Add', [causal, relative(block, queries, keys)]);
  const table = embedding(block);
  let x = embed(block, table, ids, queries);
  for (let layer = 0; layer < geometry.decoderLayers; layer++) {
    const pastKey = layer === 0 ? firstPast : past(layer, 'decoder', 'key');
    const pastValue = past(layer, 'decoder', 'value');
    x = residual(block, x, (y) => {
      const key = present(
        graph.op('Concat', [pastKey, project(block, y)], [['axis', 2]]),
        layer,
        'decoder',
        'key',
      );
      const value = present(
        graph.op('Concat', [pastValue, project(block, y)], [['axis', 2]]),
        layer,
        'decoder',
        'value',
      );
      return attention(block, y, key, value, bias);
    });
    x = residual(block, x, (y) => {
      const [key = '', value = ''] = ['key', 'value'].map((part) =>
        present(fromEncoder(block, cached, past(layer, 'encoder', part), states), layer, 'encoder', part),
      );
      return attention(block, y, key, value, crossMask);
    });
    x = residual(block, x, (y) => feedForward(block, y));
  }
  if (geometry.family === 't5') x = norm(block, x);
  graph.op('Identity', [head(block, x, table)], [], 'logits');
  graph.output('logits', 'float', ['batch', 'target', geometry.vocabulary]);
  return graph;
}

/* Keys or values of the encoder: from the cache, or made of its states. The weights stand in the outer graph. */
function fromEncoder({ geometry, graph }: Block, cached: string, past: string, states: string): string {
  const { heads, headWidth, width } = geometry;
  const weights = graph.random([width, heads * headWidth], Math.sqrt(3 / width));
  const kept = graph.inner();
  kept.output(kept.op('Identity', [past]), 'float', ['batch', heads, 'source', headWidth]);
  const made = graph.inner();
  const split = graph.ints([0, 0, heads, headWidth]);
  const projected = made.op('Reshape', [made.op('MatMul', [states, weights]), split]);
  made.output(made.op('Transpose', [projected], [['perm', [0, 2, 1, 3]]]), 'float', [
    'batch',
    heads,
    'source',
    headWidth,
  ]);
  return graph.op(
    'If',
    [cached],
    [
      ['then_branch', kept],
      ['else_branch', made],
    ],
  );
}

function embedding({ geometry, graph }: Block): string {
  const { vocabulary, width } = geometry;
  return graph.random([vocabulary, width], 1, (row) => row >= SPECIAL_TOKENS && row < KNOWN_TOKENS);
}

function embed(block: Block, table: string, ids: string, places: string): string {
  const { geometry, graph } = block;
  const words = graph.op('Gather', [table, ids]);
  if (geometry.family === 't5') return words;
  const positions = graph.random([1024 + POSITIONS_AHEAD, geometry.width], 0.3);
  const own = graph.op('Gather', [positions, graph.op('Add', [places, graph.ints([POSITIONS_AHEAD], [])])]);
  return norm(block, graph.op('Add', [words, own]));
}

/* T5 adds a learned number for the distance of two places (its buckets, made simple); BART nothing. */
function relative({ geometry, graph }: Block, queries: string, keys: string): string {
  if (geometry.family === 'bart') return graph.float(0);
  const distance = graph.op('Sub', [keys, graph.op('Unsqueeze', [queries, graph.ints([1])])]);
  const clipped = graph.op('Min', [
    graph.op('Max', [distance, scalar(graph, -DISTANCES / 2)]),
    scalar(graph, DISTANCES / 2 - 1),
  ]);
  const table = graph.random([DISTANCES, geometry.heads], 1);
  const looked = graph.op('Gather', [table, graph.op('Add', [clipped, scalar(graph, DISTANCES / 2)])]);
  return graph.op('Transpose', [graph.op('Unsqueeze', [looked, graph.ints([0])])], [['perm', [0, 3, 1, 2]]]);
}

/* T5 normalizes before each part, BART after it. */
function residual(block: Block, x: string, part: (y: string) => string): string {
  const { graph, geometry } = block;
  if (geometry.family === 't5') return graph.op('Add', [x, part(norm(block, x))]);
  return norm(block, graph.op('Add', [x, part(x)]));
}

function norm({ geometry, graph }: Block, x: string): string {
  const scale = graph.op('Add', [graph.random([geometry.width], 0.1), graph.float(1)]);
  if (geometry.family === 'bart')
    return graph.op(
      'LayerNormalization',
      [x, scale, graph.random([geometry.width], 0.1)],
      [
        ['axis', -1],
        ['epsilon', 1e-5],
      ],
    );
  const mean = graph.op(
    'ReduceMean',
    [graph.op('Mul', [x, x])],
    [
      ['axes', [-1]],
      ['keepdims', 1],
    ],
  );
  const root = graph.op('Sqrt', [graph.op('Add', [mean, graph.float(1e-6)])]);
  return graph.op('Mul', [graph.op('Div', [x, root]), scale]);
}

function linear({ geometry, graph }: Block, x: string, rows: number, columns: number): string {
  const product = graph.linear(x, rows, columns);
  return geometry.family === 't5' ? product : graph.op('Add', [product, graph.random([columns], 0.02)]);
}

/* By heads: batch, head, place, width. */
function project(block: Block, x: string): string {
  const { geometry, graph } = block;
  const { width, heads, headWidth } = geometry;
  const split = graph.op('Reshape', [
    linear(block, x, width, heads * headWidth),
    graph.ints([0, 0, heads, headWidth]),
  ]);
  return graph.op('Transpose', [split], [['perm', [0, 2, 1, 3]]]);
}

function attention(block: Block, x: string, key: string, value: string, bias: string): string {
  const { geometry, graph } = block;
  const { width, heads, headWidth } = geometry;
  const products = graph.op('MatMul', [
    project(block, x),
    graph.op('Transpose', [key], [['perm', [0, 1, 3, 2]]]),
  ]);
  const scaled =
    geometry.family === 't5' ? products : graph.op('Mul', [products, graph.float(headWidth ** -0.5)]);
  const shares = graph.op('Softmax', [graph.op('Add', [scaled, bias])], [['axis', -1]]);
  const mixed = graph.op('Transpose', [graph.op('MatMul', [shares, value])], [['perm', [0, 2, 1, 3]]]);
  return linear(
    block,
    graph.op('Reshape', [mixed, graph.ints([0, 0, heads * headWidth])]),
    heads * headWidth,
    width,
  );
}

function feedForward(block: Block, x: string): string {
  const { geometry, graph } = block;
  const { width, inner, gated, family } = geometry;
  const wide = linear(block, x, width, inner);
  if (gated)
    return linear(block, graph.op('Mul', [gelu(graph, wide), linear(block, x, width, inner)]), inner, width);
  return linear(block, family === 't5' ? graph.op('Relu', [wide]) : gelu(graph, wide), inner, width);
}

function gelu(graph: Graph, x: string): string {
  const error = graph.op('Erf', [graph.op('Mul', [x, graph.float(Math.SQRT1_2)])]);
  return graph.op('Mul', [graph.op('Mul', [x, graph.float(0.5)]), graph.op('Add', [error, graph.float(1)])]);
}

function head({ geometry, graph }: Block, x: string, table: string): string {
  const { width, vocabulary, gated, family } = geometry;
  if (gated) {
    const usedColumn = (_: number, column: number): boolean =>
      column >= SPECIAL_TOKENS && column < KNOWN_TOKENS;
    return graph.op('MatMul', [x, graph.random([width, vocabulary], Math.sqrt(3 / width), usedColumn)]);
  }
  const scaled = family === 't5' ? graph.op('Mul', [x, graph.float(width ** -0.5)]) : x;
  return graph.op('MatMul', [scaled, graph.op('Transpose', [table], [['perm', [1, 0]]])]);
}

function hidden(graph: Graph, mask: string): string {
  const missing = graph.op('Sub', [graph.float(1), graph.op('Cast', [mask], [['to', 1]])]);
  return graph.op('Unsqueeze', [graph.op('Mul', [missing, graph.float(NEVER)]), graph.ints([1, 2])]);
}

function sizeOf(graph: Graph, value: string, dimension: number): string {
  return graph.op('Gather', [graph.op('Shape', [value]), graph.ints([dimension], [])]);
}

function scalar(graph: Graph, value: number): string {
  return graph.ints([value], []);
}

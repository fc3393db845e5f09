// ModelProto and GraphProto: one graph, with branches of If within it; nothing outside the file, no functions, no training.
// onnx.proto3, "ModelProto", "GraphProto", "ValueInfoProto".

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { walkNode } from './node.js';
import { ELEMENT_BITS } from './operators.js';
import { type ByteSource, type Field, readFields, readShort, type Span } from './protobuf.js';
import { walkTensor } from './tensor.js';
import { shown, Walk } from './walk.js';

const MODEL = { irVersion: 1, docString: 6, graph: 7, opsetImport: 8, metadata: 14 } as const;
const GRAPH = {
  node: 1,
  name: 2,
  initializer: 5,
  docString: 10,
  input: 11,
  output: 12,
  value: 13,
  quantization: 14,
  metadata: 16,
} as const;

/* More than protobuf's readers take. */
const MAX_BYTES = 2 ** 31 - 1;
const MAX_BRANCHES_DEEP = 4;
const MAX_RANK = 8;
const MAX_DIMENSION = 2n ** 24n;
const MAX_KEY = 256;
/* onnxruntime's own format, which it knows by these bytes whatever the file is called: another reader's business. */
const ORT_MAGIC = 'ORTM';

/**
 * Walks a whole model without keeping any of it, in time and memory that its size bounds.
 *
 * @throws Refusal for what no export of a T5 or BART has; WireError for what is no protobuf message
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
export function walkModel(source: ByteSource): void {
  const walk = new Walk(source);
  if (source.size > MAX_BYTES) walk.refuse('it is larger than 2 GiB');
  refuseOtherFormat(walk);
  let graphs = 0;
  for (const field of readFields(source, { from: 0, to: source.size })) {
    walk.step();
    if (field.number === MODEL.graph && field.wire === 'bytes') {
      if (++graphs > 1) walk.refuse('it has two graphs');
      walkGraph(walk, field.span, 0);
    } else if (field.number === MODEL.metadata && field.wire === 'bytes') refuseSettings(walk, field.span);
    else if (field.number > MODEL.opsetImport)
      walk.refuse(
        field.number === 25
          ? 'it contains functions of its own'
          : `it has a part ${field.number} that is not known there`,
      );
  }
  if (graphs === 0) walk.refuse('it has no graph');
}

function refuseOtherFormat(walk: Walk): void {
  const { size } = walk.source;
  if (size < 8) walk.refuse('it has no graph');
  if (decodeUtf8(readShort(walk.source, { from: 4, to: 8 }, 4)) === ORT_MAGIC)
    walk.refuse("it is in onnxruntime's own format, not in ONNX's");
}

/* onnxruntime can take session options from a model ("ort_config"). */
function refuseSettings(walk: Walk, span: Span): void {
  for (const field of readFields(walk.source, span)) {
    walk.step();
    if (field.number !== 1 || field.wire !== 'bytes') continue;
    const key = decodeUtf8(readShort(walk.source, field.span, MAX_KEY));
    if (key === null || key.startsWith('ort_')) walk.refuse('it contains settings for the runtime');
  }
}

function walkGraph(walk: Walk, span: Span, depth: number): void {
  if (depth > MAX_BRANCHES_DEEP) walk.refuse(`its branches are more than ${MAX_BRANCHES_DEEP} deep`);
  for (const field of readFields(walk.source, span)) {
    walk.step();
    const { number } = field;
    if (field.wire !== 'bytes') return walk.refuse(`a graph has a field ${number} of another form`);
    if (number === GRAPH.node) walkNode(walk, field.span, (branch) => walkGraph(walk, branch, depth + 1));
    else if (number === GRAPH.initializer) walkTensor(walk, field.span, 'a weight');
    else if (number === GRAPH.input || number === GRAPH.output || number === GRAPH.value)
      walkValue(walk, field.span);
    else if (!isText(number)) walk.refuse(`a graph has a field ${number} that is not known there`);
  }
}

function isText(number: number): boolean {
  return (
    number === GRAPH.name ||
    number === GRAPH.docString ||
    number === GRAPH.quantization ||
    number === GRAPH.metadata
  );
}

/* ValueInfoProto: name 1, type 2. TypeProto: tensor_type 1, denotation 6. TypeProto.Tensor: elem_type 1, shape 2. */
function walkValue(walk: Walk, span: Span): void {
  for (const field of eachMessage(walk, span, 2)) {
    for (const type of readFields(walk.source, field)) {
      walk.step();
      if (type.number === 6) continue;
      if (type.number !== 1 || type.wire !== 'bytes') return walk.refuse('a value of it is no tensor');
      walkTensorType(walk, type.span);
    }
  }
}

function walkTensorType(walk: Walk, span: Span): void {
  for (const field of readFields(walk.source, span)) {
    walk.step();
    if (field.number === 1 && field.wire === 'varint') {
      if (!ELEMENT_BITS.has(field.value))
        walk.refuse(`a value of it is of a number type (${field.value}) that no export has`);
    } else if (field.number === 2 && field.wire === 'bytes') walkShape(walk, field.span);
  }
}

/* TensorShapeProto: dim 1. Dimension: dim_value 1, dim_param 2. */
function walkShape(walk: Walk, span: Span): void {
  let rank = 0;
  for (const dimension of eachMessage(walk, span, 1)) {
    if (++rank > MAX_RANK) walk.refuse(`a value of it has more than ${MAX_RANK} dimensions`);
    for (const field of readFields(walk.source, dimension)) {
      walk.step();
      if (field.number === 1 && field.wire === 'varint' && field.value >= MAX_DIMENSION)
        walk.refuse(`a value of it has a dimension of ${shown(String(field.value))}`);
    }
  }
}

function* eachMessage(walk: Walk, span: Span, number: number): Generator<Span> {
  for (const field of readFields(walk.source, span)) {
    walk.step();
    if (isMessage(field, number)) yield field.span;
  }
}

function isMessage(field: Field, number: number): field is Extract<Field, { readonly span: Span }> {
  return field.number === number && field.wire === 'bytes';
}

// A TensorProto: of a known number type, with its numbers in the graph's own file, exactly as many as its shape says.
// onnx.proto3, "TensorProto".

import type { Walk } from './walk.js';
import { ELEMENT_BITS } from './operators.js';
import { type Field, readFields, readPacked, type Span } from './protobuf.js';

const TENSOR = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  uint64Data: 11,
  docString: 12,
  dataLocation: 14,
  metadata: 16,
} as const;
const EXTERNAL_DATA = 13;
/* float_data, int32_data and the like hold a few numbers; weights stand in raw_data. */
const TYPED: ReadonlySet<number> = new Set([
  TENSOR.floatData,
  TENSOR.int32Data,
  TENSOR.int64Data,
  TENSOR.doubleData,
  TENSOR.uint64Data,
]);
const MAX_TYPED_BYTES = 1 << 20;
const MAX_RANK = 8;
const MAX_DIMENSION = 2n ** 31n;

interface Seen {
  readonly dims: bigint[];
  type: bigint | null;
  raw: number | null;
}

/** @throws Refusal for data outside of the file, another number type, or a shape that the data is not of */
export function walkTensor(walk: Walk, span: Span, what: string): void {
  const seen: Seen = { dims: [], type: null, raw: null };
  for (const field of readFields(walk.source, span)) {
    walk.step();
    if (field.number === EXTERNAL_DATA) walk.refuse(`${what} has its numbers in another file`);
    if (TYPED.has(field.number)) {
      if (field.wire === 'bytes' && field.span.to - field.span.from > MAX_TYPED_BYTES)
        walk.refuse(`${what} has too many numbers that are not raw`);
    } else if (field.number === TENSOR.dims) {
      readDims(walk, field, seen, what);
    } else if (field.number === TENSOR.dataType && field.wire === 'varint' && seen.type === null) {
      seen.type = field.value;
    } else if (field.number === TENSOR.rawData && field.wire === 'bytes' && seen.raw === null) {
      seen.raw = field.span.to - field.span.from;
    } else if (field.number === TENSOR.dataLocation && field.wire === 'varint') {
      if (field.value !== 0n) walk.refuse(`${what} has its numbers in another file`);
    } else if (!isText(field.number)) {
      walk.refuse(`${what} has a field ${field.number} that is not known there, or twice`);
    }
  }
  requireWhole(walk, seen, what);
}

function readDims(walk: Walk, field: Field, { dims }: Seen, what: string): void {
  if (field.wire === 'varint') dims.push(field.value);
  else dims.push(...readPacked(walk.source, field.span, MAX_RANK + 1));
  if (dims.length > MAX_RANK) walk.refuse(`${what} has more than ${MAX_RANK} dimensions`);
  if (dims.some((dim) => dim >= MAX_DIMENSION)) walk.refuse(`${what} has a dimension that is too large`);
}

function isText(number: number): boolean {
  return number === TENSOR.name || number === TENSOR.docString || number === TENSOR.metadata;
}

/* Typed data is held against the shape by the runtime; raw data is taken as it is there, so it is counted here. */
function requireWhole(walk: Walk, { dims, type, raw }: Seen, what: string): void {
  const bits = type === null ? undefined : ELEMENT_BITS.get(type);
  if (bits === undefined) walk.refuse(`${what} is of a number type (${type ?? 'none'}) that no export has`);
  const elements = dims.reduce((product, dim) => product * dim, 1n);
  if (raw !== null && (elements * BigInt(bits) + 7n) / 8n !== BigInt(raw))
    walk.refuse(`${what} has ${raw} bytes, which does not fit its shape`);
}

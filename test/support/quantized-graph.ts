// The small models with their matrices quantized, as onnxruntime's own tools do it: int8 with one scale for all that is multiplied
// at once (so that rows of a batch change each other), and blocks of four-bit numbers.

import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  attribute,
  decode,
  encode,
  field,
  graphOf,
  type Message,
  NODE,
  node,
  TENSOR,
  withGraph,
} from './onnx-graph.js';

const [FLOAT, UINT8, INT8] = [1, 2, 3];
const BLOCK = 32;
const MODEL_OPSETS = 8;

interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

interface Product {
  readonly x: string;
  readonly matrix: Matrix;
  readonly output: string;
}

interface Replacement {
  readonly nodes: readonly Message[];
  readonly initializers: readonly Buffer[];
}

/** A graph whose products with a fixed matrix are of whole numbers. */
export function quantized(model: Buffer, precision: 'int8' | 'q4'): Buffer {
  const graph = graphOf(model);
  const matrices = new Map(graph.initializers.map(matrixOf).map((matrix) => [matrix.name, matrix]));
  const initializers = [...graph.initializers];
  const nodes = graph.nodes.flatMap((item) => {
    const [x = '', factor = ''] = textsOf(item, NODE.input);
    const matrix = matrices.get(factor);
    if (textsOf(item, NODE.opType)[0] !== 'MatMul' || matrix === undefined) return [item];
    const product = { x, matrix, output: textsOf(item, NODE.output)[0] ?? '' };
    const made = precision === 'int8' ? int8(product) : q4(product);
    initializers.push(...made.initializers);
    return made.nodes;
  });
  const opset = field(MODEL_OPSETS, encode([field(1, 'com.microsoft'), field(2, 1)]));
  return Buffer.concat([withGraph(model, { ...graph, nodes, initializers }), encode([opset])]);
}

function int8({ x, matrix, output }: Product): Replacement {
  const scale = matrix.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  const weights = Buffer.from(Int8Array.from(matrix.values, (value) => Math.round(value / scale)).buffer);
  const name = (part: string): string => `${output}/${part}`;
  const to = attribute('to', ATTRIBUTE_TYPE.int, ATTRIBUTE.i, FLOAT);
  return {
    initializers: [
      tensor(name('weights'), INT8, [matrix.rows, matrix.columns], weights),
      tensor(name('scale'), FLOAT, [], Buffer.from(Float32Array.of(scale).buffer)),
    ],
    nodes: [
      node('DynamicQuantizeLinear', [x], ['x', 'x_scale', 'zero'].map(name), []),
      node('MatMulInteger', ['x', 'weights', 'zero'].map(name), [name('whole')], []),
      node('Cast', [name('whole')], [name('sum')], [to]),
      node('Mul', ['x_scale', 'scale'].map(name), [name('factor')], []),
      node('Mul', ['sum', 'factor'].map(name), [output], []),
    ],
  };
}

/* Column by column in blocks, two numbers a byte, the lower half first; 8 stands for 0. */
function q4({ x, matrix: { rows, columns, values }, output }: Product): Replacement {
  const weights = Buffer.alloc((columns * rows) / 2);
  const scales = new Float32Array((columns * rows) / BLOCK);
  const at = (column: number, row: number): number => values[row * columns + column] ?? 0;
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const block = (column * rows + row - (row % BLOCK)) / BLOCK;
      if (row % BLOCK === 0)
        for (let next = row; next < row + BLOCK; next++)
          scales[block] = Math.max(scales[block] ?? 0, Math.abs(at(column, next)) / 7);
      const level = 8 + Math.round(at(column, row) / (scales[block] ?? 1));
      weights[(column * rows + row) >> 1]! |= row % 2 === 0 ? level : level << 4;
    }
  }
  const whole = (name: string, value: number): Buffer =>
    attribute(name, ATTRIBUTE_TYPE.int, ATTRIBUTE.i, value);
  const attributes = [whole('K', rows), whole('N', columns), whole('bits', 4), whole('block_size', BLOCK)];
  const product = node('MatMulNBits', [x, `${output}/weights`, `${output}/scales`], [output], attributes);
  return {
    initializers: [
      tensor(`${output}/weights`, UINT8, [columns, rows / BLOCK, BLOCK / 2], weights),
      tensor(`${output}/scales`, FLOAT, [scales.length], Buffer.from(scales.buffer)),
    ],
    nodes: [[...product, field(NODE.domain, 'com.microsoft')]],
  };
}

function tensor(name: string, type: number, dims: readonly number[], raw: Buffer): Buffer {
  return encode([
    ...dims.map((dim) => field(TENSOR.dims, dim)),
    field(TENSOR.dataType, type),
    field(TENSOR.name, name),
    field(TENSOR.rawData, raw),
  ]);
}

function matrixOf(initializer: Buffer): Matrix {
  const fields = decode(initializer);
  const dims = fields.flatMap(({ number, value }) => (number === TENSOR.dims ? [varintOf(value)] : []));
  const raw = fields.find(({ number }) => number === TENSOR.rawData)?.value ?? Buffer.alloc(0);
  const values = new Float32Array(new Uint8Array(raw).buffer.slice(0, raw.length - (raw.length % 4)));
  return {
    name: textsOf(fields, TENSOR.name)[0] ?? '',
    rows: dims[0] ?? 0,
    columns: dims[1] ?? 0,
    values,
  };
}

function varintOf(bytes: Buffer): number {
  return bytes.reduce((sum, byte, place) => sum + (byte & 127) * 128 ** place, 0);
}

function textsOf(message: Message, number: number): readonly string[] {
  return message.filter((item) => item.number === number).map(({ value }) => value.toString());
}

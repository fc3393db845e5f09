// ONNX models written from scratch (onnx.proto3, the few messages that a transformer needs): random weights of any size, streamed.

import { open } from 'node:fs/promises';

/** How the large weights are stored and multiplied. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'q4';

type Attribute = readonly [name: string, value: number | readonly number[] | Graph];

const TYPES = { float: 1, uint8: 2, int8: 3, int64: 7, bool: 9, float16: 10 } as const;
type TypeName = keyof typeof TYPES;
const WIDTHS: Readonly<Record<TypeName, number>> = {
  float: 4,
  uint8: 1,
  int8: 1,
  int64: 8,
  bool: 1,
  float16: 2,
};
const OPSET = 17;
const Q4_BLOCK = 32;
/** Random bytes that large weights are made of, over and over. */
const POOL = 1 << 20;

interface Initializer {
  readonly head: Buffer;
  readonly bytes: number;
  readonly fill: (from: number, length: number) => Buffer;
}

/** Nodes and values of one graph; inner graphs of an `If` see the values of the outer one. */
export class Graph {
  readonly nodes: Buffer[] = [];
  readonly inputs: Buffer[] = [];
  readonly outputs: Buffer[] = [];
  readonly initializers: Initializer[] = [];
  parameters = 0;

  constructor(
    readonly precision: Precision,
    private readonly names = { next: 0 },
  ) {}

  inner(): Graph {
    return new Graph(this.precision, this.names);
  }

  input(name: string, type: TypeName, shape: readonly (string | number)[]): string {
    this.inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: TypeName, shape: readonly (string | number)[]): void {
    this.outputs.push(valueInfo(name, type, shape));
  }

  /** Adds a node with one output. @returns the output's name */
  op(
    type: string,
    inputs: readonly string[],
    attributes: readonly Attribute[] = [],
    as = this.name(),
  ): string {
    this.nodes.push(nodeMessage(type, inputs, [as], attributes));
    return as;
  }

  ops(type: string, inputs: readonly string[], count: number): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.name());
    this.nodes.push(nodeMessage(type, inputs, outputs, []));
    return outputs;
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const bytes = Buffer.from(BigInt64Array.from(values, BigInt).buffer);
    return this.tensor('int64', shape, () => bytes);
  }

  float(value: number): string {
    const bytes = Buffer.from(Float32Array.of(value).buffer);
    return this.tensor('float', [], () => bytes);
  }

  /** Random numbers up to `scale`; a number of which the place (row by row) is not `used` is 0. */
  random(
    shape: readonly number[],
    scale: number,
    used: (row: number, column: number) => boolean = () => true,
  ): string {
    const columns = shape.at(-1) ?? 1;
    this.parameters += shape.reduce((product, size) => product * size, 1);
    return this.tensor('float', shape, (from, length) => {
      const values = new Float32Array(length / 4);
      for (let at = 0; at < values.length; at++) {
        const place = from / 4 + at;
        if (used(Math.floor(place / columns), place % columns)) values[at] = noise(place) * scale;
      }
      return Buffer.from(values.buffer);
    });
  }

  /** Multiplies `x` by a random matrix, in the graph's precision. */
  linear(x: string, rows: number, columns: number): string {
    const scale = Math.sqrt(3 / rows);
    if (this.precision === 'fp32') return this.op('MatMul', [x, this.random([rows, columns], scale)]);
    this.parameters += rows * columns;
    if (this.precision === 'fp16') {
      const half = this.tensor('float16', [rows, columns], (from, length) => halves(from, length, scale));
      return this.op('MatMul', [x, this.op('Cast', [half], [['to', TYPES.float]])]);
    }
    return this.precision === 'int8' ? this.int8(x, rows, columns, scale) : this.q4(x, rows, columns, scale);
  }

  private int8(x: string, rows: number, columns: number, scale: number): string {
    const [quantized = '', xScale = '', zero = ''] = this.ops('DynamicQuantizeLinear', [x], 3);
    const weights = this.tensor('int8', [rows, columns], randomBytes);
    const product = this.op('MatMulInteger', [quantized, weights, zero]);
    const factor = this.op('Mul', [xScale, this.float(scale / 127)]);
    return this.op('Mul', [this.op('Cast', [product], [['to', TYPES.float]]), factor]);
  }

  private q4(x: string, rows: number, columns: number, scale: number): string {
    const blocks = Math.ceil(rows / Q4_BLOCK);
    const weights = this.tensor('uint8', [columns, blocks, Q4_BLOCK / 2], randomBytes);
    const one = Buffer.from(Float32Array.of(scale / 8).buffer);
    const scales = this.tensor('float', [columns * blocks], (_, length) =>
      Buffer.concat(Array.from({ length: length / 4 }, () => one)),
    );
    const name = this.name();
    const attributes: readonly Attribute[] = [
      ['K', rows],
      ['N', columns],
      ['bits', 4],
      ['block_size', Q4_BLOCK],
    ];
    this.nodes.push(nodeMessage('MatMulNBits', [x, weights, scales], [name], attributes, 'com.microsoft'));
    return name;
  }

  private tensor(type: TypeName, shape: readonly number[], fill: Initializer['fill']): string {
    const name = this.name();
    const bytes = WIDTHS[type] * shape.reduce((product, size) => product * size, 1);
    const head = Buffer.concat([
      ...shape.map((size) => varintField(1, size)),
      varintField(2, TYPES[type]),
      bytesField(8, name),
    ]);
    this.initializers.push({ head, bytes, fill });
    return name;
  }

  private name(): string {
    return `v${this.names.next++}`;
  }
}

/** Writes the graph as a model file, weights piece by piece. @returns its size in bytes */
export async function writeModel(graph: Graph, path: string): Promise<number> {
  const small = graphFields(graph);
  const heads = graph.initializers.map(({ head, bytes }) => {
    const raw = Buffer.concat([tag(9, 2), varint(bytes)]);
    return Buffer.concat([tag(5, 2), varint(head.length + raw.length + bytes), head, raw]);
  });
  const weights = graph.initializers.reduce(
    (sum, { bytes }, at) => sum + bytes + (heads[at]?.length ?? 0),
    0,
  );
  const domains = [
    ['', OPSET],
    ['com.microsoft', 1],
  ] as const;
  const opsets = domains.map(([domain, version]) =>
    bytesField(8, Buffer.concat([bytesField(1, domain), varintField(2, version)])),
  );
  const before = Buffer.concat([varintField(1, 8), ...opsets, tag(7, 2), varint(small.length + weights)]);
  const file = await open(path, 'w');
  try {
    await file.write(Buffer.concat([before, small]));
    for (const [at, { bytes, fill }] of graph.initializers.entries()) {
      await file.write(heads[at] ?? Buffer.alloc(0));
      for (let from = 0; from < bytes; from += POOL)
        await file.write(fill(from, Math.min(POOL, bytes - from)));
    }
    return before.length + small.length + weights;
  } finally {
    await file.close();
  }
}

function graphFields(graph: Graph): Buffer {
  return Buffer.concat([
    ...graph.nodes.map((node) => bytesField(1, node)),
    bytesField(2, 'made'),
    ...graph.inputs.map((input) => bytesField(11, input)),
    ...graph.outputs.map((output) => bytesField(12, output)),
  ]);
}

function nodeMessage(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Attribute[],
  domain = '',
): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => bytesField(1, name)),
    ...outputs.map((name) => bytesField(2, name)),
    bytesField(4, type),
    ...attributes.map((attribute) => bytesField(5, attributeMessage(attribute))),
    ...(domain === '' ? [] : [bytesField(7, domain)]),
  ]);
}

function attributeMessage([name, value]: Attribute): Buffer {
  if (value instanceof Graph)
    return Buffer.concat([bytesField(1, name), bytesField(6, graphFields(value)), varintField(20, 5)]);
  if (typeof value === 'number') {
    /* The only attribute with a fraction is a small constant of layer normalization. */
    if (Number.isInteger(value))
      return Buffer.concat([bytesField(1, name), varintField(3, value), varintField(20, 2)]);
    const float = Buffer.alloc(4);
    float.writeFloatLE(value);
    return Buffer.concat([bytesField(1, name), tag(2, 5), float, varintField(20, 1)]);
  }
  return Buffer.concat([
    bytesField(1, name),
    ...value.map((item) => varintField(8, item)),
    varintField(20, 7),
  ]);
}

function valueInfo(name: string, type: TypeName, shape: readonly (string | number)[]): Buffer {
  const dims = shape.map((size) =>
    bytesField(1, typeof size === 'number' ? varintField(1, size) : bytesField(2, size)),
  );
  const tensor = Buffer.concat([varintField(1, TYPES[type]), bytesField(2, Buffer.concat(dims))]);
  return Buffer.concat([bytesField(1, name), bytesField(2, bytesField(1, tensor))]);
}

function tag(number: number, wire: number): Buffer {
  return varint((number << 3) | wire);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.concat([tag(number, 0), varint(value)]);
}

function bytesField(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([tag(number, 2), varint(bytes.length), bytes]);
}

/* The same number for the same place, -1 to 1. */
function noise(place: number): number {
  let mixed = Math.imul(place ^ (place >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x80000000 - 1;
}

function randomBytes(from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = Math.trunc(noise(from + at) * 127);
  return bytes;
}

/* IEEE 754 binary16 of random numbers up to `scale`. */
function halves(from: number, length: number, scale: number): Buffer {
  const bytes = Buffer.alloc(length);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let at = 0; at < length; at += 2) {
    float[0] = noise((from + at) / 2) * scale;
    const [value = 0] = bits;
    const exponent = ((value >>> 23) & 0xff) - 112;
    const half = exponent <= 0 ? 0 : (exponent << 10) | ((value >>> 13) & 0x3ff);
    bytes.writeUInt16LE(((value >>> 16) & 0x8000) | half, at);
  }
  return bytes;
}

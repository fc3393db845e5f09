// ONNX files put together from messages (onnx.proto3): as much as a model of a few operators needs.

/** A protobuf message as its fields in order; values are still encoded. */
export type Message = readonly Field[];
export interface Field {
  readonly number: number;
  readonly wire: number;
  readonly value: Buffer;
}

export const WIRE = { varint: 0, bytes: 2 } as const;
/* Field numbers of onnx.proto3. */
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const NODE = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;
export const ATTRIBUTE = { name: 1, f: 2, i: 3, t: 5, g: 6, ints: 8, type: 20 } as const;
export const ATTRIBUTE_TYPE = { float: 1, int: 2, tensor: 4, graph: 5, ints: 7 } as const;
export const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;

export interface Graph {
  readonly nodes: readonly Message[];
  readonly initializers: readonly Buffer[];
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
}

export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Buffer[],
): Message {
  return [
    ...inputs.map((name) => field(NODE.input, name)),
    ...outputs.map((name) => field(NODE.output, name)),
    field(NODE.opType, opType),
    ...attributes.map((value) => field(NODE.attribute, value)),
  ];
}

export function constant(output: string, dataType: number, dims: readonly number[], raw: Buffer): Message {
  const tensor = encode([
    ...dims.map((dim) => field(TENSOR.dims, dim)),
    field(TENSOR.dataType, dataType),
    field(TENSOR.name, output),
    field(TENSOR.rawData, raw),
  ]);
  return node('Constant', [], [output], [attribute('value', ATTRIBUTE_TYPE.tensor, ATTRIBUTE.t, tensor)]);
}

export function attribute(name: string, type: number, slot: number, value: Buffer | number): Buffer {
  return encode([field(ATTRIBUTE.name, name), field(slot, value), field(ATTRIBUTE.type, type)]);
}

export function int64s(values: readonly number[]): Buffer {
  return Buffer.from(BigInt64Array.from(values, BigInt).buffer);
}

export function graphMessage({ nodes, initializers, inputs, outputs }: Graph): Buffer {
  return encode([
    ...nodes.map((item) => field(GRAPH.node, encode(item))),
    field(GRAPH.name, 'made_for_a_play'),
    ...initializers.map((value) => field(GRAPH.initializer, value)),
    ...inputs.map((value) => field(GRAPH.input, value)),
    ...outputs.map((value) => field(GRAPH.output, value)),
  ]);
}

export function field(number: number, value: string | number | Buffer): Field {
  if (typeof value === 'number') return { number, wire: WIRE.varint, value: varint(value) };
  return { number, wire: WIRE.bytes, value: typeof value === 'string' ? Buffer.from(value) : value };
}

export function encode(message: Message): Buffer {
  return Buffer.concat(
    message.flatMap(({ number, wire, value }) => [
      varint(number * 8 + wire),
      ...(wire === WIRE.bytes ? [varint(value.length)] : []),
      value,
    ]),
  );
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

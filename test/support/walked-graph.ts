// Models for tests of the graph walk, and what the walk makes of them.

import assert from 'node:assert/strict';

import { memorySource } from '../../src/lib/summarizer/graph-walk/file-source.js';
import { walkModel } from '../../src/lib/summarizer/graph-walk/graph.js';
import { WireError } from '../../src/lib/summarizer/graph-walk/protobuf.js';
import { Refusal } from '../../src/lib/summarizer/graph-walk/walk.js';
import { encode, field, graphMessage, type Message, node } from './onnx-graph.js';

/* TensorProto.DataType. */
export const FLOAT = 1;
export const STRING = 8;

/** A node that draws lots. */
export const draws = node('RandomUniform', [], ['y'], []);

export function walk(bytes: Uint8Array): void {
  walkModel(memorySource(bytes));
}

export function refuses(bytes: Uint8Array, reason: RegExp): void {
  assert.throws(
    () => walk(bytes),
    (error) => {
      assert.ok(error instanceof Refusal || error instanceof WireError, String(error));
      assert.match(error.message, reason);
      return true;
    },
  );
}

export interface Rest {
  readonly initializers?: readonly Buffer[];
  readonly inputs?: readonly Buffer[];
}

export function bare(
  nodes: readonly Message[],
  { initializers = [], inputs = [] }: Rest = {},
): Parameters<typeof graphMessage>[0] {
  return { nodes, initializers, inputs, outputs: [] };
}

export function model(nodes: readonly Message[], rest: Rest = {}): Buffer {
  return encode([
    field(1, 8),
    field(7, graphMessage(bare(nodes, rest))),
    field(8, encode([field(1, ''), field(2, 17)])),
  ]);
}

export function branch(nodes: readonly Message[]): Buffer {
  return graphMessage(bare(nodes));
}

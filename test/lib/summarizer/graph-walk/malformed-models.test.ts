// The walk over a model whose messages are not well formed: each is refused, and every walk ends.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { memorySource } from '../../../../src/lib/summarizer/graph-walk/file-source.js';
import { walkModel } from '../../../../src/lib/summarizer/graph-walk/graph.js';
import { readFields, readPacked, WireError } from '../../../../src/lib/summarizer/graph-walk/protobuf.js';
import { refuseUnsafeGraph } from '../../../../src/lib/summarizer/graph-walk/refuse-unsafe-model.js';
import { Refusal, Walk } from '../../../../src/lib/summarizer/graph-walk/walk.js';
import { describeSafeModel } from '../../../../src/lib/summarizer/model-facts.js';
import { createSummarizer } from '../../../../src/lib/summarizer/summarizer.js';
import {
  attribute,
  constant,
  encode,
  field,
  graphMessage,
  graphOf,
  int64s,
  type Message,
  node,
  valueInfo,
  withGraph,
} from '../../../support/onnx-graph.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { FLOAT, STRING, draws, walk, refuses, bare, model, branch } from '../../../support/walked-graph.js';

const INT64 = 7;

describe('the walk over the messages of a model', () => {
  const work = useTemporaryDirectory();

  const kept = constant('y', INT64, [1], int64s([1]));
  const refusedModels: Readonly<Record<string, readonly [RegExp, () => Buffer]>> = {
    'without a graph': [/no graph/, () => encode([field(1, 8), field(2, 'a producer')])],
    'with two graphs': [
      /two graphs/,
      () => Buffer.concat([model([kept]), encode([field(7, graphMessage(bare([draws])))])]),
    ],
    'with a function of its own': [
      /functions/,
      () => Buffer.concat([model([kept]), encode([field(25, 'f')])]),
    ],
    'with training': [/known/, () => Buffer.concat([model([kept]), encode([field(20, 't')])])],
    'with settings for the runtime': [
      /settings/,
      () =>
        Buffer.concat([model([kept]), encode([field(14, encode([field(1, 'ort_config'), field(2, '{}')]))])]),
    ],
    "in onnxruntime's own format under a name of ONNX": [
      /own format/,
      () => Buffer.concat([Buffer.from([0x12, 0x06, 0, 0]), Buffer.from('ORTM'), model([kept])]),
    ],
    'with a number where a graph has messages': [
      /another form/,
      () => modelOf([field(2, 'a_graph'), field(1, 7)]),
    ],
    'with a number where an operator has names': [
      /another form/,
      () => model([[...node('Add', ['x'], ['y'], []), field(3, 7)]]),
    ],
    'with a field of an operator that nobody knows': [
      /not known/,
      () => model([[...node('Add', ['x'], ['y'], []), field(12, 'x')]]),
    ],
    'with a constant without a value': [
      /no value/,
      () => model([node('Constant', [], ['y'], [encode([field(1, 'value'), field(20, 4)])])]),
    ],
    'with a constant whose value is a number': [
      /no value/,
      () => model([node('Constant', [], ['y'], [encode([field(1, 'value'), field(5, 7), field(20, 4)])])]),
    ],
    'with sparse weights': [/known/, () => modelOf([field(2, 'a_graph'), field(15, 's')])],
    'with an attribute twice': [
      /twice/,
      () => model([node('Concat', ['x'], ['y'], [attribute('axis', 2, 3, 0), attribute('axis', 2, 3, 1)])]),
    ],
    'with an attribute of two values': [
      /two values/,
      () =>
        model([
          node('Concat', ['x'], ['y'], [encode([field(1, 'axis'), field(3, 0), field(3, 1), field(20, 2)])]),
        ]),
    ],
    'with a graph behind a number': [
      /two values/,
      () =>
        model([
          node(
            'If',
            ['x'],
            ['y'],
            [encode([field(1, 'then_branch'), field(3, 0), field(6, branch([draws])), field(20, 2)])],
          ),
        ]),
    ],
    'with an attribute of a function': [
      /known/,
      () => model([node('Concat', ['x'], ['y'], [encode([field(1, 'axis'), field(20, 2), field(21, 'a')])])]),
    ],
    'with an attribute without a kind': [
      /kind/,
      () => model([node('Concat', ['x'], ['y'], [encode([field(1, 'axis'), field(3, 0)])])]),
    ],
    'with an operator of two names': [
      /two names/,
      () => model([[...node('Add', ['x'], ['y'], []), field(4, 'Loop')]]),
    ],
    'with an operator that means a function': [
      /function/,
      () => model([[...node('Add', ['x'], ['y'], []), field(8, 'f')]]),
    ],
    'with an input that is no tensor': [
      /no tensor/,
      () => model([kept], { inputs: [encode([field(1, 'x'), field(2, encode([field(4, 's')]))])] }),
    ],
    'with an input of texts': [/number type/, () => model([kept], { inputs: [valueInfo('x', STRING, [1])] })],
    'with an input of an endless dimension': [
      /dimension/,
      () => model([kept], { inputs: [valueInfo('x', FLOAT, [2 ** 30])] }),
    ],
    'with an input of nine dimensions': [
      /dimensions/,
      () =>
        model([kept], {
          inputs: [
            valueInfo(
              'x',
              FLOAT,
              Array.from({ length: 9 }, () => 1),
            ),
          ],
        }),
    ],
    'with a name that is longer than names are': [
      /longer/,
      () => model([node('A'.repeat(2000), ['x'], ['y'], [])]),
    ],
    'with too many inputs of an operator': [
      /inputs/,
      () =>
        model([
          node(
            'Concat',
            Array.from({ length: 5000 }, () => 'x'),
            ['y'],
            [],
          ),
        ]),
    ],
    'with too many attributes of an operator': [
      /attributes/,
      () =>
        model([
          node(
            'Concat',
            ['x'],
            ['y'],
            Array.from({ length: 40 }, (_, at) => attribute(`a${at}`, 2, 3, 0)),
          ),
        ]),
    ],
    'that ends inside of a field': [/past the end/, () => model([kept]).subarray(0, -3)],
    'with a length that is not in its shortest form': [
      /shortest/,
      () => Buffer.concat([model([kept]), Buffer.from([0x32, 0x80, 0x00])]),
    ],
    'with a group': [/wire type/, () => Buffer.concat([model([kept]), Buffer.from([0x33, 0x34])])],
    'with a field without a number': [
      /number/,
      () => Buffer.concat([model([kept]), Buffer.from([0x02, 0x00])]),
    ],
    'with a number of more than 64 bits': [
      /64 bits/,
      () => Buffer.concat([model([kept]), Buffer.from([0x08]), Buffer.alloc(10, 0xff), Buffer.from([1])]),
    ],
    'that is empty': [/no graph/, () => Buffer.alloc(0)],
  };
  for (const [what, [reason, make]] of Object.entries(refusedModels))
    it(`refuses a model ${what}`, () => {
      refuses(make(), reason);
    });

  it('takes what says nothing: the value of a note, and a name for what a type means', () => {
    const note = encode([field(14, encode([field(1, 'author'), field(2, 'ort_config')]))]);
    walk(Buffer.concat([model([kept]), note]));
    const type = encode([field(1, encode([field(1, FLOAT)])), field(6, 'IMAGE')]);
    walk(model([kept], { inputs: [encode([field(1, 'x'), field(2, type)])] }));
  });

  it('reads a message within its bounds: no number past its end, none of 65 bits, no list without end', () => {
    const fieldsOf = (bytes: readonly number[], to: number) => [
      ...readFields(memorySource(Uint8Array.from(bytes)), { from: 0, to }),
    ];
    assert.throws(() => fieldsOf([0x08, 0x80, 0x01], 2), /cut off/);
    assert.throws(() => fieldsOf([0x08, 0x01], 9), /past the end/);
    assert.throws(() => fieldsOf([0x08, ...Array.from({ length: 9 }, () => 0xff), 0x02], 11), /64 bits/);
    assert.equal(fieldsOf([0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01], 11).length, 1);
    const list = memorySource(Uint8Array.from([1, 2, 3]));
    assert.deepEqual([...readPacked(list, { from: 0, to: 3 }, 3)], [1n, 2n, 3n]);
    assert.throws(() => [...readPacked(list, { from: 0, to: 3 }, 2)], /longer than 2/);
  });

  it('is bounded: no file over 2 GiB, and no more fields and operators than a large model has', () => {
    const size = 2 ** 31;
    assert.throws(() => walkModel({ size, window: () => new Uint8Array(0) }), /larger than 2 GiB/);
    const walk = new Walk(memorySource(new Uint8Array(0)));
    for (let field = 0; field < 2_000_000; field++) walk.step();
    assert.throws(() => walk.step(), Refusal);
    for (let operator = 0; operator < 100_000; operator++) walk.countNode();
    assert.throws(() => walk.countNode(), Refusal);
  });

  it('ends, whatever the bytes are: passed, refused, or no message', () => {
    const seeds = ['t5-int8-merged', 'bart-q4-qdq-encoder'].map((name) =>
      readFileSync(`test/vectors/graphs/${name}.onnx`),
    );
    const change = fc.record({
      at: fc.nat(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
      cut: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (seed, changes) => {
          let bytes = Buffer.from(seed);
          for (const { at, bytes: put, cut } of changes) {
            const place = at % bytes.length;
            if (cut) bytes = bytes.subarray(0, place + 1);
            else bytes.set(put.subarray(0, bytes.length - place), place);
          }
          ends(bytes);
        },
      ),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), ends));
  });

  it('reads a file by windows as it reads bytes in memory', () => {
    const large = model([kept], {
      initializers: [encode([field(1, 300_000), field(2, FLOAT), field(9, Buffer.alloc(1_200_000))])],
    });
    const path = join(work(), 'large.onnx');
    writeFileSync(path, large);
    refuseUnsafeGraph(path);
    writeFileSync(path, Buffer.concat([large, encode([field(25, 'f')])]));
    assert.throws(() => refuseUnsafeGraph(path), { code: 'MODEL_REFUSED' });
  });

  it('stands before the runtime: a model that draws lots and would run is not loaded (I24)', async () => {
    const directory = join(work(), 'draws');
    cpSync('test/fixtures/models/t5-tiny', directory, { recursive: true });
    const path = join(directory, 'onnx/encoder_model.onnx');
    const whole = readFileSync(path);
    const graph = graphOf(whole);
    const shape = encode([field(1, 'shape'), field(8, 1), field(20, 7)]);
    const lots = node('RandomUniform', [], ['lots'], [shape]);
    writeFileSync(path, withGraph(whole, { ...graph, nodes: [...graph.nodes, lots] }));
    await assert.rejects(createSummarizer({ modelDirectory: directory }), {
      code: 'MODEL_REFUSED',
      message: /RandomUniform/,
    });
    await assert.rejects(describeSafeModel(directory), { code: 'MODEL_REFUSED' });
    /* Another digest is said first: nothing of a model that nobody agreed on is looked at. */
    const expectedDigest = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(createSummarizer({ modelDirectory: directory, expectedDigest }), {
      code: 'MODEL_DIGEST_MISMATCH',
    });
  });
});

function ends(bytes: Uint8Array): void {
  try {
    walk(bytes);
  } catch (error) {
    assert.ok(error instanceof Refusal || error instanceof WireError, String(error));
  }
}

function modelOf(graph: Message): Buffer {
  return encode([field(1, 8), field(7, encode(graph))]);
}

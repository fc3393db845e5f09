// The walk over a model: which operators and tensors it lets through.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAllowedOperator } from '../../../../src/lib/summarizer/graph-walk/operators.js';
import { refuseUnsafeGraph } from '../../../../src/lib/summarizer/graph-walk/refuse-unsafe-model.js';
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  attribute,
  encode,
  type Field,
  field,
  type Message,
  node,
} from '../../../support/onnx-graph.js';
import { FLOAT, STRING, draws, walk, refuses, model, branch } from '../../../support/walked-graph.js';

describe('the walk over a model', () => {
  it('lets every graph through that optimum, torch and the quantizers made of T5 and BART', () => {
    const files = ['models', 'test/vectors', 'test/fixtures'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(folder, name)),
    );
    assert.ok(files.length >= 20, `${files.length} graphs`);
    for (const file of files) refuseUnsafeGraph(file);
  });

  it('knows every operator that was seen in an export', () => {
    const seen = JSON.parse(readFileSync('test/vectors/graphs/operators.json', 'utf8')) as Record<
      string,
      string
    >;
    const all = [...new Set(Object.values(seen).flatMap((names) => names.split(' ')))];
    assert.ok(all.length > 45 && Object.keys(seen).length > 60);
    const unknown = all.filter((name) => {
      const colon = name.indexOf(':');
      return !isAllowedOperator(name.slice(0, colon), name.slice(colon + 1));
    });
    assert.deepEqual(unknown, []);
  });

  for (const operator of [
    'RandomUniform',
    'RandomUniformLike',
    'RandomNormal',
    'RandomNormalLike',
    'Multinomial',
    'Bernoulli',
    'Dropout',
    'Loop',
    'Scan',
    'SequenceMap',
    'Optional',
    'StringConcat',
    'RegexFullMatch',
    'ImageDecoder',
    'constructor',
    '',
  ]) {
    it(`refuses the operator ${operator === '' ? 'without a name' : operator} (I24)`, () => {
      refuses(model([node(operator, ['x'], ['y'], [])]), /it has the operator/);
    });
  }

  for (const domain of [
    'ai.onnx.ml',
    'ai.onnx.training',
    'com.microsoft.nchwc',
    'org.pytorch.aten',
    'own',
    'AI.ONNX',
  ])
    it(`refuses operators of the domain ${domain}`, () => {
      refuses(model([[...node('Add', ['x', 'x'], ['y'], []), field(7, domain)]]), /of the domain/);
    });

  it('takes operators of com.microsoft from one list', () => {
    const of = (operator: string): Buffer =>
      model([[...node(operator, ['x'], ['y'], []), field(7, 'com.microsoft')]]);
    walk(of('MatMulNBits'));
    for (const operator of [
      'Sampling',
      'BeamSearch',
      'GreedySearch',
      'BifurcationDetector',
      'Tokenizer',
      'EPContext',
      'If',
      'Add',
    ])
      refuses(of(operator), /com\.microsoft/);
  });

  it('walks the branches of If, and the branches within them', () => {
    walk(model([choice(branch([node('Add', ['x', 'x'], ['y'], [])]))]));
    refuses(model([choice(branch([draws]))]), /RandomUniform/);
    refuses(model([choice(branch([choice(branch([choice(branch([draws]))]))]))]), /RandomUniform/);
  });

  it('refuses branches that are nested for ever', () => {
    let inner = branch([node('Add', ['x', 'x'], ['y'], [])]);
    for (let depth = 0; depth < 2000; depth++) inner = branch([choice(inner)]);
    refuses(model([choice(inner)]), /deep/);
  });

  it('refuses a graph anywhere but in the branches of If', () => {
    const graph = branch([draws]);
    const body = (name: string): Buffer => attribute(name, ATTRIBUTE_TYPE.graph, ATTRIBUTE.g, graph);
    refuses(model([node('Add', ['x'], ['y'], [body('then_branch')])]), /graph within/);
    refuses(model([node('If', ['x'], ['y'], [body('body')])]), /graph within/);
    refuses(
      model([node('If', ['x'], ['y'], [encode([field(1, 'then_branch'), field(11, graph), field(20, 10)])])]),
      /known/,
    );
  });
});

describe('the walk over the tensors of a model', () => {
  const raw = Buffer.alloc(8);
  const tensor = (fields: readonly Field[]): readonly Message[] => [
    node('Constant', [], ['y'], [attribute('value', ATTRIBUTE_TYPE.tensor, ATTRIBUTE.t, encode(fields))]),
  ];
  const refusedTensors: Readonly<Record<string, readonly [RegExp, readonly Field[]]>> = {
    'with numbers in another file': [/another file/, [field(1, 2), field(2, FLOAT), field(14, 1)]],
    'with the place of another file': [
      /another file/,
      [
        field(1, 2),
        field(2, FLOAT),
        field(9, raw),
        field(13, encode([field(1, 'location'), field(2, '/etc/passwd')])),
      ],
    ],
    'with a location that is cut to 32 bits elsewhere': [
      /another file/,
      [field(1, 2), field(2, FLOAT), field(14, 2 ** 32 + 1)],
    ],
    'of texts': [/number type/, [field(1, 1), field(2, STRING)]],
    'without a type': [/number type/, [field(1, 1), field(9, raw)]],
    'with fewer bytes than its shape says': [/its shape/, [field(1, 3), field(2, FLOAT), field(9, raw)]],
    'with more bytes than its shape says': [/its shape/, [field(1, 1), field(2, FLOAT), field(9, raw)]],
    'with an endless dimension': [/too large/, [field(1, 2 ** 40), field(2, FLOAT)]],
    'with nine dimensions': [
      /dimensions/,
      [...Array.from({ length: 9 }, () => field(1, 1)), field(2, FLOAT)],
    ],
    'with two types': [/twice/, [field(1, 2), field(2, FLOAT), field(2, STRING), field(9, raw)]],
    'with text data': [/known/, [field(1, 1), field(2, FLOAT), field(6, 'text')]],
    'in segments': [/known/, [field(1, 2), field(2, FLOAT), field(3, encode([field(1, 1)]))]],
    'with a megabyte of numbers that are not raw': [
      /not raw/,
      [field(1, 2), field(2, FLOAT), field(4, Buffer.alloc(2 ** 20 + 4))],
    ],
  };
  for (const [what, [reason, fields]] of Object.entries(refusedTensors))
    it(`refuses a tensor ${what}, as a weight and in a node`, () => {
      refuses(model(tensor(fields)), reason);
      refuses(model([], { initializers: [encode(fields)] }), reason);
    });
});

function choice(then: Buffer): Message {
  return node(
    'If',
    ['x'],
    ['y'],
    [
      attribute('then_branch', ATTRIBUTE_TYPE.graph, ATTRIBUTE.g, then),
      attribute('else_branch', ATTRIBUTE_TYPE.graph, ATTRIBUTE.g, branch([])),
    ],
  );
}

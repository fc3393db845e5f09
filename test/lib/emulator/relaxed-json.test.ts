// Deployment bodies as ARM takes them.

import assert from 'node:assert/strict';

import { relaxedJson } from '../../../src/lib/emulator/resource-manager/deployments/relaxed-json.js';

describe('a deployment’s body', () => {
  const read = (text: string): unknown => JSON.parse(relaxedJson(text));

  it('may have comments, bare names and commas too many', () => {
    assert.deepEqual(read('{properties: {"a": 1, // one\n template:{"b": [1, 2,], /* two */ },}}'), {
      properties: { a: 1, template: { b: [1, 2] } },
    });
  });

  it('keeps every text as it is', () => {
    const text = {
      url: 'https://a/*b*/',
      comma: ',}',
      quoted: '"x": y: //',
      slash: '\\',
      "[if(equals(1,1),'a: b','c')]": 1,
    };
    assert.deepEqual(read(JSON.stringify(text)), text);
  });

  it('that is no JSON stays none, and is looked through in one go', () => {
    for (const text of ['{"a', '{a', '/*', '"\\', '{"a":1} /* x'])
      assert.throws(() => JSON.parse(`${relaxedJson(text)}!`), SyntaxError);
    for (const piece of ['/*', 'a', '"\\', ', ', 'a ', '"']) {
      const cpu = process.cpuUsage();
      relaxedJson(piece.repeat(100_000));
      assert.ok(process.cpuUsage(cpu).user < 2e6, piece);
    }
  });
});

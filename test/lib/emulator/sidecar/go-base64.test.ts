// The stand-in's base64, held against what Microsoft's sidecar (source of 2025-12-12, Go 1.26) answered.

import assert from 'node:assert/strict';

import { readGoBase64 } from '../../../../src/lib/emulator/sidecar/go-base64.js';

describe('base64 as a Go program reads it', () => {
  const read = (text: string): string | number => {
    const answer = readGoBase64(text);
    if (answer.kind === 'bytes') return Buffer.from(answer.bytes).toString('latin1');
    return Number(/^illegal base64 data at input byte (\d+)$/.exec(answer.message)?.[1] ?? Number.NaN);
  };

  it('takes line breaks anywhere, and bits behind the end', () => {
    for (const [text, expected] of [
      ['', ''],
      ['YWJj', 'abc'],
      ['YQ==', 'a'],
      ['Y\nWJ\r\nj', 'abc'],
      ['YQ=\n=\n', 'a'],
      ['YR==', 'a'],
      ['\n', ''],
    ] as const)
      assert.equal(read(text), expected, JSON.stringify(text));
  });

  it('names the byte at which it stops', () => {
    for (const [text, expected] of [
      ['a*b', 1],
      ['YQ', 0],
      ['YWJjY', 4],
      ['YQ=', 3],
      ['=', 0],
      ['Y=Q=', 1],
      ['YQ=x', 2],
      ['YQ==x', 4],
      ['YWI=x', 4],
      ['YWJj\r\n*', 6],
      ['YWJj\r\né', 6],
      ['-_', 0],
    ] as const)
      assert.equal(read(text), expected, JSON.stringify(text));
  });
});

// A tokenizer must count what it writes.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  countedTokens,
  MAX_CHARACTERS_A_TOKEN,
  requireRoundTrip,
} from '../../../src/lib/summarizer/tokenizer-round-trip.js';
import { loadTokenizer } from '../../../src/lib/summarizer/tokenizer.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const VOCABULARY = new Map(Array.from({ length: 1000 }, (_, id) => [`word${id}`, id]));
const honest = {
  vocabulary: VOCABULARY,
  decode: (ids: readonly number[]) => ids.map((id) => `word${id}`).join(' '),
  encode: (text: string) => text.split(' ').map((word) => Number(word.slice(4))),
};
const REFUSED = { code: 'MODEL_REFUSED' } as const;

describe('a tokenizer', () => {
  const work = useTemporaryDirectory();

  it('that counts what it writes is taken', () => {
    requireRoundTrip('tokenizer.json', honest);
  });

  it('that counts text as nothing is refused (I23)', () => {
    assert.throws(() => requireRoundTrip('tokenizer.json', { ...honest, encode: () => [] }), REFUSED);
  });

  it('that reads another text than it wrote is refused (I23)', () => {
    const decode = (ids: readonly number[]): string => ids.map((id) => 'w'.repeat(id + 1)).join(' ');
    const encode = (): readonly number[] => [3];
    assert.throws(() => requireRoundTrip('tokenizer.json', { ...honest, decode, encode }), REFUSED);
  });

  it('with a token that stands for a page is refused (I23)', () => {
    const decode = (): string => 'w'.repeat(MAX_CHARACTERS_A_TOKEN + 1);
    assert.throws(
      () => requireRoundTrip('tokenizer.json', { ...honest, decode, encode: () => [0] }),
      REFUSED,
    );
  });

  it('is not believed a count below what its longest token could be', () => {
    assert.equal(countedTokens(0, 'x'.repeat(MAX_CHARACTERS_A_TOKEN * 3 + 1)), 4);
    assert.equal(countedTokens(7, 'a b c'), 7);
    assert.equal(countedTokens(0, ''), 0);
  });

  it('is held to that when a model is loaded: a decoder that writes more than was counted (I23)', async () => {
    const directory = join(work(), 'model');
    cpSync('test/fixtures/models/t5-tiny', directory, { recursive: true });
    const path = join(directory, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(path, 'utf8')) as { decoder: unknown };
    const writesMore = {
      type: 'Replace',
      pattern: { Regex: '[a-z]' },
      content: 'a whole page of it. '.repeat(20),
    };
    tokenizer.decoder = { type: 'Sequence', decoders: [tokenizer.decoder, writesMore] };
    writeFileSync(path, JSON.stringify(tokenizer));
    await assert.rejects(loadTokenizer(directory), REFUSED);
  });
});

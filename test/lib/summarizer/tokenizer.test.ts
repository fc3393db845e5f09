// The tokenizer package alone gives the token ids that transformers.js gives.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { BartTokenizer, T5Tokenizer } from '@huggingface/transformers';

import { loadTokenizer } from '../../../src/lib/summarizer/tokenizer.js';

interface Pair {
  readonly text: string;
  readonly summary: string;
}
const PAIRS = JSON.parse(readFileSync('test/fixtures/sample-pairs.json', 'utf8')) as readonly Pair[];
const TEXTS = [
  ...PAIRS.flatMap(({ text, summary }) => [text, summary]),
  readFileSync('templates/demo/brief.txt', 'utf8'),
  'Der Verein trifft sich am 3. März um 19:30 Uhr; Gäste zahlen 4,50 €.',
  "L'assemblée a voté à 12 voix contre 3 : « c'est décidé ».",
  'El número de asistentes pasó de 1.200 a 3.400.',
  'tabs\tand\n\nblank lines   and   spaces ',
  'emoji 👩‍💻 and 汉字, кириллица, العربية',
  'e\u0301 decomposed and \u200b invisible',
];

describe('tokenizer', () => {
  for (const [model, Peer] of [
    ['models/t5-demo', T5Tokenizer],
    ['models/bart-demo', BartTokenizer],
    ['test/fixtures/models/t5-tiny', T5Tokenizer],
    ['test/fixtures/models/bart-tiny', BartTokenizer],
  ] as const) {
    it(`of ${model} counts, encodes and decodes as transformers.js does`, async () => {
      const read = (name: string): unknown => JSON.parse(readFileSync(`${model}/${name}`, 'utf8'));
      const peer = new Peer(read('tokenizer.json'), read('tokenizer_config.json'));
      const ours = await loadTokenizer(model);
      for (const text of TEXTS) {
        const ids = peer.encode(`summarize: ${text}`);
        assert.deepEqual(ours.encode(text, 'summarize: '), ids);
        assert.equal(ours.count(text), peer.encode(text, { add_special_tokens: false }).length);
        assert.equal(ours.decode(ids), peer.decode(ids, { skip_special_tokens: true }).trim());
      }
    });
  }

  it('breaks up what a text spells like the end of the input', async () => {
    const tokenizer = await loadTokenizer('models/t5-demo');
    const end = tokenizer.encode('', '').at(-1);
    const ids = tokenizer.encode('One.</s> Two.', '');
    assert.deepEqual(
      ids.flatMap((id, index) => (id === end ? [index] : [])),
      [ids.length - 1],
    );
  });
});

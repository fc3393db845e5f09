// A tokenizer.json of parts that none of T5 and BART has is refused before any of it runs.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { requireKnownParts } from '../../../src/lib/summarizer/tokenizer-parts.js';
import { loadTokenizer } from '../../../src/lib/summarizer/tokenizer.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

/* As T5 v1.1 and BART have them in the published tokenizer.json files. */
const T5 = {
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Precompiled', precompiled_charsmap: 'AA==' },
      { type: 'Strip', strip_left: false, strip_right: true },
      { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Metaspace', replacement: '▁' }],
  },
  post_processor: { type: 'TemplateProcessing', single: [], pair: [], special_tokens: {} },
  decoder: { type: 'Metaspace', replacement: '▁' },
  added_tokens: [{ id: 0, content: '<pad>', special: true }],
  model: { type: 'Unigram', unk_id: 0, vocab: [['<pad>', 0]] },
} as const;
const BART = {
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel' },
  post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0] },
  decoder: { type: 'ByteLevel' },
  added_tokens: [],
  model: { type: 'BPE', vocab: { '<s>': 0 }, merges: [] },
} as const;

const PAGE = 'w'.repeat(257);
const replaces = (pattern: object, content: unknown) => ({ type: 'Replace', pattern, content });

/* Each beside what the host would have of it. */
const REFUSED: readonly (readonly [string, object])[] = [
  ['a pattern that never ends', { normalizer: replaces({ Regex: '(a+)+$' }, '') }],
  ['a pattern that takes a page for one letter', { normalizer: replaces({ Regex: '[\\s\\S]{1,80}' }, 'x') }],
  ['a word in the place of another', { normalizer: replaces({ String: 'confidential' }, 'x') }],
  ['a letter that becomes two', { decoder: replaces({ String: 'a' }, 'aa') }],
  ['what was matched, twice', { decoder: replaces({ Regex: '\\s+' }, '$&$&') }],
  ['an empty pattern', { decoder: replaces({ String: '' }, 'x') }],
  ['two patterns in one', { decoder: replaces({ String: 'a', Regex: '(a+)+$' }, 'x') }],
  ['a pattern of another kind', { decoder: replaces({ Glob: 'a' }, 'x') }],
  ['a Replace without a content', { decoder: replaces({ String: 'a' }, undefined) }],
  ['a normalizer that writes before each text', { normalizer: { type: 'Prepend', prepend: PAGE } }],
  ['a splitter with a pattern', { pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' } } }],
  ['a pre-tokenizer that replaces', { pre_tokenizer: replaces({ Regex: 'a' }, PAGE) }],
  ['a decoder that drops repeats', { decoder: { type: 'CTC' } }],
  ['a decoder that adds', { decoder: { type: 'WordPiece', prefix: '' } }],
  ['a part of a part', { decoder: { type: 'Sequence', decoders: [{ type: 'Sequence', decoders: [] }] } }],
  ['a sequence of nothing', { decoder: { type: 'Sequence' } }],
  ['a part without a type', { decoder: {} }],
  ['a part that is no object', { decoder: { type: 'Sequence', decoders: ['Fuse'] } }],
  [
    'more parts than there are kinds of',
    { decoder: { type: 'Sequence', decoders: Array.from({ length: 17 }, () => ({ type: 'Fuse' })) } },
  ],
  ['a normalizer in the place of the decoder', { decoder: { type: 'Lowercase' } }],
  ['a model of another kind', { model: { type: 'WordLevel', vocab: { a: 0 } } }],
  ['a model without a kind', { model: { vocab: { a: 0 } } }],
  ['no model', { model: null }],
  ['a token of the vocabulary that is a page', { model: { type: 'Unigram', vocab: [[PAGE, 0]] } }],
  ['the same of BPE', { model: { type: 'BPE', vocab: { [PAGE]: 0 } } }],
  ['an added token that is a page', { added_tokens: [{ id: 9, content: PAGE, special: false }] }],
  ['a special one', { added_tokens: [{ id: 9, content: PAGE, special: true }] }],
  [
    'tokens added without end',
    { added_tokens: Array.from({ length: 4097 }, (_, id) => ({ id, content: 'a' })) },
  ],
];

describe('the parts of a tokenizer', () => {
  const work = useTemporaryDirectory();

  it('are those of T5 and BART', () => {
    requireKnownParts('tokenizer.json', T5);
    requireKnownParts('tokenizer.json', BART);
    const emoji = { type: 'Unigram', vocab: [['\u{1F600}'.repeat(256), 0]] };
    requireKnownParts('tokenizer.json', { ...T5, model: emoji });
  });

  for (const [what, changes] of REFUSED)
    it(`I23: are refused with ${what}`, () => {
      assert.throws(() => requireKnownParts('tokenizer.json', { ...T5, ...changes }), {
        code: 'MODEL_REFUSED',
      });
      assert.throws(() => requireKnownParts('tokenizer.json', { ...BART, ...changes }), {
        code: 'MODEL_REFUSED',
      });
    });

  it('are no object at all: refused, not failed at', () => {
    for (const value of [null, [], 'text', 1, {}])
      assert.throws(() => requireKnownParts('tokenizer.json', value), { code: 'MODEL_REFUSED' });
  });

  it('X8: are looked at before one of them is made: a pattern that would never end', async () => {
    const directory = join(work(), 'model');
    cpSync('test/fixtures/models/t5-tiny', directory, { recursive: true });
    const path = join(directory, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(path, 'utf8')) as object;
    const normalizer = replaces({ Regex: '^(([a-z])+.)+[A-Z]([a-z])+$' }, '');
    writeFileSync(path, JSON.stringify({ ...tokenizer, normalizer }));
    await assert.rejects(loadTokenizer(directory), { code: 'MODEL_REFUSED' });
  });
});

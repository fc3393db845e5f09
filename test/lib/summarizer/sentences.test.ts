import assert from 'node:assert/strict';

import { splitChunks } from '../../../src/lib/summarizer/chunks.js';
import { splitSentences } from '../../../src/lib/summarizer/sentences.js';

function sentences(text: string): readonly string[] {
  return splitSentences(text).map((sentence) => sentence.text);
}

describe('sentences', () => {
  const languages: Record<string, readonly string[]> = {
    English: [
      'Dr. Berg met Mr. J. Smith at 5 p.m. in the U.S. office.',
      'It cost $3.50, i.e. little.',
      'Why?',
    ],
    German: ['Am 3. Oktober kam Hr. Dr. Weber, z.B. mit Nr. 5 aus Bd. 2.', 'Das war gut.'],
    French: ['M. Dupont habite av. Foch.', '« Bonjour ! » dit-il.', 'Il part.'],
    Spanish: ['El Sr. Gil vive en EE.UU. desde ayer.', '¿Por qué?', 'No sé.'],
    Russian: ['Он живёт на ул. Ленина.', 'Это всё.'],
    Greek: ['Τι κάνεις;', 'Καλά.'],
    Chinese: ['今天发布了报告。', '价格是多少？', '明天见！'],
    Japanese: ['報告書です。', '明日会いましょう。'],
    Hindi: ['यह एक वाक्य है।', 'यह दूसरा है।'],
    Arabic: ['هذا تقرير.', 'هل هو جديد؟', 'نعم.'],
  };
  for (const [language, expected] of Object.entries(languages)) {
    it(`are found in ${language}`, () => {
      const separator = /Chinese|Japanese/.test(language) ? '' : ' ';
      assert.deepEqual(sentences(expected.join(separator)), expected);
    });
  }

  it('undo hard line breaks, and keep list items and table rows apart', () => {
    const text =
      'A first line\nthat goes on.\n\n- one\n- two\n1. three\n| a | b |\n| 1 | 2 |\nname\tvalue\n# Title';
    assert.deepEqual(sentences(text), [
      'A first line that goes on.',
      '- one',
      '- two',
      '1. three',
      '| a | b |',
      '| 1 | 2 |',
      'name value',
      '# Title',
    ]);
  });

  it('II1: come out of a line of a megabyte without a space, or of control characters, in bounded time', () => {
    const line = 'x'.repeat(1_000_000);
    assert.equal(sentences(line).join('').length, line.length);
    assert.doesNotThrow(() => sentences('\0\u001b[2J\u202e'.repeat(10_000)));
  });

  it('are the same in every locale of the machine', () => {
    assert.deepEqual(sentences('One. Two.'), ['One.', 'Two.']);
  });
});

describe('chunks', () => {
  const count = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;

  it('are the text itself where it fits', async () => {
    assert.deepEqual(await splitChunks('  One. Two.  ', { limit: 10, count }), ['One. Two.']);
  });

  it('keep within the limit, end at sentences, and hold every sentence', async () => {
    const text = Array.from({ length: 60 }, (_, index) => `Sentence number ${index} is here now.`).join(' ');
    const chunks = await splitChunks(text, { limit: 50, count });
    assert.ok(chunks.length > 6);
    for (const chunk of chunks) {
      assert.ok(count(chunk) <= 50);
      assert.match(chunk, /now\.$/);
    }
    for (let index = 0; index < 60; index++)
      assert.ok(chunks.some((chunk) => chunk.includes(`number ${index} is`)));
  });

  it('repeat the last sentence inside a paragraph, and nothing at its border', async () => {
    const sentence = (index: number): string => `Sentence number ${index} is here now.`;
    const inside = await splitChunks(Array.from({ length: 20 }, (_, index) => sentence(index)).join(' '), {
      limit: 60,
      count,
    });
    assert.ok(inside.slice(1).every((chunk, index) => inside[index]!.endsWith(chunk.split('. ')[0]! + '.')));
    const apart = await splitChunks(Array.from({ length: 20 }, (_, index) => sentence(index)).join('\n\n'), {
      limit: 60,
      count,
    });
    assert.equal(apart.join(' ').match(/Sentence/g)!.length, 20);
  });

  it('are about equally large', async () => {
    const text = Array.from({ length: 21 }, (_, index) => `Sentence number ${index} is here now.`).join(
      '\n\n',
    );
    const sizes = (await splitChunks(text, { limit: 60, count })).map(count);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 24, String(sizes));
  });

  it('II1: cut a sentence that is longer than a chunk, at spaces and where there are none', async () => {
    const words = await splitChunks('word '.repeat(1000), { limit: 50, count });
    assert.ok(words.every((chunk) => count(chunk) <= 50));
    assert.equal(words.join(' ').match(/word/g)!.length, 1000);
    const letters = await splitChunks('y'.repeat(5000), { limit: 50, count: (text) => text.length });
    assert.ok(letters.every((chunk) => chunk.length <= 50));
    assert.equal(letters.join('').length, 5000);
  });
});

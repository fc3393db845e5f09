import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { findFailure, type ModelOutput } from '../../../src/lib/summarizer/output-signs.js';
import { isSplice } from '../../../src/lib/summarizer/splice.js';

const SOURCE =
  'Aurora Ledger keeps accounts for cooperatives. It answers queries from a replicated store, and the accounts can be rebuilt from the journal alone. ' +
  'The members meet on 3 March, and 1,200 of them have signed.';

function judge(text: string, over: Partial<ModelOutput> = {}): string | null {
  const isWord = (word: string): boolean => ['ledger', 'members', 'sign', 'people'].includes(word);
  return findFailure({ text, source: SOURCE, meanLogProbability: -0.2, ended: true, isWord, ...over });
}

describe("signs of failure in a model's text", () => {
  for (const good of [
    'Aurora Ledger keeps accounts for cooperatives.',
    "The members didn't meet, and 1,200 people signed.",
    'Accounts can be rebuilt from the journal alone',
    'The members meet on 3 March.',
  ])
    it(`are not seen in ${JSON.stringify(good)}`, () => {
      assert.equal(judge(good), null);
    });

  it('are not seen in a short sentence whose function words two languages share', () => {
    const source =
      'Estimados compañeros: el técnico encontró un virus que había llegado en un correo. Si tenéis dudas, llamad a la extensión 220.';
    assert.equal(judge('Si tenéis dudas, llamad a la extensión 220.', { source }), null);
  });

  const bad: readonly (readonly [string, string, Partial<ModelOutput>?])[] = [
    ['empty', ' …'],
    ['unknown-words', 'Aurora Ledger keeps weeks late weeee wee.'],
    ['unknown-words', 'zuuuelelel keeps accounts'],
    ['wrong-numbers', 'The members meet on 4 March.'],
    ['wrong-numbers', '1,300 of them have signed.'],
    ['wrong-numbers', 'Of the members 1 have signed.'],
    ['wrong-numbers', 'El museo cerró con 412.', { source: 'El museo cerró con 412.000 visitantes.' }],
    ['repetition', 'It answers queries from a a replicated store.'],
    ['repetition', 'Accounts for cooperatives accounts for cooperatives.'],
    ['repetition', 'Cooperatives keep accounts for cooperatives.'],
    ['cut-off', 'The members meet and the accounts can be rebui.'],
    ['cut-off', 'Aurora Ledger keeps accounts for', { ended: false }],
    ['cut-off', 'Die Mitglieder stimmen am 3.', { source: 'Die Mitglieder stimmen am 3. März ab.' }],
    [
      'other-language',
      'The members of it and the people that are in this are for them.',
      {
        source:
          'Die members und people der ledger sind mit den members für das, was sie für sich nicht haben.',
      },
    ],
    ['improbable', 'Aurora Ledger keeps accounts.', { meanLogProbability: -2.4 }],
  ];
  for (const [sign, text, over] of bad)
    it(`are seen in ${JSON.stringify(text)}: ${sign}`, () => {
      assert.equal(judge(text, over), sign);
    });
});

describe('a splice', () => {
  const brief = [
    'Aurora Ledger answers queries from a replicated store.',
    'Every change is written to a journal first.',
    'The replicated store can be rebuilt from the journal alone.',
    'It runs on three machines.',
  ];

  it('is the subject of one sentence with the predicate of another', () => {
    assert.ok(isSplice('Aurora Ledger answers queries from the journal alone.', brief));
    assert.ok(isSplice('Every change is written to a replicated store.', brief));
  });

  it('is no sentence of the source, nor one shortened', () => {
    for (const sentence of brief) assert.ok(!isSplice(sentence, brief));
    assert.ok(!isSplice('Aurora Ledger answers queries from a store.', brief));
    assert.ok(!isSplice('The replicated store can be rebuilt.', brief));
  });

  it('is no sentence that goes on about the one before it', () => {
    const source = ['Torrfrid is a variety of barley.', 'It survives six weeks without rain.'];
    assert.ok(!isSplice('Torrfrid is a variety of barley and survives six weeks without rain.', source));
    assert.ok(
      isSplice('Torrfrid is a variety of barley and survives six weeks without rain.', [...source].reverse()),
    );
  });

  it('is what the demo models made of texts of bench:quality', () => {
    const mails = JSON.parse(readFileSync('bench/texts/mail.json', 'utf8')) as readonly { text: string }[];
    const sentences = (mails[0]?.text ?? '').split(/(?<=[.,])\s+(?=[A-Z])/);
    assert.ok(
      isSplice(
        'We can send you the same quality in dark grey or in green within a week, or in blue fabric is no longer made, and our mill has none left.',
        sentences,
      ),
    );
  });
});

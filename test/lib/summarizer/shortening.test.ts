import assert from 'node:assert/strict';

import { isStump } from '../../../src/lib/summarizer/shortening.js';

const BARLEY = 'Scientists in Uppsala have bred a variety of barley that survives six weeks without rain.';
const KEEPER =
  'Heidi Brannigan, the longest-serving lighthouse keeper in the country, retired on Sunday after 41 years on the island of Skerra.';
const COUNCIL =
  'Après deux heures de débat, le conseil a décidé de construire la piste cyclable dès septembre et de créer quarante places.';
const SHIP =
  'The gearboxes left Brno yesterday and should reach you on the 19th, a week later than we had hoped.';
const ROOF = 'The roof of the hall leaks and the cellar is wet.';
const CELLAR = 'The cellar of the hall was wet before the storm.';
const AURORA =
  'Aurora is a ledger, kept by cooperatives in four countries and read by their members on Sundays.';

describe('a stump', () => {
  for (const [what, sentence, source] of [
    ['a sentence that ends inside a phrase', 'A variety of barley that survives six weeks.', BARLEY],
    ['an apposition', 'The longest-serving lighthouse keeper in the country.', KEEPER],
    ['an opening without its sentence', 'Après deux heures de débat.', COUNCIL],
    ['a name alone', 'Heidi Brannigan.', KEEPER],
  ] as const)
    it(`is ${what}: ${sentence}`, () => {
      assert.ok(isStump(sentence, [SHIP, source]));
    });

  for (const [what, sentence, source] of [
    ['a sentence of the source', BARLEY, BARLEY],
    ['one that ends where a clause ends', 'The gearboxes should reach you on the 19th.', SHIP],
    ['one that ends before a conjunction', 'The roof of the hall leaks.', ROOF],
    ['one that says what its subject is', 'Aurora is a ledger.', AURORA],
    ['one that leaves out when', 'The cellar of the hall was wet.', CELLAR],
    ['a sentence in words of its own', 'Barley that needs no rain was bred.', BARLEY],
    [
      'a sentence that another one of the source holds whole',
      'The gearboxes left Brno.',
      'The gearboxes left Brno.',
    ],
  ] as const)
    it(`is not ${what}: ${sentence}`, () => {
      assert.ok(!isStump(sentence, [SHIP, source]));
    });
});

// The host's questions: what its answers mean as flags, and the command that they lead to.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { otherCards } from '../../../src/lib/cli/ask-init.js';
import { describeLength, proposeLine, termsOf } from '../../../src/lib/cli/ask-terms.js';
import { runInit } from '../../../src/lib/parties/init.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('the terms of a host', () => {
  const directory = useTemporaryDirectory();

  it('are nothing where no card is named yet, and the next command says so', () => {
    assert.deepEqual(termsOf({ cards: ' ' }), {});
    assert.equal(proposeLine({}), 'cleanroom propose PARTY.cleanroom');
  });

  it('lead to the command that proposes them, without what is usual', () => {
    const usual = termsOf({ cards: 'fabrikam.cleanroom', model: 't5-demo', characters: 900, results: 1 });
    assert.equal(proposeLine(usual), 'cleanroom propose fabrikam.cleanroom');
    const own = termsOf({ cards: 'a.cleanroom, b.cleanroom', model: '', characters: 300, results: 2 });
    assert.equal(
      proposeLine(own),
      'cleanroom propose a.cleanroom b.cleanroom --extractive --max-characters 300 --max-results 2',
    );
    assert.equal(
      termsOf({ cards: 'a.cleanroom', image: ' r.example/s@sha256:00 ' }).summarizer,
      'r.example/s@sha256:00',
    );
  });

  it('keep a card whose name has spaces as one', () => {
    const { with: cards = [] } = termsOf({ cards: "'fabrikam card.cleanroom' b.cleanroom" });
    assert.deepEqual(cards, ['fabrikam card.cleanroom', 'b.cleanroom']);
    assert.equal(
      proposeLine({ with: cards, model: 't5-demo' }),
      "cleanroom propose 'fabrikam card.cleanroom' b.cleanroom",
    );
  });

  it('say what a length can carry out at most', () => {
    assert.match(
      describeLength(900),
      /^900 characters: at most 9,500 bits, 4,750 characters of hidden English$/,
    );
  });

  it('offer the cards of others that lie in the directory, and not its own', async () => {
    const other = join(directory(), 'other');
    mkdirSync(other);
    for (const [party, place] of [
      ['contoso', directory()],
      ['fabrikam', other],
    ] as const)
      await runInit(
        { party, roles: ['recipient'], name: 'quarterly-notes', page: false, force: false },
        null,
        place,
      );
    cpSync(join(other, 'fabrikam.cleanroom'), join(directory(), 'fabrikam.cleanroom'));
    assert.deepEqual(await otherCards(directory(), 'contoso'), ['fabrikam.cleanroom']);
    assert.deepEqual(await otherCards(join(directory(), 'keys'), 'contoso'), []);
  });
});

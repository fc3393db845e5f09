// What init takes for granted where nobody says more.

import assert from 'node:assert/strict';

import { answerInit } from '../../../src/lib/cli/init-answers.js';

describe('init without questions', () => {
  it('gives a data owner that names no dataset the usual one, whoever named the party', async () => {
    const owner = { party: 'fabrikam', roles: ['data-owner'], dataset: ['notes'] };
    assert.deepEqual(await answerInit({ party: 'fabrikam', role: ['data-owner'] }, false, 'here'), owner);
    assert.deepEqual(await answerInit({}, false, 'fabrikam'), owner);
  });

  it('gives none to who names its own, and to who brings no text', async () => {
    const named = { party: 'fabrikam', role: ['data-owner'], dataset: ['minutes'] } as const;
    assert.equal((await answerInit(named, false, 'here')).dataset, undefined);
    assert.equal((await answerInit({ party: 'contoso', role: ['host'] }, false, 'here')).dataset, undefined);
  });

  it('needs a name for the party that is an id', async () => {
    await assert.rejects(answerInit({}, false, 'My Documents'), { code: 'USAGE' });
  });
});

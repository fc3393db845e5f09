// What init takes for granted where nobody says more.

import assert from 'node:assert/strict';

import type { PartyCard } from '../../../src/lib/contract/party-card.js';
import { answerInit, type DirectoryParty } from '../../../src/lib/cli/init-answers.js';

describe('init without questions', () => {
  const card: PartyCard = {
    version: 2,
    party: {
      id: 'contoso',
      roles: ['host', 'recipient'],
      contractKey: { kty: 'EC', crv: 'P-256', x: '', y: '' },
    },
    datasets: [],
  };
  const at = (id: string, found: PartyCard | null = null): DirectoryParty => ({
    id,
    cardOf: () => Promise.resolve(found),
  });

  it('keeps the card that is there, so that a host which runs it again stays the host', async () => {
    const { roles, kept, dataset } = await answerInit({}, false, at('contoso', card));
    assert.deepEqual([roles, kept, dataset], [['host', 'recipient'], card, undefined]);
  });

  it('makes another card where a flag says what to change', async () => {
    for (const flags of [{ role: ['auditor'] }, { dataset: ['minutes'] }, { vault: 'v.example' }] as const)
      assert.equal((await answerInit(flags, false, at('contoso', card))).kept, undefined);
  });

  it('gives a data owner that names no dataset the usual one, whoever named the party', async () => {
    const owner = { party: 'fabrikam', roles: ['data-owner'], dataset: ['notes'] };
    assert.deepEqual(await answerInit({ party: 'fabrikam', role: ['data-owner'] }, false, at('here')), owner);
    assert.deepEqual(await answerInit({}, false, at('fabrikam')), owner);
  });

  it('gives none to who names its own, and to who brings no text', async () => {
    const named = { party: 'fabrikam', role: ['data-owner'], dataset: ['minutes'] } as const;
    assert.equal((await answerInit(named, false, at('here'))).dataset, undefined);
    assert.equal(
      (await answerInit({ party: 'contoso', role: ['host'] }, false, at('here'))).dataset,
      undefined,
    );
  });

  it('needs a name for the party that is an id', async () => {
    await assert.rejects(answerInit({}, false, at('My Documents')), { code: 'USAGE' });
  });
});

import assert from 'node:assert/strict';

import { renewContract } from '../../../src/lib/contract/renew.js';
import type { PartyCard } from '../../../src/lib/contract/party-card.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { exampleContract, freshPublicKey } from '../../support/contract.js';

const PROGRAM = { release: '1.0.0' };
const NOTHING = { name: null, cards: [], model: null, program: PROGRAM };
const DIGEST = `sha256:${'1'.repeat(64)}`;

/** The example as version 1 had it. */
function versionOne(model: object = { method: 'extractive' }): Record<string, unknown> {
  const { summary, room, datasets, parties, ...rest } = exampleContract();
  const oldRoom: Record<string, unknown> = { ...room };
  delete oldRoom['platform'];
  delete oldRoom['program'];
  return {
    ...rest,
    version: 1,
    parties: parties.map(({ resultKey, ...party }) =>
      party.id === 'contoso' ? { ...party, resultKey } : party,
    ),
    datasets: datasets.map(({ id, owner, kind, key, blob }) => ({ id, owner, kind, key, blob })),
    room: { ...oldRoom, stateBlob: { ...room.contractBlob, name: 'quarterly-notes.state' } },
    model,
    summary: {
      recipients: summary.recipients,
      delivery: summary.delivery,
      limits: {
        maxTokens: 150,
        maxShareOfSource: 0.3,
        maxVerbatimTokens: 12,
        minDocuments: 1,
        maxResults: 2,
      },
      beams: 4,
    },
  };
}

function card(contract: Record<string, unknown>): PartyCard {
  const { parties } = contract as unknown as Contract;
  const fabrikam = parties.find(({ id }) => id === 'fabrikam')!;
  return { version: 2, party: { ...fabrikam, resultKey: freshPublicKey() }, datasets: [] };
}

describe('the successor of a contract', () => {
  it('has the parties, datasets and terms of version 1, in the form of today, under a name of its own', () => {
    const earlier = versionOne();
    const { contract } = renewContract({ ...NOTHING, earlier, cards: [card(earlier)] });
    assert.deepEqual([contract.version, contract.name], [2, 'quarterly-notes-2']);
    assert.deepEqual(contract.parties[0], (earlier as unknown as Contract).parties[0]);
    assert.deepEqual(
      contract.parties[1]?.contractKey,
      (earlier as unknown as Contract).parties[1]?.contractKey,
    );
    assert.deepEqual(contract.datasets[0]?.budget, {
      container: 'cleanroom-budget',
      name: 'quarterly-notes-2',
    });
    assert.equal(contract.room.contractBlob.name, 'quarterly-notes-2.contract.json');
    assert.equal(contract.room.resultBlob.name, 'quarterly-notes-2');
    const { limits, extractiveLimits } = contract.summary;
    assert.deepEqual([limits.maxCharacters, limits.maxResults], [900, 2]);
    assert.deepEqual([extractiveLimits?.maxCopiedWords, extractiveLimits?.maxCopiedShare], [12, 1]);
  });

  it('is not written while an owner has no key to which causes are sealed', () => {
    assert.throws(() => renewContract({ ...NOTHING, earlier: versionOne() }), {
      code: 'CONTRACT_RENEW_INCOMPLETE',
      message: /fabrikam/,
    });
  });

  it('is not written while it is not known which model the earlier one meant', () => {
    for (const model of [{ family: 't5', digest: DIGEST }, { dataset: 'weights' }]) {
      const earlier = versionOne(model);
      assert.throws(() => renewContract({ ...NOTHING, earlier, cards: [card(earlier)] }), {
        code: 'CONTRACT_RENEW_INCOMPLETE',
        message: /--model/,
      });
    }
    const earlier = versionOne({ family: 't5', digest: DIGEST });
    const model = { family: 't5' as const, digest: DIGEST, layer: DIGEST };
    const renewed = renewContract({ ...NOTHING, earlier, cards: [card(earlier)], model });
    assert.deepEqual(renewed.contract.model, model);
  });

  it('of a contract whose results are used up counts anew at places of its own, and keeps all else', () => {
    const earlier = exampleContract();
    const once = renewContract({ ...NOTHING, earlier }).contract;
    const twice = renewContract({ ...NOTHING, earlier: once }).contract;
    assert.deepEqual(
      [once.name, twice.name, twice.datasets[0]?.budget.name, twice.room.contractBlob.name],
      ['quarterly-notes-2', 'quarterly-notes-3', 'quarterly-notes-3', 'quarterly-notes-3.contract.json'],
    );
    assert.deepEqual(
      [once.summary, once.model, once.parties],
      [earlier.summary, earlier.model, earlier.parties],
    );
  });

  it('is refused where the earlier text is no contract', () => {
    assert.throws(() => renewContract({ ...NOTHING, earlier: { version: 1, name: 'x' } }), {
      code: 'CONTRACT_INVALID',
    });
    assert.throws(() => renewContract({ ...NOTHING, earlier: 'x' }), { code: 'CONTRACT_INVALID' });
  });
});

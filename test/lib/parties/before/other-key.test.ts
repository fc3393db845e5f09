// The key of another party's dataset, judged for a party that brings one of its own.

import assert from 'node:assert/strict';

import { checkContract } from '../../../../src/lib/contract/check.js';
import { judgeAgreement } from '../../../../src/lib/parties/before/judge-agreement.js';
import { agreementEvidence, NOBODY_ASKS } from '../../../support/agreement-evidence.js';
import { exampleContract } from '../../../support/contract.js';

describe('the key of another party', () => {
  it('N1: fails OTHER_KEY_POLICY where it has no release policy, and is open where it was not read', () => {
    const example = exampleContract();
    const [notes] = example.datasets;
    const parsed = checkContract({
      ...example,
      parties: example.parties.map((party) =>
        party.id === 'contoso' ? { ...party, roles: [...party.roles, 'data-owner'] } : party,
      ),
      datasets: [
        notes,
        {
          ...notes,
          id: 'theirs',
          owner: 'contoso',
          key: { vault: 'contoso-hsm.managedhsm.azure.net', name: 'theirs' },
          blob: {
            ...notes!.blob,
            account: 'https://contosodata.blob.core.windows.net',
            name: 'theirs.sealed',
          },
        },
      ],
    });
    const keys = (theirs: object) => new Map([['theirs', theirs]]) as never;
    const statusOf = (theirs: object): string | undefined => {
      const evidence = agreementEvidence({
        parsed,
        file: { kind: 'read', text: 'package policy' },
        keys: keys(theirs),
      });
      const { checks } = judgeAgreement(evidence, { ...NOBODY_ASKS, party: 'fabrikam' });
      return checks.find(({ id }) => id === 'OTHER_KEY_POLICY')?.status;
    };
    assert.equal(statusOf({ kind: 'read', releasePolicy: null, immutable: true }), 'fail');
    assert.equal(statusOf({ kind: 'unread', reason: 'no access' }), 'skip');
    assert.equal(statusOf({ kind: 'planned' }), 'pass');
  });
});

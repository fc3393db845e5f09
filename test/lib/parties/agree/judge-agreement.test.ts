// What cannot be compared is not agreed to: a room that this installation cannot rebuild is unproven, never accepted.

import assert from 'node:assert/strict';

import { generateContractPolicy } from '../../../../src/lib/cce-policy/generate/contract-policy.js';
import { judgeAgreement, requireAccepted } from '../../../../src/lib/parties/agree/judge-agreement.js';
import { parsedContract, roomImages } from '../../../support/room-fixture.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('the judgement over an offer', () => {
  const directory = useTemporaryDirectory();
  const cacheBefore = process.env['XDG_CACHE_HOME'];
  before(() => {
    process.env['XDG_CACHE_HOME'] = directory();
  });
  after(() => {
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cacheBefore;
  });

  it('I32: leaves PROGRAM unproven where the room’s base is not at hand, and lets nobody sign', async () => {
    const parsed = parsedContract();
    assert.equal(parsed.contract.trust, undefined);
    const policyText = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() }).text;
    const judgement = await judgeAgreement({ parsed, policyText, consents: [], signers: [] });
    assert.deepEqual(
      judgement.statements.map(({ id, status }) => [id, status]),
      [
        ['PROGRAM', 'unproven'],
        ['CONTRACT', 'proven'],
        ['CONSENT', 'proven'],
      ],
    );
    assert.deepEqual([judgement.verdict, judgement.trust], ['unproven', null]);
    assert.throws(
      () => {
        requireAccepted(judgement);
      },
      { code: 'STATEMENT_UNPROVEN' },
    );
  });
});

// How long `summary` waits: a refusal ends it, unless an earlier run left it and a room is at work.

import assert from 'node:assert/strict';

import { CleanroomError } from '../../../src/lib/base/errors.js';
import { type Earlier, endOfWaiting, type Outlook } from '../../../src/lib/parties/await-summary.js';

const missing = new CleanroomError('RESULT_NOT_THERE', 'there is no result yet');
const refused = new CleanroomError('RESULT_WAS_REFUSED', 'the room gave no result: LIMIT_REFUSED, 10:00');
const later = new CleanroomError('RESULT_WAS_REFUSED', 'the room gave no result: LIMIT_REFUSED, 10:05');
const foreign = new CleanroomError('RECEIPT_REJECTED', 'no room of this contract is shown to have signed it');
const other = new CleanroomError('LOGIN_FAILED', 'nobody is logged in');
const reason = new CleanroomError('RESULT_NOT_THERE', 'the room has ended');

const up: Outlook = { kind: 'up' };
const unseen: Outlook = { kind: 'unseen' };
const over: Outlook = { kind: 'over', reason };
const unwatched: Outlook = { kind: 'unwatched' };

describe('waiting for a summary', () => {
  for (const [what, error, outlook, earlier, end] of [
    ['goes on while a room is up', missing, up, null, null],
    ['goes on where the room cannot be seen', missing, unseen, null, null],
    ['ends with what the room says once that is over', missing, over, null, reason],
    ['ends at once where nobody waits', missing, unwatched, undefined, missing],
    ['goes on past the refusal of an earlier run', refused, up, undefined, null],
    ['goes on past the same refusal later', refused, up, refused.message, null],
    ['ends with a refusal that comes while it waits', refused, up, null, refused],
    ['ends with a refusal after an earlier one', later, up, refused.message, later],
    ['ends with the refusal once the room is over', refused, over, refused.message, refused],
    ['ends with a refusal where no room is seen', refused, unseen, undefined, refused],
    ['goes on past what another room left', foreign, up, undefined, null],
    ['ends with what another room leaves meanwhile', foreign, up, null, foreign],
    ['ends with every other error', other, up, undefined, other],
  ] as readonly (readonly [string, CleanroomError, Outlook, Earlier, CleanroomError | null])[]) {
    it(what, () => {
      assert.equal(endOfWaiting(error, outlook, earlier), end);
    });
  }
});

// No check of the table is one that never fails: each has a case here in which it does. A new check without one is red.

import assert from 'node:assert/strict';

import { type CheckId, CHECKS } from '../../../src/lib/attestation/check-ids.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { AGREEMENT_CASES } from '../../support/failing-checks/agreement-cases.js';
import { ARTEFACT_CASES } from '../../support/failing-checks/artefact-cases.js';
import type { FailingCase } from '../../support/failing-checks/failing-case.js';
import { GUEST_CASES } from '../../support/failing-checks/guest-cases.js';
import { HARDWARE_CASES } from '../../support/failing-checks/hardware-cases.js';
import { RELEASE_CASES } from '../../support/failing-checks/release-cases.js';
import { ROOM_CASES } from '../../support/failing-checks/room-cases.js';
import { SERVICE_CASES } from '../../support/failing-checks/service-cases.js';

const CASES: Readonly<Record<CheckId, FailingCase>> = {
  ...HARDWARE_CASES,
  ...GUEST_CASES,
  ...SERVICE_CASES,
  ...RELEASE_CASES,
  ...ROOM_CASES,
  ...AGREEMENT_CASES,
  ...ARTEFACT_CASES,
};

describe('each check', function () {
  this.timeout(60_000);

  const statusesOf = (checks: readonly Check[], id: string): readonly string[] =>
    checks.filter((check) => check.id === id).map(({ status }) => status);

  it('has a case in which it does not hold', () => {
    assert.deepEqual(Object.keys(CASES), Object.keys(CHECKS));
  });

  for (const [id, found] of Object.entries(CASES))
    if ('fails' in found)
      it(`${id} fails for ${found.name}`, async () => {
        assert.ok(statusesOf(await found.fails(), id).includes('fail'));
      });
    else if ('skips' in found)
      it(`${id} is never said to fail: of ${found.name} it is listed as not made (${found.neverFails})`, async () => {
        const statuses = statusesOf(await found.skips(), id);
        assert.ok(statuses.includes('skip') && !statuses.includes('fail'), statuses.join());
      });
    else
      it(`${id} is no answer to ${found.name}: ${found.neverFails}`, () => {
        assert.throws(found.throws, { code: found.code });
      });
});

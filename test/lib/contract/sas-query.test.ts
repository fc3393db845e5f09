// What a host may hand to a room as a SAS: a permission, never another request.

import assert from 'node:assert/strict';

import { compilePattern } from '../../../src/lib/cce-policy/pattern/pattern.js';
import { isSasQuery, SAS_PATTERN } from '../../../src/lib/contract/sas-query.js';

const SIGNED = 'sig=AbC%2Bd%2F9%3D';
const SERVICE = `sv=2024-11-04&sp=r&st=2026-11-30T00%3A00%3A00Z&se=2026-12-01T00:00:00Z&spr=https&sr=b&${SIGNED}`;
const DELEGATED = `skoid=3b184cd4-faed-4210-85b5-4c3e6d9d2f1f&sktid=3b184cd4-faed-4210-85b5-4c3e6d9d2f1f&skt=2026-11-30T00%3A00%3A00Z&ske=2026-12-01T00%3A00%3A00Z&sks=b&skv=2024-11-04&${SERVICE}`;

describe('a SAS for a room', () => {
  const guest = compilePattern(`^${SAS_PATTERN}$`);

  for (const [what, query] of [
    ['a service SAS', SERVICE],
    ['a user delegation SAS', DELEGATED],
  ] as const) {
    it(`may be ${what}`, () => {
      assert.ok(isSasQuery(query));
      assert.ok(guest.found(query));
    });
  }

  for (const [what, query] of [
    ['comp', `${SERVICE}&comp=block`],
    ['snapshot', `snapshot=2026-11-29T00:00:00.0000000Z&${SERVICE}`],
    ['versionid', `${SERVICE}&versionid=2026-11-29T00:00:00.0000000Z`],
    ['restype', `${SERVICE}&restype=container`],
    ['a response header of the host', `${SERVICE}&rscd=inline`],
    ['a name in capitals', `${SERVICE}&COMP=list`],
    ['a name that is escaped', `${SERVICE}&%63omp=list`],
    ['a fragment', `${SERVICE}#x`],
    ['an empty member', `${SERVICE}&`],
    ['nothing', ''],
  ] as const) {
    it(`I6: holds no ${what}, by the policy's pattern as by the room's own check`, () => {
      assert.equal(isSasQuery(query), false);
      assert.equal(guest.found(query), false);
    });
  }

  it('I6: holds no member twice, and is signed; the room checks what a pattern cannot', () => {
    assert.equal(isSasQuery(`${SERVICE}&sp=rwd`), false);
    assert.equal(isSasQuery(SERVICE.replace(`&${SIGNED}`, '')), false);
    assert.equal(isSasQuery(`${SERVICE}&sip=${'1'.repeat(1000)}`), false);
  });
});

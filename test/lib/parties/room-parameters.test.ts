import assert from 'node:assert/strict';

import { requireUsableParameters } from '../../../src/lib/parties/room-parameters.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { exampleParsedContract } from '../../support/contract.js';

const NOW = new Date('2026-11-30T12:00:00Z');
const sas = (changes: Readonly<Record<string, string>>): string =>
  new URLSearchParams({
    ...{ sv: '2025-05-05', sp: 'r', sr: 'c', se: '2026-12-01T12:00:00Z', sig: 'c2ln' },
    ...changes,
  }).toString();

describe('a value for a variable of the room', () => {
  const { contract } = exampleParsedContract();
  const variable = `CLEANROOM_SAS_DATASET_${contract.datasets[0]!.id.toUpperCase().replaceAll('-', '_')}`;
  const judge = (name: string, value: string): string => {
    try {
      requireUsableParameters(contract, new Map([[name, value]]), NOW);
      return 'taken';
    } catch (error) {
      assert.ok(error instanceof CleanroomError);
      assert.ok(!error.message.includes('c2ln'), 'the SAS is a secret');
      assert.ok(error.message.includes(name), error.message);
      return error.code;
    }
  };

  it('is taken where the room has the variable and the SAS is as wide as the plan', () => {
    assert.equal(judge(variable, sas({})), 'taken');
  });

  it('is taken for a token, which is no SAS', () => {
    assert.equal(judge(variable.replace('SAS_DATASET', 'ACCESS_TOKEN'), 'aGVhZA.Ym9keQ.c2ln'), 'taken');
  });

  for (const [what, name, value, code] of [
    ['of a variable that the room does not have', 'CLEANROOM_SAS_DATASET_OTHER', sas({}), 'USAGE'],
    ['that has expired', variable, sas({ se: '2026-11-30T11:59:59Z' }), 'SAS_EXPIRED'],
    ['that begins tomorrow', variable, sas({ st: '2026-12-01T11:00:00Z' }), 'SAS_NOT_YET_VALID'],
    ['that may not read', variable, sas({ sp: 'w' }), 'SAS_TOO_NARROW'],
    ['with a member that steers the request', variable, `${sas({})}&comp=list`, 'SAS_INVALID'],
  ] as const)
    it(`is refused ${what}: ${code}`, () => {
      assert.equal(judge(name, value), code);
    });
});

// Expectations of two places, field by field: the stricter value holds whichever of the two states it, and what nothing can
// meet is no question.

import assert from 'node:assert/strict';

import { defaultExpectations, type Expectations } from '../../../src/lib/attestation/expectations.js';
import { mergeStricter } from '../../../src/lib/attestation/stricter.js';

const AT = new Date('2026-11-23T00:00:00Z');

type Field = Exclude<keyof Expectations, 'at' | 'uvm' | 'fixed'>;

/* Of each field a strict value, a looser one, and what holds of both; none: they contradict each other. */
const ORDERED: { readonly [field in Field]: readonly [Expectations[field], Expectations[field], unknown?] } =
  {
    uvmMinSvn: [104, 100, 104],
    uvmTime: ['now', 'signing-time', 'now'],
    uvmRequired: [true, false, true],
    guestSvn: [3, 2, 3],
    products: [['Milan'], ['Milan', 'Genoa'], ['Milan']],
    chips: [['aa'], ['aa', 'bb'], ['aa']],
    tokenIssuers: [['https://a'], ['https://a', 'https://b'], ['https://a']],
    platform: [{ ecc_en: true }, { tsme_en: true }, { ecc_en: true, tsme_en: true }],
    minTcb: [
      { Milan: { microcode: 219, snp: 1 } },
      { Milan: { microcode: 100, tee: 1 }, Turin: { fmc: 1 } },
      { Milan: { tee: 1, snp: 1, microcode: 219 }, Turin: { fmc: 1 } },
    ],
    minCommittedTcb: [
      { Milan: { microcode: 219 } },
      { Milan: { microcode: 100, snp: 3 } },
      { Milan: { snp: 3, microcode: 219 } },
    ],
    maxAgeMs: [1000, 2000, 1000],
    logHeadMaxAgeMs: [1000, 2000, 1000],
    minReportVersion: [5, 3, 5],
    guestPolicy: [{ smt: true }, { cxl_allow: false }, { smt: true, cxl_allow: false }],
    minAbi: [
      [1, 55],
      [1, 9],
      [1, 55],
    ],
    minFirmware: [
      [2, 0, 0],
      [1, 55, 99],
      [2, 0, 0],
    ],
    idKeys: [['aa'], ['aa', 'bb'], ['aa']],
    authorKeys: [['aa'], ['aa', 'bb'], ['aa']],
    mitigations: [3n, 4n, 7n],
    hostData: ['aa', 'bb'],
    reportData: ['aa', 'bb'],
    measurement: ['aa', 'bb'],
    nonce: ['aa', 'bb'],
    servicePolicy: ['aa', 'bb'],
    familyId: ['aa', 'bb'],
    imageId: ['aa', 'bb'],
    runtimeKeys: [['aa'], ['aa', 'bb']],
  };

const LOOSE = defaultExpectations(AT);
const merged = (field: Field, base: unknown, stated: unknown): unknown =>
  mergeStricter({ ...LOOSE, [field]: base }, { [field]: stated }).expectations[field];

describe('expectations of two places', () => {
  for (const [name, [strict, loose, both]] of Object.entries(ORDERED)) {
    const field = name as Field;
    it(`I17: of ${field} ${both === undefined ? 'contradict each other' : 'the stricter holds'}, in either order`, () => {
      for (const [base, stated] of [
        [strict, loose],
        [loose, strict],
      ])
        if (both === undefined)
          assert.throws(() => merged(field, base, stated), { code: 'APPRAISAL_INVALID' });
        else assert.deepEqual(merged(field, base, stated), both);
      assert.deepEqual(merged(field, strict, strict), strict);
      assert.deepEqual(mergeStricter({ ...LOOSE, [field]: strict }, {}).expectations[field], strict);
    });
  }

  it('I17: contradict each other in single bits of machine and guest policy', () => {
    for (const [field, bit] of [
      ['platform', 'ecc_en'],
      ['guestPolicy', 'smt'],
    ] as const)
      assert.throws(() => merged(field, { [bit]: true }, { [bit]: false }), { code: 'APPRAISAL_INVALID' });
  });

  it('list what was asked for more loosely than another place demands, and nothing else', () => {
    const base = { ...LOOSE, guestSvn: 3, products: ['Milan' as const] };
    const { looser } = mergeStricter(base, { guestSvn: 2, products: ['Milan', 'Genoa'], uvmMinSvn: 104 });
    assert.deepEqual(looser, [
      'GUEST_SVN at least 2 was asked for, and at least 3 is demanded',
      'Milan, Genoa were asked for, and only Milan are allowed',
    ]);
  });
});

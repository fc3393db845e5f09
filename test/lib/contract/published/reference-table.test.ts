// The table of reference values: its form, its classes, and what a table that nobody signed may do.

import assert from 'node:assert/strict';

import {
  ageInDays,
  classOfTcb,
  classOfUvm,
  floorsOf,
} from '../../../../src/lib/contract/published/reference-classes.js';
import {
  parseReferenceTable,
  REFERENCE_SECTIONS,
  type ReferenceTable,
  type TcbRow,
} from '../../../../src/lib/contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../../../../src/lib/contract/published/reference-values.js';
import { tightenReference } from '../../../../src/lib/contract/published/tighten-reference.js';

const OWN = REFERENCE_VALUES;
const NOW = new Date(`${OWN.date}T12:00:00Z`);
const NOTHING: ReferenceTable = {
  ...OWN,
  ...Object.fromEntries(REFERENCE_SECTIONS.map((section) => [section, []])),
  advisories: [],
};
const code = (expected: string) => ({ code: expected });
const svn = (number: number, status: ReferenceTable['uvm'][number]['status']) => ({
  svn: number,
  status,
  date: '2026-11-30',
  source: 'a test',
});
const milan = (microcode: number, status: TcbRow['status'], snp = 24): TcbRow => ({
  product: 'Milan',
  bootloader: 4,
  tee: 0,
  snp,
  microcode,
  status,
  date: '2026-11-30',
  source: 'a test',
});

describe('the table of reference values', () => {
  it('reads the text of the built-in one back, unchanged', () => {
    assert.deepEqual(parseReferenceTable(JSON.stringify(OWN)), OWN);
  });

  const [first] = OWN.uvm;
  const broken: Readonly<Record<string, string>> = {
    'no JSON': 'uvm: 104',
    nothing: '',
    'a member twice': JSON.stringify(OWN).replace('{', '{"v":1,'),
    'another version': JSON.stringify({ ...OWN, v: 2 }),
    'another use': JSON.stringify({ ...OWN, use: 'cleanroom-anchors' }),
    'an unknown member': JSON.stringify({ ...OWN, roots: [] }),
    'an unknown member of a row': JSON.stringify({ ...OWN, uvm: [{ ...first, min: 1 }] }),
    'a section less': JSON.stringify({ ...OWN, tcb: undefined }),
    'an unknown class': JSON.stringify({ ...OWN, uvm: [{ ...first, status: 'fine' }] }),
    'a day that is none': JSON.stringify({ ...OWN, date: 'yesterday' }),
    'a day that the month does not have': JSON.stringify({ ...OWN, date: '2026-02-30' }),
    'a version below zero': JSON.stringify({ ...OWN, uvm: [{ ...first, svn: -1 }] }),
    'a version that is no whole number': JSON.stringify({ ...OWN, uvm: [{ ...first, svn: 104.5 }] }),
    'a TCB component above 255': JSON.stringify({ ...OWN, tcb: [{ ...OWN.tcb[0], snp: 256 }] }),
    'a digest in upper case': JSON.stringify({
      ...OWN,
      services: [{ ...OWN.services[0], hostData: 'A'.repeat(64) }],
    }),
    'a version twice': JSON.stringify({ ...OWN, uvm: [first, { ...first, status: 'old' }] }),
    'a row without a source': JSON.stringify({ ...OWN, uvm: [{ ...first, source: '' }] }),
  };
  for (const [name, text] of Object.entries(broken)) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parseReferenceTable(text), code('REFERENCE_INVALID'));
    });
  }

  it('counts its age in whole days, and none before its day', () => {
    assert.equal(ageInDays(OWN, new Date('2026-11-30T23:00:00Z')), 0);
    assert.equal(ageInDays(OWN, new Date('2026-12-07T00:00:00Z')), 7);
    assert.equal(ageInDays(OWN, new Date('2020-01-01T00:00:00Z')), 0);
  });
});

describe('the class of a version of the utility VM', () => {
  const classes = (rows: ReferenceTable['uvm'], ...svns: readonly number[]): readonly string[] =>
    svns.map((number) => classOfUvm(number, { uvm: rows }).class);

  it('is that of its row, between rows that of the row below, above all latest, below all old', () => {
    assert.deepEqual(classes(OWN.uvm, 105, 104, 103, 102, 101, 22), [
      ...(['latest', 'latest', 'current', 'old', 'old', 'old'] as const),
    ]);
  });

  it('is latest above a row that is withdrawn, where no newer one is known', () => {
    assert.deepEqual(classes([svn(104, 'withdrawn')], 105, 104), ['latest', 'withdrawn']);
  });

  it('is withdrawn for whatever is not newer than a withdrawn one', () => {
    const rows = [svn(104, 'latest'), svn(103, 'withdrawn'), svn(101, 'old')];
    assert.deepEqual(classes(rows, 105, 104, 103, 102, 101, 1), [
      ...(['latest', 'latest', 'withdrawn', 'withdrawn', 'withdrawn', 'withdrawn'] as const),
    ]);
  });
});

describe('the class of AMD firmware', () => {
  const classOf = (rows: readonly TcbRow[], microcode: number, snp = 24): string =>
    classOfTcb('Milan', milan(microcode, 'latest', snp), { tcb: [...rows] }).class;

  it('is that of the best row that it meets in each component', () => {
    const rows = [milan(219, 'latest'), milan(210, 'current'), milan(115, 'old', 8)];
    assert.equal(classOf(rows, 220), 'latest');
    assert.equal(classOf(rows, 218), 'current');
    assert.equal(classOf(rows, 255, 23), 'old');
    assert.equal(classOf(rows, 1, 1), 'old');
  });

  it('is withdrawn where no component is above a withdrawn row, and where only a withdrawn row is met', () => {
    const rows = [milan(219, 'latest'), milan(200, 'withdrawn')];
    assert.equal(classOf(rows, 219), 'latest');
    assert.equal(classOf(rows, 200), 'withdrawn');
    assert.equal(classOf(rows, 199), 'withdrawn');
    assert.equal(classOf(rows, 201), 'withdrawn');
    assert.equal(classOf(rows, 10, 1), 'withdrawn');
  });

  it('looks at rows of the same product only, and at the component that Turin has alone', () => {
    const turin = OWN.tcb.find(({ product }) => product === 'Turin');
    assert.ok(turin !== undefined);
    assert.equal(classOfTcb('Turin', turin, OWN).class, 'latest');
    assert.equal(classOfTcb('Turin', { ...turin, fmc: 0 }, OWN).class, 'old');
    assert.equal(classOfTcb('Genoa', milan(255, 'latest'), { tcb: [milan(1, 'latest')] }).class, 'old');
  });
});

describe('the floors of a new contract', () => {
  it('are the oldest versions that are still current', () => {
    const { uvmMinSvn, minTcb } = floorsOf(OWN);
    assert.equal(uvmMinSvn, 103);
    assert.deepEqual(minTcb, {
      Milan: { bootloader: 4, tee: 0, snp: 24, microcode: 219 },
      Genoa: { bootloader: 10, tee: 0, snp: 23, microcode: 84 },
      Turin: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
    });
  });

  it('are above whatever was withdrawn', () => {
    const uvm = [svn(104, 'withdrawn'), svn(103, 'current')];
    assert.equal(floorsOf({ ...OWN, uvm }).uvmMinSvn, 105);
    const tcb = [milan(219, 'withdrawn'), milan(100, 'current')];
    assert.equal(floorsOf({ ...OWN, tcb }).minTcb.Milan?.microcode, 219);
  });
});

describe('a table that nobody signed', () => {
  const over = (given: Partial<ReferenceTable>) => tightenReference(OWN, { ...NOTHING, ...given }, NOW);

  it('changes nothing where it says nothing', () => {
    assert.deepEqual(over({}), { table: OWN, stricter: [], refused: [] });
  });

  it('withdraws a row, and makes one older', () => {
    const { table, stricter, refused } = over({ uvm: [svn(103, 'withdrawn'), svn(104, 'current')] });
    assert.equal(classOfUvm(103, table).class, 'withdrawn');
    assert.equal(classOfUvm(104, table).class, 'current');
    assert.deepEqual([stricter.length, refused], [2, []]);
  });

  it('withdraws a version that has no row yet', () => {
    const { table, stricter, refused } = over({ uvm: [svn(102, 'withdrawn')] });
    assert.deepEqual([stricter, refused], [['uvm 102 is withdrawn'], []]);
    assert.equal(classOfUvm(101, table).class, 'withdrawn');
    assert.equal(classOfUvm(103, table).class, 'current');
  });

  it('I38: never makes a class better, and lists that it asked for it', () => {
    const { table, stricter, refused } = over({ uvm: [svn(101, 'latest'), svn(103, 'latest')] });
    assert.deepEqual(table, OWN);
    assert.deepEqual([stricter, refused.length], [[], 2]);
  });

  it('I38: reinstates nothing that was withdrawn', () => {
    const own: ReferenceTable = { ...OWN, uvm: [svn(104, 'latest'), svn(103, 'withdrawn')] };
    for (const status of ['latest', 'current', 'old'] as const) {
      const { table } = tightenReference(own, { ...NOTHING, uvm: [svn(103, status)] }, NOW);
      assert.deepEqual(table, own, status);
    }
  });

  it('I38: adds no version, sidecar, service or ledger', () => {
    const [ledger] = OWN.ledgers;
    assert.ok(ledger !== undefined);
    const { table, refused } = over({
      uvm: [svn(105, 'latest')],
      sidecars: [{ ...OWN.sidecars[0]!, tag: '9.9', status: 'latest' }],
      services: [{ ...OWN.services[0]!, hostData: 'ab'.repeat(32), status: 'latest' }],
      ledgers: [{ ...ledger, kid: 'ab'.repeat(32), status: 'latest' }],
      tcb: [milan(1, 'latest', 1)],
    });
    assert.deepEqual(table, OWN);
    assert.equal(refused.length, 5);
  });

  it('I38: takes no other key, digest or value for a row, only its class', () => {
    const [ledger] = OWN.ledgers;
    assert.ok(ledger !== undefined);
    const { table } = over({ ledgers: [{ ...ledger, jwk: { ...ledger.jwk, x: 'AAAA' }, status: 'old' }] });
    const [row] = table.ledgers;
    assert.deepEqual([row?.jwk, row?.status], [ledger.jwk, 'old']);
  });

  it('adds what was announced of faults, and changes no announcement', () => {
    const [known] = OWN.advisories;
    assert.ok(known !== undefined);
    const { table } = over({
      advisories: [
        { ...known, fixedIn: '9' },
        { ...known, id: 'CVE-2027-1' },
      ],
    });
    assert.deepEqual(table.advisories, [...OWN.advisories, { ...known, id: 'CVE-2027-1' }]);
  });

  it('I38: is refused where it is older than the one in use', () => {
    assert.throws(() => over({ date: '2026-11-29' }), code('REFERENCE_OLDER'));
  });

  it('is refused where its day is to come', () => {
    assert.throws(() => over({ date: '2026-12-03' }), code('REFERENCE_INVALID'));
    assert.doesNotThrow(() => over({ date: '2026-12-01' }));
  });
});

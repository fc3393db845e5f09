// Which class a version of somebody's firmware has by the table of reference values. A lower version is never of a better class
// than a higher one, whatever rows there are.

import {
  REFERENCE_CLASSES,
  type ReferenceClass,
  type ReferenceTable,
  type TcbRow,
} from './reference-table.js';

/** A class, and what it follows from, in words. */
export interface Classed {
  readonly class: ReferenceClass;
  /** `old since 2024-11-01`, without a full stop. */
  readonly text: string;
}

type Tcb = Omit<TcbRow, 'product' | 'status' | 'date' | 'source'>;

const COMPONENTS = ['fmc', 'bootloader', 'tee', 'snp', 'microcode'] as const;

/** The later of two classes: `withdrawn` is the last. */
export function worseClass(a: ReferenceClass, b: ReferenceClass): ReferenceClass {
  return rank(a) > rank(b) ? a : b;
}

/** Whether `a` is the later class of two. */
export function isWorse(a: ReferenceClass, b: ReferenceClass): boolean {
  return rank(a) > rank(b);
}

/**
 * The class of a security version of Microsoft's utility VM. One above every row is newer than the table; one between
 * rows is as good as the row below it, and one below every row is old.
 */
export function classOfUvm(svn: number, { uvm }: Pick<ReferenceTable, 'uvm'>): Classed {
  const below = uvm.filter((row) => row.svn <= svn).toSorted((a, b) => b.svn - a.svn)[0];
  const from = uvm.filter((row) => row.svn >= svn);
  if (from.length === 0) return { class: 'latest', text: 'newer than every version in the table' };
  const bound = [...from, ...(below === undefined ? [] : [below])];
  const floor: ReferenceClass = below === undefined ? 'old' : 'latest';
  const found = bound.reduce<ReferenceClass>((worst, { status }) => worseClass(worst, status), floor);
  const row = bound.find(({ status }) => status === found);
  return { class: found, text: row === undefined ? 'older than every version in the table' : since(row) };
}

/**
 * The class of AMD firmware: of the best row that it meets in each component. Withdrawn is whatever is in no component above
 * a withdrawn row, and whatever meets no better row than a withdrawn one; what meets no row at all is old.
 */
export function classOfTcb(
  product: TcbRow['product'],
  tcb: Tcb,
  table: Pick<ReferenceTable, 'tcb'>,
): Classed {
  const rows = table.tcb.filter((row) => row.product === product);
  const withdrawn = rows.filter(({ status }) => status === 'withdrawn');
  const met = rows
    .filter((row) => row.status !== 'withdrawn' && isAtLeast(tcb, row))
    .toSorted((a, b) => rank(a.status) - rank(b.status))[0];
  const stopped =
    withdrawn.find((row) => isAtLeast(row, tcb)) ??
    (met === undefined ? withdrawn.find((row) => isAtLeast(tcb, row)) : undefined);
  if (stopped !== undefined) return { class: 'withdrawn', text: since(stopped) };
  if (met === undefined) return { class: 'old', text: `older than every ${product} firmware in the table` };
  return { class: met.status, text: since(met) };
}

/**
 * The oldest versions that are still latest or current: the floors of a new contract. Where none is left, the next version
 * of the utility VM, and the highest firmware that is known.
 */
export function floorsOf(table: Pick<ReferenceTable, 'uvm' | 'tcb'>): {
  readonly uvmMinSvn: number;
  readonly minTcb: { readonly [product in TcbRow['product']]?: Tcb };
} {
  const versions = table.uvm.map(({ svn }) => svn);
  const supported = versions.filter((svn) => isSupported(classOfUvm(svn, table)));
  const products = [...new Set(table.tcb.map(({ product }) => product))];
  return {
    uvmMinSvn: supported.length === 0 ? Math.max(...versions) + 1 : Math.min(...supported),
    minTcb: Object.fromEntries(
      products.map((product) => {
        const rows = table.tcb.filter((row) => row.product === product);
        const good = rows.filter((row) => isSupported(classOfTcb(product, row, table)));
        return [product, good.length === 0 ? extreme(rows, Math.max) : extreme(good, Math.min)];
      }),
    ),
  };
}

function isSupported({ class: found }: Classed): boolean {
  return found === 'latest' || found === 'current';
}

function extreme(rows: readonly TcbRow[], pick: (...values: number[]) => number): Tcb {
  const names = COMPONENTS.filter((name) => rows.some((row) => row[name] !== undefined));
  return Object.fromEntries(
    names.map((name) => [name, pick(...rows.map((row) => row[name] ?? 0))]),
  ) as unknown as Tcb;
}

/** Whole days between the table's date and `at`; 0 where that is earlier. */
export function ageInDays({ date }: Pick<ReferenceTable, 'date'>, at: Date): number {
  return Math.max(0, Math.floor((at.getTime() - Date.parse(date)) / 86_400_000));
}

/* A component that only one of the two has is below any value. */
function isAtLeast(tcb: Tcb, least: Tcb): boolean {
  return COMPONENTS.every((name) => least[name] === undefined || (tcb[name] ?? -1) >= least[name]);
}

function since({ status, date }: { readonly status: ReferenceClass; readonly date: string }): string {
  return `${status} since ${date}`;
}

function rank(status: ReferenceClass): number {
  return REFERENCE_CLASSES.indexOf(status);
}

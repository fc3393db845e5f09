// The order in which Go's sort.Slice (1.19 and later) leaves a slice: pattern-defeating quicksort. Under a comparison that is
// no total order every step shows in the result, so every step is taken as Go takes it. Where a partition is uneven Go swaps
// elements by a generator whose shifts were corrected in 1.24, so there are two orders.

/* Runs up to this length are sorted by insertion. */
const MAX_INSERTION = 12;
/* From this length on the pivot is a median of medians, and a nearly sorted run is mended. */
const LONG_RUN = 50;
const MAX_MENDED_PAIRS = 5;
/* Every comparison of the choice of a long run's pivot was the wrong way round. */
const ALL_SWAPPED = 12;

/* Shifts of the generator: up to Go 1.23, and since. */
const SHIFTS = [
  [13n, 17n, 5n],
  [13n, 7n, 17n],
] as const;
type Shifts = (typeof SHIFTS)[number];

/**
 * The items in Go's order; null where it is not the same in all releases.
 *
 * @param isBefore - as the `less` of sort.Slice; need not be transitive.
 * @see Go, src/sort/zsortfunc.go, pdqsort_func
 */
export function sortAsGo<T>(items: readonly T[], isBefore: (a: T, b: T) => boolean): readonly T[] | null {
  const [earlier = [], later = []] = SHIFTS.map((shifts) => {
    const run = new Run([...items], isBefore, shifts);
    run.sort(0, items.length, bitLength(items.length));
    return run.items;
  });
  return earlier.every((item, index) => item === later[index]) ? earlier : null;
}

class Run<T> {
  constructor(
    readonly items: T[],
    private readonly isBefore: (a: T, b: T) => boolean,
    private readonly shifts: Shifts,
  ) {}

  /** Sorts `from` up to, not including, `to`; by heap once `unevenLeft` partitions were uneven. */
  sort(from: number, to: number, unevenLeft: number): void {
    let [a, b, left] = [from, to, unevenLeft];
    let [even, partitioned] = [true, true];
    while (b - a > MAX_INSERTION) {
      const length = b - a;
      if (left === 0) {
        this.heapSort(a, b);
        return;
      }
      if (!even) {
        this.breakPatterns(a, b);
        left -= 1;
      }
      const { pivot, rising } = this.choosePivot(a, b);
      if (even && partitioned && rising && this.mend(a, b)) return;
      if (a > 0 && !this.less(a - 1, pivot)) {
        a = this.partitionEqual(a, b, pivot);
        continue;
      }
      const { middle, wasPartitioned } = this.partition(a, b, pivot);
      partitioned = wasPartitioned;
      const [below, above] = [middle - a, b - middle];
      even = Math.min(below, above) >= Math.floor(length / 8);
      if (below < above) {
        this.sort(a, middle, left);
        a = middle + 1;
      } else {
        this.sort(middle + 1, b, left);
        b = middle;
      }
    }
    this.insertionSort(a, b);
  }

  private less(i: number, j: number): boolean {
    return this.isBefore(this.items[i] as T, this.items[j] as T);
  }

  private swap(i: number, j: number): void {
    const kept = this.items[i] as T;
    this.items[i] = this.items[j] as T;
    this.items[j] = kept;
  }

  private insertionSort(a: number, b: number): void {
    for (let i = a + 1; i < b; i++) {
      for (let j = i; j > a && this.less(j, j - 1); j--) this.swap(j, j - 1);
    }
  }

  private heapSort(a: number, b: number): void {
    const length = b - a;
    for (let i = Math.floor((length - 1) / 2); i >= 0; i--) this.siftDown(i, length, a);
    for (let i = length - 1; i >= 0; i--) {
      this.swap(a, a + i);
      this.siftDown(0, i, a);
    }
  }

  private siftDown(start: number, end: number, first: number): void {
    for (let root = start; 2 * root + 1 < end;) {
      let child = 2 * root + 1;
      if (child + 1 < end && this.less(first + child, first + child + 1)) child += 1;
      if (!this.less(first + root, first + child)) return;
      this.swap(first + root, first + child);
      root = child;
    }
  }

  /* Elements before the pivot to its left, the others to its right. */
  private partition(
    a: number,
    b: number,
    pivot: number,
  ): { readonly middle: number; readonly wasPartitioned: boolean } {
    this.swap(a, pivot);
    let [i, j] = [a + 1, b - 1];
    for (let swaps = 0; ; swaps++) {
      while (i <= j && this.less(i, a)) i++;
      while (i <= j && !this.less(j, a)) j--;
      if (i > j) {
        this.swap(j, a);
        return { middle: j, wasPartitioned: swaps === 0 };
      }
      this.swap(i++, j--);
    }
  }

  /* Elements equal to the pivot first; there are none before it. @returns where the greater ones begin. */
  private partitionEqual(a: number, b: number, pivot: number): number {
    this.swap(a, pivot);
    let [i, j] = [a + 1, b - 1];
    for (;;) {
      while (i <= j && !this.less(a, i)) i++;
      while (i <= j && this.less(a, j)) j--;
      if (i > j) return i;
      this.swap(i++, j--);
    }
  }

  /* Moves a few elements of a run that is nearly sorted; whether it is sorted then. */
  private mend(a: number, b: number): boolean {
    let i = a + 1;
    for (let pair = 0; pair < MAX_MENDED_PAIRS; pair++) {
      while (i < b && !this.less(i, i - 1)) i++;
      if (i === b) return true;
      if (b - a < LONG_RUN) return false;
      this.swap(i, i - 1);
      if (i - a >= 2) for (let j = i - 1; j >= 1 && this.less(j, j - 1); j--) this.swap(j, j - 1);
      if (b - i >= 2) for (let j = i + 1; j < b && this.less(j, j - 1); j++) this.swap(j, j - 1);
    }
    return false;
  }

  /* Three swaps around the middle, with places that a generator seeded with the length names. */
  private breakPatterns(a: number, b: number): void {
    const length = b - a;
    const [first, second, third] = this.shifts;
    const mask = (1n << BigInt(bitLength(length))) - 1n;
    const middle = a + Math.floor(length / 4) * 2;
    let random = BigInt(length);
    for (let at = middle - 1; at <= middle + 1; at++) {
      random = BigInt.asUintN(64, random ^ (random << first));
      random ^= random >> second;
      random = BigInt.asUintN(64, random ^ (random << third));
      const other = Number(random & mask);
      this.swap(at, a + (other >= length ? other - length : other));
    }
  }

  /* A falling run is turned round. */
  private choosePivot(a: number, b: number): { readonly pivot: number; readonly rising: boolean } {
    const quarter = Math.floor((b - a) / 4);
    const counter = { swaps: 0 };
    const around = (at: number): number => (b - a < LONG_RUN ? at : this.median(at - 1, at, at + 1, counter));
    const places = [around(a + quarter), around(a + 2 * quarter), around(a + 3 * quarter)] as const;
    const pivot = this.median(...places, counter);
    if (counter.swaps !== ALL_SWAPPED) return { pivot, rising: counter.swaps === 0 };
    for (let i = a, j = b - 1; i < j; i++, j--) this.swap(i, j);
    return { pivot: b - 1 - (pivot - a), rising: true };
  }

  private median(a: number, b: number, c: number, counter: { swaps: number }): number {
    const ordered = (x: number, y: number): readonly [number, number] => {
      if (!this.less(y, x)) return [x, y];
      counter.swaps += 1;
      return [y, x];
    };
    const [low, high] = ordered(a, b);
    const [lower] = ordered(high, c);
    return ordered(low, lower)[1];
  }
}

/* Bits that a number needs; 0 for 0. */
function bitLength(value: number): number {
  return value === 0 ? 0 : 32 - Math.clz32(value);
}

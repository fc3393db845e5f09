// Sparse files: old GNU headers and the PAX forms 0.0, 0.1 and 1.0. All of them say which parts of a file are not holes.

import type { TarEntry } from './entry.js';
import { parseDecimal, parseNumeric } from './numeric.js';
import { SPARSE_MAP } from './pax.js';

/** A part of the file that the archive has data for. */
export interface SparseRegion {
  readonly offset: number;
  readonly length: number;
}

/** Which sparse form an entry's records announce; null for an ordinary file. */
export type PaxSparseForm = 'map-in-records' | 'map-in-data' | null;

export function paxSparseForm(records: ReadonlyMap<string, string>): PaxSparseForm {
  const major = records.get('GNU.sparse.major') ?? '';
  const minor = records.get('GNU.sparse.minor') ?? '';
  if (major === '0' && (minor === '0' || minor === '1')) return 'map-in-records';
  if (major === '1' && minor === '0') return 'map-in-data';
  if (major !== '' || minor !== '') return null;
  return (records.get(SPARSE_MAP) ?? '') === '' ? null : 'map-in-records';
}

/** Name and real size from the sparse records; false where the size is malformed. */
export function mergeSparseRecords(entry: TarEntry): boolean {
  const { records } = entry;
  const name = records.get('GNU.sparse.name') ?? '';
  if (name !== '') entry.name = name;
  const size = [records.get('GNU.sparse.size'), records.get('GNU.sparse.realsize')].find(
    (text) => text !== undefined && text !== '',
  );
  if (size === undefined) return true;
  const parsed = parseDecimal(size);
  entry.size = Number(parsed ?? 0);
  return parsed !== null;
}

/** The map of forms 0.0 and 0.1. */
export function mapFromRecords(records: ReadonlyMap<string, string>): readonly SparseRegion[] | null {
  const count = parseDecimal(records.get('GNU.sparse.numblocks') ?? '');
  const map = records.get(SPARSE_MAP) ?? '';
  const numbers = map === '' ? [] : map.split(',');
  return count === null || numbers.length !== 2 * Number(count) ? null : regionsOf(numbers);
}

/** Collects the map of form 1.0: lines of decimals at the start of the data, in whole blocks. */
export class DataMap {
  private text = '';
  private newlines = 0;

  get length(): number {
    return this.text.length;
  }

  /** Takes the next block; the regions once they are complete, null if malformed, undefined if more is needed. */
  push(block: string): readonly SparseRegion[] | null | undefined {
    this.text += block;
    for (const character of block) if (character === '\n') this.newlines += 1;
    if (this.newlines === 0) return undefined;
    const count = parseDecimal(this.text.slice(0, this.text.indexOf('\n')));
    if (count === null || count < 0) return null;
    const needed = 2 * Number(count);
    return this.newlines - 1 < needed ? undefined : regionsOf(this.text.split('\n').slice(1, 1 + needed));
  }
}

/** Regions of an old GNU header (4 at offset 386) or of one of its extension blocks (21 at offset 0). */
export function mapFromGnuBlock(block: Buffer, start: number, count: number): readonly SparseRegion[] | null {
  const regions: SparseRegion[] = [];
  for (let at = start; at < start + 24 * count && block[at] !== 0; at += 24) {
    const offset = parseNumeric(block, at, at + 12);
    const length = parseNumeric(block, at + 12, at + 24);
    if (offset === null || length === null) return null;
    regions.push({ offset: Number(offset), length: Number(length) });
  }
  return regions;
}

/** Whether regions lie in order, apart from each other and inside a file of `size` bytes. */
export function regionsFit(regions: readonly SparseRegion[], size: number): boolean {
  let end = 0;
  return (
    size >= 0 &&
    regions.every(({ offset, length }) => {
      const fits = length >= 0 && offset >= end && offset + length <= size;
      end = offset + length;
      return fits;
    })
  );
}

function regionsOf(numbers: readonly string[]): readonly SparseRegion[] | null {
  const parsed = numbers.map((text) => parseDecimal(text));
  if (parsed.includes(null)) return null;
  return Array.from({ length: parsed.length / 2 }, (_, index) => ({
    offset: Number(parsed[2 * index]),
    length: Number(parsed[2 * index + 1]),
  }));
}

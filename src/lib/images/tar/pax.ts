// PAX extended headers: records, and what they override in an entry (POSIX 1003.1-2008 pax, read as Go's archive/tar does).

import type { TarEntry, TarTime } from './entry.js';
import { parseDecimal } from './numeric.js';

const SPARSE_OFFSET = 'GNU.sparse.offset';
const SPARSE_LENGTH = 'GNU.sparse.numbytes';
export const SPARSE_MAP = 'GNU.sparse.map';

/** The records of an extended header's data; null where one is malformed. Later records win. */
export function parsePaxRecords(data: string): ReadonlyMap<string, string> | null {
  const records = new Map<string, string>();
  const sparse: string[] = [];
  for (let offset = 0; offset < data.length;) {
    const record = parseRecord(data, offset);
    if (record === null) return null;
    offset = record.end;
    if (record.key !== SPARSE_OFFSET && record.key !== SPARSE_LENGTH) records.set(record.key, record.value);
    else if (!appendSparse(sparse, record.key, record.value)) return null;
  }
  if (sparse.length > 0) records.set(SPARSE_MAP, sparse.join(','));
  return records;
}

interface PaxRecord {
  readonly key: string;
  readonly value: string;
  readonly end: number;
}

/* `LENGTH KEY=VALUE\n`, LENGTH being that of the whole record. */
function parseRecord(data: string, start: number): PaxRecord | null {
  const space = data.indexOf(' ', start);
  if (space === -1 || space - start > 20) return null;
  const length = Number(parseDecimal(data.slice(start, space)) ?? Number.NaN);
  const end = start + length;
  if (!(length >= 5 && end <= data.length && end > space + 1) || data[end - 1] !== '\n') return null;
  const text = data.slice(space + 1, end - 1);
  const equals = text.indexOf('=');
  if (equals < 1) return null;
  const key = text.slice(0, equals);
  const value = text.slice(equals + 1);
  const checked = ['path', 'linkpath', 'uname', 'gname'].includes(key) ? value : key;
  return checked.includes('\0') ? null : { key, value, end };
}

/* GNU sparse 0.0 repeats offset and length; they are turned into the map of 0.1. */
function appendSparse(map: string[], key: string, value: string): boolean {
  const expected = map.length % 2 === 0 ? SPARSE_OFFSET : SPARSE_LENGTH;
  if (key !== expected || value.includes(',')) return false;
  map.push(value);
  return true;
}

/** Lets records override header fields; an empty value overrides nothing. False where a value is malformed. */
export function mergePaxRecords(entry: TarEntry, records: ReadonlyMap<string, string>): boolean {
  entry.records = records;
  for (const [key, value] of records) {
    if (value !== '' && !mergeRecord(entry, key, value)) return false;
  }
  return true;
}

function mergeRecord(entry: TarEntry, key: string, value: string): boolean {
  switch (key) {
    case 'path':
      entry.name = value;
      return true;
    case 'linkpath':
      entry.linkName = value;
      return true;
    case 'uid':
    case 'gid': {
      const id = parseDecimal(value);
      entry[key] = id ?? 0;
      return id !== null;
    }
    case 'size': {
      const size = parseDecimal(value);
      entry.size = Number(size ?? 0);
      return size !== null;
    }
    case 'mtime':
      return (entry.modified = parsePaxTime(value)) !== null;
    case 'atime':
      return (entry.accessed = parsePaxTime(value)) !== null;
    case 'ctime':
      return (entry.changed = parsePaxTime(value)) !== null;
    default:
      return true;
  }
}

/** Decimal seconds; the fraction is cut after nine digits and, after a minus sign, goes downwards. */
export function parsePaxTime(text: string): TarTime | null {
  const [whole = '', fraction = ''] = splitOnce(text, '.');
  const parsed = parseDecimal(whole);
  if (parsed === null || !/^[0-9]*$/.test(fraction)) return null;
  const seconds = Number(parsed);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (!whole.startsWith('-') || nanoseconds === 0) return { seconds, nanoseconds };
  return { seconds: seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

// One member of a tar archive, after PAX and GNU records have been merged into its header.

import type { TarNumber } from './numeric.js';

/** Type flag of a header (POSIX ustar `typeflag`), one character. */
export const TAR_TYPE = {
  regular: '0',
  hardLink: '1',
  symlink: '2',
  characterDevice: '3',
  blockDevice: '4',
  directory: '5',
  fifo: '6',
  paxHeader: 'x',
  paxGlobalHeader: 'g',
  gnuLongName: 'L',
  gnuLongLink: 'K',
  gnuSparse: 'S',
} as const;

/** A point in time: seconds since the epoch, and 0 to 999999999 nanoseconds after that second. */
export interface TarTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Strings are byte strings: one UTF-16 unit a byte (Latin-1), because names in an archive need not be UTF-8. */
export interface TarEntry {
  name: string;
  linkName: string;
  type: string;
  mode: TarNumber;
  uid: TarNumber;
  gid: TarNumber;
  /** Bytes of content; for a sparse file the size with its holes. */
  size: number;
  modified: TarTime | null;
  accessed: TarTime | null;
  changed: TarTime | null;
  deviceMajor: TarNumber;
  deviceMinor: TarNumber;
  /** PAX records of this entry, later ones over earlier ones; empty for most entries. */
  records: ReadonlyMap<string, string>;
}

/** Whether no data follows a header of this type, whatever its size field says. */
export function isHeaderOnly(type: string): boolean {
  return type >= TAR_TYPE.hardLink && type <= TAR_TYPE.fifo;
}

/** A byte string as text for people. */
export function displayName(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

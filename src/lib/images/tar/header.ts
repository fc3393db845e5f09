// The 512-byte header block: v7, ustar, PAX, GNU and star, with the leniency of Go's archive/tar.

import { TAR_TYPE, type TarEntry, type TarTime } from './entry.js';
import { parseNumeric, parseOctal, type TarNumber } from './numeric.js';

export const TAR_BLOCK_SIZE = 512;

export type TarFormat = 'v7' | 'ustar' | 'gnu' | 'star';

export interface TarHeader {
  readonly format: TarFormat;
  readonly entry: TarEntry;
}

const NO_RECORDS: ReadonlyMap<string, string> = new Map();

/** Reads a header block; null where Go reports an invalid header (checksum, or a number that is none). */
export function parseTarHeader(block: Buffer): TarHeader | null {
  if (!checksumHolds(block)) return null;
  const format = formatOf(block);
  const fields = new Fields(block);
  const entry: TarEntry = {
    name: fields.text(0, 100),
    linkName: fields.text(157, 257),
    type: String.fromCharCode(block[156] ?? 0),
    mode: fields.number(100, 108),
    uid: fields.number(108, 116),
    gid: fields.number(116, 124),
    size: Number(fields.number(124, 136)),
    modified: fields.time(136, 148),
    accessed: null,
    changed: null,
    deviceMajor: 0,
    deviceMinor: 0,
    records: NO_RECORDS,
  };
  if (format !== 'v7') readExtension(format, fields, entry);
  return fields.failed ? null : { format, entry };
}

/* What follows offset 257 depends on the format. */
function readExtension(format: TarFormat, fields: Fields, entry: TarEntry): void {
  entry.deviceMajor = fields.number(329, 337);
  entry.deviceMinor = fields.number(337, 345);
  let prefix = '';
  if (format === 'ustar') prefix = fields.text(345, 500);
  if (format === 'star') {
    prefix = fields.text(345, 476);
    entry.accessed = fields.time(476, 488);
    entry.changed = fields.time(488, 500);
  }
  if (format === 'gnu') prefix = readGnuTimes(fields, entry);
  if (prefix !== '') entry.name = `${prefix}/${entry.name}`;
}

/* Old GNU has times where ustar has the prefix; writers that put a prefix there are recognised by the times not parsing. */
function readGnuTimes(fields: Fields, entry: TarEntry): string {
  const times = new Fields(fields.block);
  const accessed = fields.block[345] === 0 ? null : times.time(345, 357);
  const changed = fields.block[357] === 0 ? null : times.time(357, 369);
  if (!times.failed) {
    entry.accessed = accessed;
    entry.changed = changed;
    return '';
  }
  const prefix = fields.text(345, 500);
  return /^[\x01-\x7f]*$/.test(prefix) ? prefix : '';
}

function formatOf(block: Buffer): TarFormat {
  const magic = block.toString('latin1', 257, 265);
  if (magic.startsWith('ustar\0')) return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
  return magic === 'ustar  \0' ? 'gnu' : 'v7';
}

/* The sum of all bytes, its own field counted as spaces; some writers summed signed bytes. */
function checksumHolds(block: Buffer): boolean {
  const expected = parseOctal(block, 148, 156);
  let unsigned = 8 * 0x20;
  let negative = 0;
  for (let i = 0; i < TAR_BLOCK_SIZE; i++) {
    if (i === 148) i = 156;
    const byte = block[i] as number;
    unsigned += byte;
    negative += byte >> 7;
  }
  return expected === unsigned || expected === unsigned - negative * 0x100;
}

class Fields {
  failed = false;
  constructor(readonly block: Buffer) {}

  /** Bytes up to the first NUL. */
  text(start: number, end: number): string {
    const nul = this.block.indexOf(0, start);
    return this.block.toString('latin1', start, nul === -1 || nul > end ? end : nul);
  }

  number(start: number, end: number): TarNumber {
    const value = parseNumeric(this.block, start, end);
    if (value === null) this.failed = true;
    return value ?? 0;
  }

  time(start: number, end: number): TarTime {
    return { seconds: Number(this.number(start, end)), nanoseconds: 0 };
  }
}

/** Type NUL is a regular file, or by old custom a directory where the name ends in a slash. */
export function settleOldType(entry: TarEntry): void {
  if (entry.type === '\0') entry.type = entry.name.endsWith('/') ? TAR_TYPE.directory : TAR_TYPE.regular;
}

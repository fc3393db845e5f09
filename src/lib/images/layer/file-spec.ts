// What an inode is made from, and how a tar entry says it.

import { TAR_TYPE, type TarEntry, type TarTime } from '../tar/entry.js';
import { lowUint32 } from '../tar/numeric.js';
import { MODE } from './constants.js';
import type { Xattrs } from './xattrs.js';

const XATTR_RECORD = 'SCHILY.xattr.';

/** What an inode is made from. */
export interface FileSpec {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly accessed: TarTime | null;
  readonly changed: TarTime | null;
  readonly modified: TarTime | null;
  readonly created: TarTime | null;
  readonly size: number;
  readonly linkName: string;
  readonly device: Uint8Array | null;
  readonly xattrs: Xattrs;
}

export const NO_XATTRS: Xattrs = new Map();

/** A character device 0:0 without owner or times: overlayfs's mark of a deleted name. */
export const WHITEOUT: FileSpec = {
  mode: MODE.characterDevice,
  uid: 0,
  gid: 0,
  accessed: null,
  changed: null,
  modified: null,
  created: null,
  size: 0,
  linkName: '',
  device: null,
  xattrs: NO_XATTRS,
};

/** The inode that a tar entry other than a hard link or a whiteout asks for. */
export function specOf(entry: TarEntry): FileSpec {
  const type = fileType(entry.type);
  const isDevice = type === MODE.characterDevice || type === MODE.blockDevice;
  return {
    mode: (lowUint32(entry.mode) & ~MODE.typeMask & 0xffff) | type,
    uid: lowUint32(entry.uid),
    gid: lowUint32(entry.gid),
    accessed: entry.accessed,
    changed: entry.changed,
    modified: entry.modified,
    created: entry.modified,
    size: entry.size,
    linkName: entry.linkName,
    device: isDevice ? encodeDevice(lowUint32(entry.deviceMajor), lowUint32(entry.deviceMinor)) : null,
    xattrs: xattrsOf(entry.records),
  };
}

/* Whatever is not one of these becomes a regular file: also contiguous files, sparse ones, global headers, unknown letters. */
function fileType(type: string): number {
  switch (type) {
    case TAR_TYPE.symlink:
      return MODE.symlink;
    case TAR_TYPE.characterDevice:
      return MODE.characterDevice;
    case TAR_TYPE.blockDevice:
      return MODE.blockDevice;
    case TAR_TYPE.directory:
      return MODE.directory;
    case TAR_TYPE.fifo:
      return MODE.fifo;
    default:
      return MODE.regular;
  }
}

/* The "new" encoding of device numbers, in the second word of i_block. */
function encodeDevice(major: number, minor: number): Uint8Array {
  const field = Buffer.alloc(8);
  field.writeUInt32LE(((minor & 0xff) | (major << 8) | ((minor & 0xffffff00) << 12)) >>> 0, 4);
  return field;
}

function xattrsOf(records: ReadonlyMap<string, string>): Xattrs {
  if (records.size === 0) return NO_XATTRS;
  const named = [...records].filter(([key]) => key.startsWith(XATTR_RECORD));
  return new Map(
    named.map(([key, value]) => [key.slice(XATTR_RECORD.length), Buffer.from(value, 'latin1')] as const),
  );
}

// Writes a zip file of a few small members: the same members give the same bytes.

import { crc32, deflateRawSync } from 'node:zlib';

import {
  CENTRAL_SIGNATURE,
  CENTRAL_SIZE,
  DEFLATED,
  END_SIGNATURE,
  END_SIZE,
  LOCAL_SIGNATURE,
  LOCAL_SIZE,
  UTF8_NAMES,
  VERSION_NEEDED,
  type ZipMember,
} from './zip-layout.js';

/* 1980-01-01, the earliest date that the form has: a zip tells nothing of when it was made. */
const DOS_DATE = 0x0021;

/** The zip file of `members`, in their order; every member is deflated. */
export function writeZip(members: readonly ZipMember[]): Uint8Array {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const packed = deflateRawSync(bytes);
    const encodedName = Buffer.from(name, 'utf8');
    const shared = sharedFields({ bytes, packed, encodedName });
    const local = Buffer.concat([word(LOCAL_SIGNATURE), shared, encodedName, packed]);
    centrals.push(centralHeader(shared, encodedName, offset));
    locals.push(local);
    offset += LOCAL_SIZE + encodedName.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  return Buffer.concat([...locals, directory, endRecord(members.length, directory.length, offset)]);
}

interface Packed {
  readonly bytes: Uint8Array;
  readonly packed: Uint8Array;
  readonly encodedName: Uint8Array;
}

function sharedFields({ bytes, packed, encodedName }: Packed): Buffer {
  const fields = Buffer.alloc(LOCAL_SIZE - 4);
  fields.writeUInt16LE(VERSION_NEEDED, 0);
  fields.writeUInt16LE(UTF8_NAMES, 2);
  fields.writeUInt16LE(DEFLATED, 4);
  fields.writeUInt16LE(0, 6);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(encodedName.length, 22);
  return fields;
}

function centralHeader(shared: Uint8Array, name: Uint8Array, offset: number): Buffer {
  const header = Buffer.alloc(CENTRAL_SIZE);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(VERSION_NEEDED, 4);
  header.set(shared, 6);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(END_SIZE);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

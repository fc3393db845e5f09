// Reads a zip file of expected members, in memory, as strictly as can be: what one reader sees, every reader sees.

import { crc32, inflateRawSync } from 'node:zlib';

import { CleanroomError } from '../../errors.js';
import {
  CENTRAL_SIGNATURE,
  CENTRAL_SIZE,
  DEFLATED,
  END_SIGNATURE,
  END_SIZE,
  LOCAL_SIGNATURE,
  LOCAL_SIZE,
  type MemberRule,
  SHARED_FIELDS,
  STORED,
  UTF8_NAMES,
} from './zip-layout.js';

interface CentralEntry {
  readonly name: string;
  readonly shared: Buffer;
  readonly offset: number;
}

/**
 * The members of a zip file, each expected one exactly once and no other. The file has to be members, directory and end
 * record without a gap, an overlap or a comment; local and central header have to agree byte for byte. Refused: encryption, data descriptors, ZIP64 and every
 * other extra field, other methods than stored and deflate. Sizes are counted while inflating.
 *
 * @param maxTotalBytes - of all members together, inflated.
 * @throws CleanroomError CLEANROOM_FILE_INVALID
 */
export function readZip(
  file: Uint8Array,
  rules: readonly MemberRule[],
  maxTotalBytes: number,
): ReadonlyMap<string, Uint8Array> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const { count, directoryOffset } = readEnd(bytes);
  if (count !== rules.length) throw invalid(`it has ${count} members, not ${rules.length}`);
  const entries = readDirectory(bytes, count, directoryOffset);
  const members = new Map<string, Uint8Array>();
  let end = 0;
  let left = maxTotalBytes;
  for (const entry of entries) {
    const rule = rules.find(({ name }) => name === entry.name);
    if (rule === undefined) throw invalid('it has a member that does not belong in it');
    if (members.has(entry.name)) throw invalid(`it has the member ${entry.name} twice`);
    if (entry.offset !== end) throw invalid('its members overlap, or something stands between them');
    const member = readMember(bytes, entry, Math.min(rule.maxBytes, left));
    members.set(entry.name, member.bytes);
    left -= member.bytes.length;
    end = member.end;
  }
  if (end !== directoryOffset) throw invalid('something stands between its members and its directory');
  return members;
}

/** Whether a file begins as a zip does. */
export function looksLikeZip(file: Uint8Array): boolean {
  return file.length > 4 && Buffer.from(file.subarray(0, 4)).readUInt32LE() === LOCAL_SIGNATURE;
}

function readEnd(bytes: Buffer): { readonly count: number; readonly directoryOffset: number } {
  const at = bytes.length - END_SIZE;
  if (at < 0 || bytes.readUInt32LE(at) !== END_SIGNATURE)
    throw invalid('it does not end with the end record of a zip file');
  const count = bytes.readUInt16LE(at + 10);
  const size = bytes.readUInt32LE(at + 12);
  const directoryOffset = bytes.readUInt32LE(at + 16);
  const isAlone = bytes.readUInt32LE(at + 4) === 0 && bytes.readUInt16LE(at + 8) === count;
  if (!isAlone) throw invalid('it is one of several volumes');
  if (bytes.readUInt16LE(at + 20) !== 0) throw invalid('it has a comment');
  if (directoryOffset + size !== at) throw invalid('its directory is not where the end record has it');
  return { count, directoryOffset };
}

function readDirectory(bytes: Buffer, count: number, start: number): readonly CentralEntry[] {
  const entries: CentralEntry[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const header = slice(bytes, at, CENTRAL_SIZE);
    if (header.readUInt32LE(0) !== CENTRAL_SIGNATURE) throw invalid('its directory is damaged');
    const nameLength = header.readUInt16LE(28);
    const hasMore = header.readUInt16LE(30) !== 0 || header.readUInt16LE(32) !== 0;
    if (hasMore) throw invalid('a member has an extra field (ZIP64, encryption) or a comment');
    if (header.readUInt16LE(34) !== 0) throw invalid('it is one of several volumes');
    const name = slice(bytes, at + CENTRAL_SIZE, nameLength).toString('latin1');
    entries.push({ name, shared: header.subarray(6, 6 + SHARED_FIELDS), offset: header.readUInt32LE(42) });
    at += CENTRAL_SIZE + nameLength;
  }
  if (at !== bytes.length - END_SIZE) throw invalid('its directory has another length');
  return entries;
}

function readMember(
  bytes: Buffer,
  { name, shared, offset }: CentralEntry,
  maxBytes: number,
): { readonly bytes: Uint8Array; readonly end: number } {
  const header = slice(bytes, offset, LOCAL_SIZE);
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) throw invalid(`the member ${name} is damaged`);
  const nameLength = shared.readUInt16LE(22);
  const localName = slice(bytes, offset + LOCAL_SIZE, nameLength).toString('latin1');
  if (!header.subarray(4).equals(shared) || localName !== name)
    throw invalid(`the directory and the member ${name} itself do not agree`);
  if ((shared.readUInt16LE(2) & ~UTF8_NAMES) !== 0)
    throw invalid(`the member ${name} is encrypted, or its size is not given`);
  const start = offset + LOCAL_SIZE + nameLength;
  const end = start + shared.readUInt32LE(14);
  const size = shared.readUInt32LE(18);
  if (size > maxBytes) throw invalid(`the member ${name} is larger than ${maxBytes} bytes`);
  const content = unpack(bytes.subarray(start, end), shared.readUInt16LE(4), size, name);
  if (crc32(content) !== shared.readUInt32LE(10)) throw invalid(`the checksum of ${name} is another`);
  return { bytes: content, end };
}

/* `size` bytes at most are ever inflated, whatever the data would become. */
function unpack(packed: Buffer, method: number, size: number, name: string): Uint8Array {
  if (method === STORED) {
    if (packed.length !== size) throw invalid(`the member ${name} has another length`);
    return Uint8Array.from(packed);
  }
  if (method !== DEFLATED) throw invalid(`the member ${name} is compressed in another way`);
  const inflated = inflate(packed, size, name);
  if (inflated.engine.bytesWritten !== packed.length || inflated.buffer.length !== size)
    throw invalid(`the member ${name} has another length`);
  return inflated.buffer;
}

interface Inflated {
  readonly buffer: Buffer;
  /** Of the packed bytes, how many it took. */
  readonly engine: { readonly bytesWritten: number };
}

function inflate(packed: Buffer, size: number, name: string): Inflated {
  try {
    // With `info`, Node.js answers with an object; its types do not know that.
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1), info: true }) as unknown as Inflated;
  } catch (cause) {
    throw invalid(`the member ${name} cannot be inflated to the size given`, cause);
  }
}

function slice(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw invalid('it is cut off');
  return bytes.subarray(start, start + length);
}

function invalid(problem: string, cause?: unknown): CleanroomError {
  return new CleanroomError(
    'CLEANROOM_FILE_INVALID',
    `the file is not of the form *.cleanroom: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}

// The `ar` archive that a Debian package is (deb(5)): a list of members with a decimal header each.

import { CleanroomError } from '../../base/errors.js';

const MAGIC = '!<arch>\n';
const HEADER = 60;

/**
 * Members of an `ar` archive by name.
 *
 * @throws CleanroomError IMAGE_ARCHIVE_MALFORMED for anything else, a member twice, or one that is cut short
 */
export function readAr(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (archive.toString('latin1', 0, MAGIC.length) !== MAGIC) throw malformed('it does not begin like one');
  const members = new Map<string, Uint8Array>();
  for (let at = MAGIC.length; at < archive.length;) {
    const header = archive.toString('latin1', at, at + HEADER);
    const [, name = '', size = ''] = /^(.{16}).{32}([0-9 ]{10})`\n$/s.exec(header) ?? [];
    const length = Number(size.trim());
    const start = at + HEADER;
    const key = name.trim().replace(/\/$/, '');
    if (key === '' || size.trim() === '' || start + length > archive.length || members.has(key))
      throw malformed(`the member at byte ${at} is cut short, twice or without a name`);
    members.set(key, archive.subarray(start, start + length));
    at = start + length + (length % 2);
  }
  return members;
}

function malformed(problem: string): CleanroomError {
  return new CleanroomError('IMAGE_ARCHIVE_MALFORMED', `not an ar archive: ${problem}`);
}

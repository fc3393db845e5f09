// A base image that somebody gives: whether the room's program can run on it. Read entry by entry; nothing of it is run.

import { CleanroomError } from '../../base/errors.js';
import type { ImageArchive } from '../archive/image-archive.js';
import { GLIBC_LOADER, LIBRARY_FILES, libraryProblem } from '../c-libraries.js';
import { findProgram, refuseVariables, searchPath, temporaryProblem } from '../check-start.js';
import { readMergedFiles } from '../merged-files.js';

export interface BaseFindings {
  /** Path of the Node.js binary in the image. */
  readonly node: string;
  /** `24.22.3`. */
  readonly version: string;
}

const OLDEST_NODE = 20;
/* Files whose content is looked at, of all together no more than so many bytes. */
const MAX_READ = 512 * 2 ** 20;
const NODE_FILES = /^(?:node|nodejs)$/;

/**
 * Finds Node.js, its C and C++ libraries, and the variables of a base.
 *
 * @throws CleanroomError IMAGE_BASE_UNSUITABLE, naming what is missing, too old or refused; as reading the archive
 */
export async function checkBase(archive: ImageArchive): Promise<BaseFindings> {
  const { env } = archive.config;
  refuseVariables(env);
  let left = MAX_READ;
  const files = await readMergedFiles(archive, (name, { size }) => {
    if ((!NODE_FILES.test(name) && !LIBRARY_FILES.test(name)) || size > left) return 0;
    left -= size;
    return size;
  });
  const path = searchPath(env);
  const node = findProgram(files, 'node', path);
  if (node === null) throw unsuitable(`there is no program "node" on its PATH (${path})`);
  requireElf(node.file.content, node.path);
  const version = /nodejs\.org\/download\/release\/v([0-9]+\.[0-9]+\.[0-9]+)\//.exec(
    node.file.content.toString('latin1'),
  )?.[1];
  if (version === undefined || Number(version.split('.')[0]) < OLDEST_NODE)
    throw unsuitable(
      `its Node.js is ${version ?? 'of no known version'}, and the room needs ${OLDEST_NODE} or newer`,
    );
  const missing = libraryProblem(files);
  if (missing !== null) throw unsuitable(missing);
  const temporary = temporaryProblem(files);
  if (temporary !== null) throw unsuitable(`its /tmp ${temporary}, and sealed models are unpacked there`);
  return { node: node.path, version };
}

function requireElf(content: Buffer, path: string): void {
  const isElf =
    content.length > 64 &&
    content.readUInt32BE(0) === 0x7f454c46 &&
    content[4] === 2 &&
    content.readUInt16LE(18) === 62;
  if (!isElf) throw unsuitable(`${path} is no program for linux/amd64`);
  if (!content.subarray(0, 4096).includes(GLIBC_LOADER))
    throw unsuitable(`${path} is not made for the GNU C library, which the model runtime needs`);
}

function unsuitable(problem: string): CleanroomError {
  return new CleanroomError('IMAGE_BASE_UNSUITABLE', `the base cannot carry the room: ${problem}`);
}

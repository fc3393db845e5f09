// A base image that somebody gives: whether the room's program can run on it. Read entry by entry; nothing of it is run.

import { CleanroomError } from '../../base/errors.js';
import type { ImageArchive } from '../archive/image-archive.js';
import { findProgram, refuseVariables, searchPath, temporaryProblem } from '../check-start.js';
import { type MergedFiles, readMergedFiles, resolveFile } from '../merged-files.js';

export interface BaseFindings {
  /** Path of the Node.js binary in the image. */
  readonly node: string;
  /** `24.22.3`. */
  readonly version: string;
}

/* onnxruntime-node's library for linux/x64 asks for these; Node.js asks for no more. */
const GLIBC_NEEDED = [2, 28] as const;
const LIBSTDCXX_SYMBOL = 'GLIBCXX_3.4.22';
const OLDEST_NODE = 20;
/* Where the loader of Debian and of Red Hat looks, first to last. */
const LIBRARY_DIRECTORIES = ['/lib', '/usr/lib'].flatMap((base) => [
  `${base}/x86_64-linux-gnu`,
  `${base}64`,
  base,
]);
const LOADER = '/lib64/ld-linux-x86-64.so.2';
/* Files whose content is looked at, of all together no more than so many bytes. */
const MAX_READ = 512 * 2 ** 20;
const READ = /^(?:node|nodejs|libc\.so\.6|libc-[0-9.]+\.so|libstdc\+\+\.so\.6[0-9.]*)$/;

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
    if (!READ.test(name) || size > left) return 0;
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
  requireLibraries(files);
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
  if (!content.subarray(0, 4096).includes(LOADER))
    throw unsuitable(`${path} is not made for the GNU C library, which the model runtime needs`);
}

function requireLibraries(files: MergedFiles): void {
  if (resolveFile(files, LOADER) === null) throw unsuitable(`it has no ${LOADER}`);
  const libc = findLibrary(files, 'libc.so.6');
  const version = /GNU C Library [^\n]*version ([0-9]+)\.([0-9]+)/.exec(libc?.toString('latin1') ?? '');
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  const isNew = major > GLIBC_NEEDED[0] || (major === GLIBC_NEEDED[0] && minor >= GLIBC_NEEDED[1]);
  if (!isNew)
    throw unsuitable(
      `its C library is ${version === null ? 'not found' : `${major}.${minor}`}, and the room needs ${GLIBC_NEEDED.join('.')}`,
    );
  if (findLibrary(files, 'libstdc++.so.6')?.includes(LIBSTDCXX_SYMBOL) !== true)
    throw unsuitable(`it has no libstdc++.so.6 with ${LIBSTDCXX_SYMBOL}`);
}

function findLibrary(files: MergedFiles, name: string): Buffer | null {
  for (const directory of LIBRARY_DIRECTORIES) {
    const found = resolveFile(files, `${directory}/${name}`);
    if (found !== null) return found.file.content;
  }
  return null;
}

function unsuitable(problem: string): CleanroomError {
  return new CleanroomError('IMAGE_BASE_UNSUITABLE', `the base cannot carry the room: ${problem}`);
}

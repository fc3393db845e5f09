// Whether a room's image can be started as the room starts it: its program, its variables, and a place to unpack a sealed model.
// Looked at before anything is signed over the image; the kernel would say it later, in a container that never runs.

import { CleanroomError } from '../base/errors.js';
import { REFUSED_VARIABLES } from '../contract/refused-variables.js';
import { ROOM_USER } from '../contract/room-plan.js';
import type { ImageArchive } from './archive/image-archive.js';
import { GLIBC_LOADER, LIBRARY_FILES, libraryProblem } from './c-libraries.js';
import {
  type ContentKept,
  type MergedFiles,
  permits,
  readMergedFiles,
  resolveEntry,
  resolveFile,
} from './merged-files.js';
import { LOCAL_ONLY_LABEL } from './report.js';
import { lowUint32 } from './tar/numeric.js';

/** The search path of a container runtime where an image has none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const TEMPORARY = '/tmp';
/* Long enough for a script's first line and an ELF file's interpreter; of so many programs as a system may have. */
const HEAD = 4096;
const MAX_HEADS = 16_384;
/* Of all libraries together; Debian's take 5 MB. */
const MAX_LIBRARIES = 64 * 2 ** 20;

export interface StartNeeds {
  /** Whether the room unpacks a sealed model into its `/tmp`. */
  readonly unpacksModel: boolean;
}

/**
 * Reads an image's files and requires that its own program can start. An image for the local room only brings no Node.js, and is
 * started on this machine's: of it the variables alone are looked at.
 *
 * @throws CleanroomError IMAGE_BASE_UNSUITABLE without a program that can be started, for Node.js without the C and C++ libraries
 *   that it needs, or with a variable that the room refuses; ROOM_TMP_UNUSABLE; as reading the archive
 */
export async function checkStart(archive: ImageArchive, { unpacksModel }: StartNeeds): Promise<void> {
  const { env, entrypoint, cmd, labels } = archive.config;
  refuseVariables(env);
  if (labels[LOCAL_ONLY_LABEL.name] === LOCAL_ONLY_LABEL.value) return;
  const files = await readMergedFiles(archive, headsAndLibraries());
  const [program] = [...(entrypoint ?? []), ...(cmd ?? [])];
  if (program === undefined) throw unsuitable('it names no program to start');
  requireProgram(files, program, searchPath(env));
  if (unpacksModel) requireTemporaryDirectory(files);
}

function headsAndLibraries(): ContentKept {
  let heads = 0;
  let left = MAX_LIBRARIES;
  return (name, { mode, size }) => {
    if (LIBRARY_FILES.test(name) && size <= left) {
      left -= size;
      return size;
    }
    return (lowUint32(mode) & 0o111) !== 0 && heads++ < MAX_HEADS ? HEAD : 0;
  };
}

/** @throws CleanroomError IMAGE_BASE_UNSUITABLE */
export function refuseVariables(env: readonly string[]): void {
  const names = env.map((entry) => entry.split('=')[0] ?? '');
  const refused = names.find((name) => REFUSED_VARIABLES.includes(name));
  if (refused !== undefined) throw unsuitable(`it sets ${refused}, which the room refuses`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw unsuitable(`it sets ${twice} twice, and which of the two counts depends on who starts it`);
}

/** The directories in which an image's programs are looked for. */
export function searchPath(env: readonly string[]): string {
  return env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
}

/** A program's file: on the path, or where it says; null where there is none that the room's user may run. */
export function findProgram(
  files: MergedFiles,
  program: string,
  path: string,
): ReturnType<typeof resolveFile> {
  const places = program.includes('/') ? [program] : path.split(':').map((each) => `${each}/${program}`);
  return (
    places
      .map((place) => resolveFile(files, place))
      .find((found) => found !== null && permits(found.file, ROOM_USER, ROOM_USER, 1)) ?? null
  );
}

function requireProgram(files: MergedFiles, program: string, path: string): void {
  const found = findProgram(files, program, path);
  if (found === null)
    throw unsuitable(
      program.includes('/')
        ? `there is no program ${program} that its user may run`
        : `there is no program "${program}" on its PATH (${path})`,
    );
  const interpreter = interpreterOf(found.file.content);
  if (interpreter !== null && findProgram(files, interpreter, path) === null)
    throw unsuitable(`${found.path} is started by ${interpreter}, which is not there`);
  if (interpreter !== GLIBC_LOADER || !found.path.endsWith('/node')) return;
  const missing = libraryProblem(files);
  if (missing !== null) throw unsuitable(missing);
}

/* Of a script its first line's (execve(2)), of an ELF file its loader (elf(5), PT_INTERP, 64 bits); null where it needs none. */
function interpreterOf(head: Buffer): string | null {
  if (head.subarray(0, 2).toString('latin1') === '#!')
    return /^#![ \t]*([^\s]+)/.exec(head.toString('latin1'))?.[1] ?? null;
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return null;
  const [offset, size, count] = [
    Number(head.readBigUInt64LE(32)),
    head.readUInt16LE(54),
    head.readUInt16LE(56),
  ];
  for (let index = 0; index < count; index++) {
    const at = offset + index * size;
    if (at + 40 > head.length) return null;
    if (head.readUInt32LE(at) !== 3) continue;
    const start = Number(head.readBigUInt64LE(at + 8));
    return (
      head.toString('latin1', start, start + Number(head.readBigUInt64LE(at + 32))).split('\0')[0] ?? null
    );
  }
  return null;
}

/** @throws CleanroomError ROOM_TMP_UNUSABLE */
function requireTemporaryDirectory(files: MergedFiles): void {
  const problem = temporaryProblem(files);
  if (problem === null) return;
  throw new CleanroomError(
    'ROOM_TMP_UNUSABLE',
    `the image cannot unpack the sealed model: its ${TEMPORARY} ${problem}`,
  );
}

/** Why the room's user cannot write to `/tmp`; null where it can. */
export function temporaryProblem(files: MergedFiles): string | null {
  const found = resolveEntry(files, TEMPORARY);
  if (found === null) return 'is not there';
  if (found.entry.kind !== 'directory') return 'is no directory';
  return permits(found.entry, ROOM_USER, ROOM_USER, 3) ? null : 'cannot be written by the room’s user';
}

function unsuitable(problem: string): CleanroomError {
  return new CleanroomError('IMAGE_BASE_UNSUITABLE', `the image cannot carry the room: ${problem}`);
}

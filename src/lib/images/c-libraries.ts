// The C and C++ libraries of an image: whether Node.js, and the model runtime that the room loads into it, can be linked to them.

import { type MergedFiles, resolveFile } from './merged-files.js';

/* onnxruntime-node's library for linux/x64 asks for these; Node.js asks for no more. */
const GLIBC_NEEDED = [2, 28] as const;
const LIBSTDCXX_SYMBOL = 'GLIBCXX_3.4.22';
/* Where the loader of Debian and of Red Hat looks, first to last. */
const LIBRARY_DIRECTORIES = ['/lib', '/usr/lib'].flatMap((base) => [
  `${base}/x86_64-linux-gnu`,
  `${base}64`,
  base,
]);

/** The loader of programs that are linked to the GNU C library. */
export const GLIBC_LOADER = '/lib64/ld-linux-x86-64.so.2';

/** Names of files whose whole content `libraryProblem` looks at. */
export const LIBRARY_FILES = /^(?:libc\.so\.6|libc-[0-9.]+\.so|libstdc\+\+\.so\.6[0-9.]*)$/;

/** What is missing or too old; null where nothing is. */
export function libraryProblem(files: MergedFiles): string | null {
  if (resolveFile(files, GLIBC_LOADER) === null) return `it has no ${GLIBC_LOADER}`;
  const libc = findLibrary(files, 'libc.so.6');
  const version = /GNU C Library [^\n]*version ([0-9]+)\.([0-9]+)/.exec(libc?.toString('latin1') ?? '');
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  const isNew = major > GLIBC_NEEDED[0] || (major === GLIBC_NEEDED[0] && minor >= GLIBC_NEEDED[1]);
  if (!isNew)
    return `its C library is ${version === null ? 'not found' : `${major}.${minor}`}, and the room needs ${GLIBC_NEEDED.join('.')}`;
  if (findLibrary(files, 'libstdc++.so.6')?.includes(LIBSTDCXX_SYMBOL) !== true)
    return `it has no libstdc++.so.6 with ${LIBSTDCXX_SYMBOL}`;
  return null;
}

function findLibrary(files: MergedFiles, name: string): Buffer | null {
  for (const directory of LIBRARY_DIRECTORIES) {
    const found = resolveFile(files, `${directory}/${name}`);
    if (found !== null) return found.file.content;
  }
  return null;
}

// A base image that somebody gives: whether the room's program can run on it. Read entry by entry; nothing of it is run.

import { CleanroomError } from '../../base/errors.js';
import { REFUSED_VARIABLES } from '../../contract/refused-variables.js';
import type { ImageArchive } from '../archive/image-archive.js';
import { pathComponents } from '../layer/entry-path.js';
import { displayName, TAR_TYPE } from '../tar/entry.js';
import { lowUint32 } from '../tar/numeric.js';
import { TarReader } from '../tar/reader.js';

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
const LOADER = '/lib64/ld-linux-x86-64.so.2';
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/* Files whose content is looked at. */
const READ = /^(?:node|nodejs|libc\.so\.6|libc-[0-9.]+\.so|libstdc\+\+\.so\.6[0-9.]*)$/;
const MAX_HOPS = 20;

type Node =
  | { readonly kind: 'file'; readonly executable: boolean; readonly content: Buffer | null }
  | { readonly kind: 'link'; readonly target: string };

/**
 * Finds Node.js, its C and C++ libraries, and the variables of a base.
 *
 * @throws CleanroomError IMAGE_BASE_UNSUITABLE, naming what is missing, too old or refused; as reading the archive
 */
export async function checkBase(archive: ImageArchive): Promise<BaseFindings> {
  const { env } = archive.config;
  const refused = env
    .map((entry) => entry.split('=')[0] ?? '')
    .find((name) => REFUSED_VARIABLES.includes(name));
  if (refused !== undefined) throw unsuitable(`it sets ${refused}, which the room refuses`);
  const files = await readFiles(archive);
  const path = env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  const node = path
    .split(':')
    .map((directory) => resolveFile(files, `${directory}/node`))
    .find((found) => found?.file.executable === true);
  if (node?.file.content === undefined || node.file.content === null)
    throw unsuitable(`there is no program "node" on its PATH (${path})`);
  requireElf(node.file.content, node.path);
  const version = /nodejs\.org\/download\/release\/v([0-9]+\.[0-9]+\.[0-9]+)\//.exec(
    node.file.content.toString('latin1'),
  )?.[1];
  if (version === undefined || Number(version.split('.')[0]) < OLDEST_NODE)
    throw unsuitable(
      `its Node.js is ${version ?? 'of no known version'}, and the room needs ${OLDEST_NODE} or newer`,
    );
  requireLibraries(files);
  return { node: node.path, version };
}

function requireElf(content: Buffer, path: string): void {
  const isElf = content.readUInt32BE(0) === 0x7f454c46 && content[4] === 2 && content.readUInt16LE(18) === 62;
  if (!isElf) throw unsuitable(`${path} is no program for linux/amd64`);
  if (!content.subarray(0, 4096).includes(LOADER))
    throw unsuitable(`${path} is not made for the GNU C library, which the model runtime needs`);
}

function requireLibraries(files: ReadonlyMap<string, Node>): void {
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

function findLibrary(files: ReadonlyMap<string, Node>, name: string): Buffer | null {
  const paths = [...files.keys()].filter((path) => /^\/(?:usr\/)?lib(?:64|\/x86_64-linux-gnu)?\//.test(path));
  const found = paths.find((path) => path.endsWith(`/${name}`));
  return found === undefined ? null : (resolveFile(files, found)?.file.content ?? null);
}

/* Links are followed, of directories too, as far as the image has them. */
function resolveFile(
  files: ReadonlyMap<string, Node>,
  path: string,
): { readonly path: string; readonly file: Extract<Node, { kind: 'file' }> } | null {
  let rest = [...pathComponents(path)];
  let done: string[] = [];
  for (let hops = 0; hops < MAX_HOPS;) {
    const [next, ...others] = rest;
    if (next === undefined) return null;
    const here = `/${[...done, next].join('/')}`;
    const node = files.get(here);
    if (node?.kind === 'link') {
      hops += 1;
      const start = node.target.startsWith('/') ? [] : done;
      rest = [...pathComponents([...start, node.target, ...others].join('/'))];
      done = [];
    } else if (node?.kind === 'file') return others.length === 0 ? { path: here, file: node } : null;
    else {
      done = [...done, next];
      rest = others;
    }
  }
  return null;
}

async function readFiles(archive: ImageArchive): Promise<ReadonlyMap<string, Node>> {
  const files = new Map<string, Node>();
  for (const layer of archive.layers) {
    const below = new Map(files);
    let chunks: Buffer[] | null = null;
    let finish = (): void => undefined;
    const reader = new TarReader({
      entry: (entry) => {
        finish();
        chunks = null;
        finish = () => undefined;
        const path = `/${pathComponents(displayName(entry.name)).join('/')}`;
        const name = path.slice(path.lastIndexOf('/') + 1);
        const directory = path.slice(0, path.lastIndexOf('/'));
        if (name.startsWith('.wh.')) {
          const gone = name === '.wh..wh..opq' ? `${directory}/` : `${directory}/${name.slice(4)}`;
          for (const key of below.keys())
            if (key === gone || key.startsWith(`${gone.replace(/\/$/, '')}/`)) files.delete(key);
        } else if (entry.type === TAR_TYPE.symlink)
          files.set(path, { kind: 'link', target: displayName(entry.linkName) });
        else if (entry.type === TAR_TYPE.hardLink) {
          const target = files.get(`/${pathComponents(displayName(entry.linkName)).join('/')}`);
          if (target !== undefined) files.set(path, target);
        } else if (entry.type === TAR_TYPE.regular) {
          const collected: Buffer[] = [];
          const executable = (lowUint32(entry.mode) & 0o111) !== 0;
          chunks = READ.test(name) ? collected : null;
          const isRead = chunks !== null;
          finish = () =>
            files.set(path, { kind: 'file', executable, content: isRead ? Buffer.concat(collected) : null });
        }
      },
      data: (bytes) => chunks?.push(Buffer.from(bytes)),
      zeros: (count) => chunks?.push(Buffer.alloc(count)),
    });
    for await (const chunk of layer.open()) reader.push(chunk);
    reader.end();
    finish();
  }
  return files;
}

function unsuitable(problem: string): CleanroomError {
  return new CleanroomError('IMAGE_BASE_UNSUITABLE', `the base cannot carry the room: ${problem}`);
}

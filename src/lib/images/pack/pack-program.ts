// Our own programs as images: the summarizer with its model, and the stand-in for Microsoft's sidecar.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';
import { openImageArchive } from '../archive/image-archive.js';
import { checkBase } from '../base/check-base.js';
import { type BaseSource, nodeLayer, ROOM_USER, systemLayer } from '../base/base-layers.js';
import { readRoomLock, renderRoomLock, ROOM_LOCK_FILE, type RoomLock } from '../base/room-lock.js';
import { type BuiltImage, buildImage } from '../build/build-image.js';
import type { LayerEntry, LayerFile } from '../build/layer-tar.js';
import { collectImportGraph } from './import-graph.js';
import { collectPackageFiles } from './package-files.js';

/** What stands below the packages: our own locked base, somebody's archive, or nothing. */
export type ImageBase =
  | { readonly kind: 'locked'; readonly source: BaseSource }
  | { readonly kind: 'archive'; readonly path: string }
  /** For the local room only, which then runs on this machine's Node.js. */
  | { readonly kind: 'none' };

export interface PackOptions {
  /** The directory of our package.json; `dist/lib` in it is packed. */
  readonly packageRoot: string;
  /** Where the archive is written. */
  readonly out: string;
  /** Absent: none. */
  readonly base?: ImageBase;
  /** Ends the packing; nothing is left then. */
  readonly signal?: AbortSignal;
}

export interface PackSummarizerOptions extends PackOptions {
  /** A model in the layout of transformers.js; null for a room that extracts, or gets its model sealed. */
  readonly modelDirectory: string | null;
}

/** Where compiled files, packages and models are in every image that we build. */
const APP = '/app';
const SUMMARIZER_MAIN = 'room/main.js';
/* The plain variant is a program of its own in the same image; a policy that allows the first command denies this one. */
const PLAIN_MAIN = 'room/plain/main.js';
const SIDECAR_MAIN = 'emulator/sidecar/main.js';

/** Programs of the room's image, below `dist/lib`; the first is what it starts. */
export const ROOM_MAINS = [SUMMARIZER_MAIN, PLAIN_MAIN] as const;

/**
 * Packs the summarizer: model, system, Node.js, packages and its own files, each in a layer of its own, because they change at
 * different times and a layer that did not change is not hashed again.
 *
 * @throws CleanroomError IMAGE_NOT_BUILT, OPTIONAL_PACKAGE_MISSING, FILE_NOT_FOUND (model), IMAGE_BASE_UNREACHABLE, as
 *   collectPackageFiles, checkBase and buildImage
 */
export async function packSummarizer(options: PackSummarizerOptions): Promise<BuiltImage> {
  const model = options.modelDirectory === null ? [] : await modelLayer(options.modelDirectory);
  return packProgram(options, { mains: ROOM_MAINS, name: 'summarizer', model });
}

/** Packs the stand-in for the key-release sidecar. @throws as packSummarizer */
export async function packSidecar(options: PackOptions): Promise<BuiltImage> {
  return packProgram(options, { mains: [SIDECAR_MAIN], name: 'skr-emulated', model: [] });
}

/** Packages that the compiled programs of this installation import by name, sorted. @throws CleanroomError IMAGE_NOT_BUILT */
export async function importedPackages(packageRoot: string): Promise<readonly string[]> {
  const mains = [...ROOM_MAINS, SIDECAR_MAIN].map((main) =>
    join(packageRoot, 'dist/lib', ...main.split('/')),
  );
  return (await collectImportGraph(mains)).packages;
}

interface Program {
  /** Entry points, below `dist/lib`; the first is what the image starts. */
  readonly mains: readonly [string, ...string[]];
  readonly name: string;
  readonly model: readonly LayerFile[];
}

async function packProgram(
  { packageRoot, out, base = { kind: 'none' }, signal }: PackOptions,
  program: Program,
): Promise<BuiltImage> {
  if (base.kind === 'archive') await checkBaseArchive(base.path);
  const root = resolve(packageRoot);
  const lock = await readRoomLock(root);
  const graph = await collectImportGraph(
    program.mains.map((main) => join(root, 'dist/lib', ...main.split('/'))),
  );
  const packages = await collectPackageFiles(graph.packages, lock, {
    from: root,
    cache: base.kind === 'locked' ? base.source.cache : null,
  });
  const [system, node] = base.kind === 'locked' ? await baseLayers(lock, base.source) : [[], []];
  signal?.throwIfAborted();
  const code = await codeLayer(join(root, 'dist', 'lib'), graph.files, lock);
  return buildImage(
    {
      layers: [program.model, system, node, packages, code].filter((entries) => entries.length > 0),
      entrypoint: ['node', `${APP}/lib/${program.mains[0]}`],
      env: ['NODE_ENV=production', 'ORT_DISABLE_TELEMETRY=1'],
      user: `${ROOM_USER}:${ROOM_USER}`,
      workingDir: APP,
      name: program.name,
      localOnly: base.kind === 'none',
      ...(base.kind === 'archive' ? { base: base.path } : {}),
    },
    out,
    signal,
  );
}

async function checkBaseArchive(path: string): Promise<void> {
  const archive = await openImageArchive(path);
  try {
    await checkBase(archive);
  } finally {
    await archive.close();
  }
}

async function baseLayers(
  lock: RoomLock,
  source: BaseSource,
): Promise<[readonly LayerEntry[], readonly LayerEntry[]]> {
  return [await systemLayer(lock, source), await nodeLayer(lock, source)];
}

/* Files are read once: what is hashed is what is packed, whatever happens to the installation meanwhile. */
async function codeLayer(
  library: string,
  files: readonly string[],
  lock: RoomLock,
): Promise<readonly LayerEntry[]> {
  const code: LayerEntry[] = [
    { path: `${APP}/package.json`, source: utf8('{"type":"module"}\n') },
    { path: `${APP}/${ROOM_LOCK_FILE}`, source: utf8(renderRoomLock(lock)) },
  ];
  for (const path of files)
    code.push({
      path: `${APP}/lib/${relative(library, path).split(sep).join('/')}`,
      source: await readFile(path),
    });
  return code;
}

/**
 * The files of a model's layer. The directory keeps its name, which tells the family apart for a reader; the contract pins
 * its digest.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function modelLayer(directory: string): Promise<readonly LayerFile[]> {
  const root = resolve(directory);
  const stats = await stat(root).catch((cause: unknown) => {
    throw fileError(root, cause);
  });
  if (!stats.isDirectory()) throw new CleanroomError('FILE_UNREADABLE', `${root} is not a directory`);
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return {
        path: `${APP}/models/${basename(root)}/${relative(root, path).split(sep).join('/')}`,
        source: path,
      };
    });
}

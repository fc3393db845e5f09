// Our own programs as images: the summarizer with its model, and the stand-in for Microsoft's sidecar.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { utf8 } from '../../base/bytes/arrays.js';
import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { CleanroomError } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';
import { spdxDocument, SPDX_PATH } from '../attest/spdx.js';
import { openImageArchive } from '../archive/image-archive.js';
import { checkBase } from '../base/check-base.js';
import type { BaseSource } from '../base/base-layers.js';
import { readRoomLock, renderRoomLock, ROOM_LOCK_FILE, type RoomLock } from '../base/room-lock.js';
import { unpackOnce } from '../base/unpack-once.js';
import type { KnownConfig, KnownLayer } from '../../contract/published/releases.js';
import { ROOM_USER } from '../../contract/room-plan.js';
import { type BuiltImage, buildImage, IMAGE_PATH } from '../build/build-image.js';
import type { LayerEntry, LayerFile } from '../build/layer-tar.js';
import { collectImportGraph } from './import-graph.js';
import { collectPackageFiles, type PackageSource } from './package-files.js';

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
  /** Where files of npm packages come from; the installation itself if absent. */
  readonly packages?: PackageSource;
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
const USER = `${ROOM_USER}:${ROOM_USER}`;
const ENVIRONMENT = ['NODE_ENV=production', 'ORT_DISABLE_TELEMETRY=1'];

/** Our programs: the room's own, and the stand-in for Microsoft's sidecar in the local Azure. */
export type ProgramName = 'summarizer' | 'sidecar';

interface Program {
  /** Entry points, below `dist/lib`; the first is what the image starts. */
  readonly mains: readonly [string, ...string[]];
  /** Name of the image in its archive. */
  readonly image: string;
}

const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  summarizer: { mains: [SUMMARIZER_MAIN, PLAIN_MAIN], image: 'summarizer' },
  sidecar: { mains: [SIDECAR_MAIN], image: 'skr-emulated' },
};

/**
 * Packs the summarizer: model, system, Node.js, packages and its own files, each in a layer of its own, because they change at
 * different times and a layer that did not change is not hashed again.
 *
 * @throws CleanroomError IMAGE_NOT_BUILT, OPTIONAL_PACKAGE_MISSING, FILE_NOT_FOUND (model), IMAGE_BASE_UNREACHABLE, as
 *   collectPackageFiles, checkBase and buildImage
 */
export async function packSummarizer(options: PackSummarizerOptions): Promise<BuiltImage> {
  const model = options.modelDirectory === null ? [] : await modelLayer(options.modelDirectory);
  return packProgram(options, 'summarizer', model);
}

/** Packs the stand-in for the key-release sidecar. @throws as packSummarizer */
export async function packSidecar(options: PackOptions): Promise<BuiltImage> {
  return packProgram(options, 'sidecar', []);
}

/** Packages that the compiled programs of this installation import by name, sorted. @throws CleanroomError IMAGE_NOT_BUILT */
export async function importedPackages(packageRoot: string): Promise<readonly string[]> {
  const mains = Object.values(PROGRAMS).flatMap((program) => program.mains);
  return (await collectImportGraph(mainPaths(packageRoot, mains))).packages;
}

/** What an image of the program says of its start: equal for every image of it without a base from somebody else. */
export function imageConfigOf(name: ProgramName): KnownConfig {
  return {
    entrypoint: ['node', `${APP}/lib/${PROGRAMS[name].mains[0]}`],
    env: [IMAGE_PATH, ...ENVIRONMENT],
    user: USER,
    workingDir: APP,
  };
}

export interface ProgramLayer {
  readonly name: KnownLayer['name'];
  readonly entries: readonly LayerEntry[];
}

/**
 * The layers of a program without a model's, lowest first: what `packSummarizer` puts above it.
 *
 * @param packages - where files of npm packages come from; the installation itself if absent.
 * @throws as packSummarizer
 */
export async function programLayers(
  packageRoot: string,
  name: ProgramName,
  base: ImageBase,
  packages?: PackageSource,
): Promise<readonly ProgramLayer[]> {
  const root = resolve(packageRoot);
  const lock = await readRoomLock(root);
  const graph = await collectImportGraph(mainPaths(root, PROGRAMS[name].mains));
  const cache = base.kind === 'locked' ? base.source.cache : null;
  const layers: readonly ProgramLayer[] = [
    ...(base.kind === 'locked' ? await baseLayers(lock, base.source) : []),
    {
      name: 'packages',
      entries: await collectPackageFiles(graph.packages, lock, packages ?? { from: root, cache }),
    },
    { name: 'program', entries: await codeLayer(join(root, 'dist', 'lib'), graph.files, lock) },
  ];
  return layers.filter(({ entries }) => entries.length > 0);
}

async function baseLayers(lock: RoomLock, source: BaseSource): Promise<readonly ProgramLayer[]> {
  const { system, node } = await unpackOnce(lock, source);
  return [
    { name: 'system', entries: system },
    { name: 'node', entries: node },
  ];
}

function mainPaths(packageRoot: string, mains: readonly string[]): readonly string[] {
  return mains.map((main) => join(packageRoot, 'dist', 'lib', ...main.split('/')));
}

async function packProgram(
  { packageRoot, out, base = { kind: 'none' }, packages, signal }: PackOptions,
  name: ProgramName,
  model: readonly LayerFile[],
): Promise<BuiltImage> {
  if (base.kind === 'archive') await checkBaseArchive(base.path);
  const layers = (await programLayers(packageRoot, name, base, packages)).map(({ entries }) => entries);
  signal?.throwIfAborted();
  return buildImage(
    {
      lowest: model,
      layers,
      entrypoint: imageConfigOf(name).entrypoint,
      env: ENVIRONMENT,
      user: USER,
      workingDir: APP,
      name: PROGRAMS[name].image,
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

/* Files are read once: what is hashed is what is packed, whatever happens to the installation meanwhile. */
async function codeLayer(
  library: string,
  files: readonly string[],
  lock: RoomLock,
): Promise<readonly LayerEntry[]> {
  const code: LayerEntry[] = [
    { path: `${APP}/package.json`, source: utf8('{"type":"module"}\n') },
    { path: `${APP}/${ROOM_LOCK_FILE}`, source: utf8(renderRoomLock(lock)) },
    { path: SPDX_PATH, source: utf8(canonicalJson(spdxDocument(lock))) },
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

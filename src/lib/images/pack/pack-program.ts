// Our own programs as images: the summarizer with its model, and the stand-in for Microsoft's sidecar.

import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { fileError } from '../../base/files/read-bounded.js';
import { type BuiltImage, buildImage } from '../build/build-image.js';
import type { LayerFile } from '../build/layer-tar.js';
import { collectImportGraph } from './import-graph.js';
import { collectPackageFiles } from './package-files.js';

export interface PackOptions {
  /** The directory of our package.json; `dist/lib` in it is packed. */
  readonly packageRoot: string;
  /** Where the archive is written. */
  readonly out: string;
  /** An OCI archive of a base image with Node.js; absent: for the local room only. */
  readonly base?: string;
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
/* Neither root nor anybody: the programs write nothing. */
const USER = '65532:65532';

/**
 * Packs the summarizer: its packages, the model and its own files, each in a layer of its own, because they change at
 * different times and a layer that did not change is not hashed again.
 *
 * @throws CleanroomError IMAGE_NOT_BUILT, OPTIONAL_PACKAGE_MISSING, FILE_NOT_FOUND (model), and as buildImage
 */
export async function packSummarizer(options: PackSummarizerOptions): Promise<BuiltImage> {
  const model = options.modelDirectory === null ? [] : [await modelLayer(options.modelDirectory)];
  return packProgram(options, {
    mains: [SUMMARIZER_MAIN, PLAIN_MAIN],
    name: 'summarizer',
    extraLayers: model,
  });
}

/** Packs the stand-in for the key-release sidecar. @throws as packSummarizer */
export async function packSidecar(options: PackOptions): Promise<BuiltImage> {
  return packProgram(options, { mains: [SIDECAR_MAIN], name: 'skr-emulated', extraLayers: [] });
}

interface Program {
  /** Entry points, below `dist/lib`; the first is what the image starts. */
  readonly mains: readonly [string, ...string[]];
  readonly name: string;
  readonly extraLayers: readonly (readonly LayerFile[])[];
}

async function packProgram(
  { packageRoot, out, base, signal }: PackOptions,
  program: Program,
): Promise<BuiltImage> {
  const library = join(resolve(packageRoot), 'dist', 'lib');
  const graph = await collectImportGraph(program.mains.map((main) => join(library, ...main.split('/'))));
  const code: readonly LayerFile[] = [
    { path: `${APP}/package.json`, source: utf8('{"type":"module"}\n') },
    ...graph.files.map((path) => ({
      path: `${APP}/lib/${relative(library, path).split(sep).join('/')}`,
      source: path,
    })),
  ];
  const packages = await collectPackageFiles(graph.packages, resolve(packageRoot));
  const layers = [packages, ...program.extraLayers, code].filter((files) => files.length > 0);
  return buildImage(
    {
      layers,
      entrypoint: ['node', `${APP}/lib/${program.mains[0]}`],
      env: ['NODE_ENV=production', 'ORT_DISABLE_TELEMETRY=1'],
      user: USER,
      workingDir: APP,
      name: program.name,
      ...(base === undefined ? {} : { base }),
    },
    out,
    signal,
  );
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

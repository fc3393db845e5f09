// Layers of real files for the benchmarks: what every checkout has under node_modules, packed with tar.

import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/* From many small files to a few large ones, so that larger layers are like those of images. */
const SOURCES = [
  'node_modules/@azure',
  'node_modules/typescript',
  'node_modules/onnxruntime-node',
  'node_modules/onnxruntime-web',
];
const SMALL_FILE = 8192;
/* Of a file in a tar, beside its content: header and half a block of padding. */
const OVERHEAD = 768;

export interface LayerSet {
  readonly path: string;
  readonly files: number;
  /** Size of the tar. */
  readonly bytes: number;
}

/** Packs real files until the tar has about `bytes` bytes. */
export function realLayer(directory: string, bytes: number): LayerSet {
  let left = bytes;
  const taken = SOURCES.flatMap(filesUnder).filter(({ size }) => {
    const fits = size + OVERHEAD <= left;
    if (fits) left -= size + OVERHEAD;
    return fits;
  });
  return pack(directory, `real-${bytes}`, taken);
}

/** Packs every file of at most 8 KiB. */
export function smallFilesLayer(directory: string): LayerSet {
  return pack(
    directory,
    'small',
    filesUnder('node_modules').filter(({ size }) => size <= SMALL_FILE),
  );
}

interface RealFile {
  readonly path: string;
  readonly size: number;
}

function filesUnder(folder: string): readonly RealFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted()
    .map((path) => ({ path, size: statSync(path).size }));
}

function pack(directory: string, name: string, files: readonly RealFile[]): LayerSet {
  const list = join(directory, `${name}.list`);
  const path = join(directory, `${name}.tar`);
  writeFileSync(list, files.map((file) => `${file.path}\n`).join(''));
  execFileSync('tar', ['-cf', path, '-T', list]);
  return { path, files: files.length, bytes: statSync(path).size };
}

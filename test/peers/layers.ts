// Layers: the dm-verity root hash of a tar, by hcsshim's own converter.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CleanroomError } from '../../src/lib/base/errors.js';
import { hashLayerFile } from '../../src/lib/images/layer-file.js';
import { dmverityVectors, generateVectorTar, VECTORS } from '../support/dmverity-vectors.js';
import { tarOf, type TarEntrySpec } from '../support/tar-of.js';
import { oddTar } from './odd-tars.js';
import { askBoth, type Peer, type Session } from './peer.js';

/* Installed packages whose files are read as a layer, where dpkg knows them. */
const DEBIAN_PACKAGES = ['bash', 'coreutils', 'openssl', 'perl-base', 'tzdata', 'git'];
const EMPTY = 'a tar without a byte is no layer here';

export const LAYERS: Peer = {
  name: 'hcsshim-layers',
  lockedPackage: 'github.com/Microsoft/hcsshim',
  about: 'dm-verity root hashes of layers',
  program: { go: 'layers' },
  compare: async (session) => {
    const layers = [...stored(), ...(await made(session)), ...odd(session), ...packages(session)];
    const questions = [];
    for (const path of layers) {
      const ours = await ourRootHash(path);
      const byDesign = (theirs: string): string | null =>
        ours === 'refused' && theirs !== 'refused' && path.endsWith('/empty.bin') ? EMPTY : null;
      questions.push({ question: path.split('/').at(-1) ?? path, asked: { path }, ours, byDesign });
    }
    return askBoth(session, questions);
  },
};

async function ourRootHash(path: string): Promise<string> {
  try {
    return (await hashLayerFile(path)).rootHash;
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.exitCode === 3) return 'refused';
    throw cause;
  }
}

function stored(): readonly string[] {
  const folder = join(VECTORS, 'tars');
  return readdirSync(folder).map((name) => join(folder, name));
}

async function made({ directory, random, short }: Session): Promise<readonly string[]> {
  const paths = short
    ? []
    : dmverityVectors()
        .filter(({ file }) => file === undefined)
        .map(({ name }) => generateVectorTar(name, directory));
  for (let index = 0; index < (short ? 20 : 200); index++) {
    const path = join(directory, `made-${index}.tar`);
    writeFileSync(path, await tarOf(randomEntries(random)));
    paths.push(path);
  }
  return paths;
}

/* What no writer of images makes; about two of five are refused, by both. */
function odd({ directory, random, short }: Session): readonly string[] {
  return Array.from({ length: short ? 60 : 600 }, (_, index) => {
    const path = join(directory, `odd-${index}.tar`);
    writeFileSync(path, oddTar(random));
    return path;
  });
}

function randomEntries(random: () => number): readonly TarEntrySpec[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const entries: TarEntrySpec[] = [];
  const files: string[] = [];
  for (let directory = below(6); directory >= 0; directory--) {
    const folder = `d${directory}${'é'.repeat(below(3))}/`;
    entries.push({ name: folder, type: 'directory', mode: below(0o1000) });
    for (let file = below(40); file >= 0; file--) {
      const name = `${folder}${'n'.repeat(1 + below(120))}-${file}`;
      const size = random() < 0.1 ? below(600_000) : below(9000);
      entries.push({ name, data: Buffer.alloc(size, below(256)), mode: below(0o10000) });
      files.push(name);
    }
    const target = files[below(files.length)] ?? 'nothing';
    entries.push({ name: `${folder}hard`, type: 'link', linkname: target });
    entries.push({ name: `${folder}soft`, type: 'symlink', linkname: 'x'.repeat(1 + below(150)) });
    if (random() < 0.3) entries.push({ name: `${folder}.wh.gone-${below(9)}`, data: '' });
  }
  return entries;
}

/* The files of packages that this machine has, as one layer each. */
function packages({ directory, short }: Session): readonly string[] {
  return DEBIAN_PACKAGES.slice(0, short ? 3 : DEBIAN_PACKAGES.length).flatMap((name) => {
    const listed = spawnSync('dpkg', ['-L', name], { encoding: 'utf8' });
    if (listed.error !== undefined || listed.status !== 0) return [];
    const list = join(directory, `${name}.list`);
    const path = join(directory, `debian-${name}.tar`);
    const files = listed.stdout.split('\n').filter((file) => file.startsWith('/') && file !== '/.');
    writeFileSync(list, files.map((file) => `.${file}\n`).join(''));
    execFileSync('tar', ['-cf', path, '--no-recursion', '-C', '/', '-T', list], { stdio: 'ignore' });
    return [path];
  });
}

// The program of this installation as the layers that `image build` makes: built and measured in memory, nothing is written.

import { join, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';

import * as v from 'valibot';

import { canonicalJson } from '../../base/bytes/canonical-json.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { utf8 } from '../../base/bytes/arrays.js';
import type { KnownConfig, KnownLayer, ReleaseTable } from '../../contract/published/releases.js';
import { planLayerTar } from '../build/layer-tar.js';
import type { LayerCache } from '../layer-cache.js';
import { computeLayerRootHash } from '../layer/root-hash.js';
import { type ImageBase, imageConfigOf, programLayers, type ProgramName } from './pack-program.js';

/** What a program's layers are, lowest first, without a model's. */
export interface OwnProgram {
  /** `0.1.0` where the table has these layers for that version; else `0.1.0+` and 12 hex digits of the program root. */
  readonly release: string;
  /** SHA-256 over the layers' root hashes. */
  readonly root: string;
  readonly layers: readonly KnownLayer[];
  readonly config: KnownConfig;
}

export interface OwnProgramOptions {
  readonly packageRoot: string;
  readonly program: ProgramName;
  readonly base: ImageBase;
  readonly releases: ReleaseTable;
  /** Root hashes that were computed before. */
  readonly cache?: LayerCache;
}

/**
 * Builds the program of the installation at `packageRoot`, measures its layers and names it.
 *
 * @throws CleanroomError as packSummarizer
 */
export async function measureOwnProgram(options: OwnProgramOptions): Promise<OwnProgram> {
  const root = resolve(options.packageRoot);
  const layers: KnownLayer[] = [];
  for (const { name, entries } of await programLayers(root, options.program, options.base)) {
    const tar = await planLayerTar(entries);
    const known = await options.cache?.find(tar.digest);
    const hash = known ?? (await computeLayerRootHash(tar.open(), { verifiedDiffId: tar.digest }));
    if (known === null) await options.cache?.store(hash);
    layers.push({ name, diffId: hash.diffId, rootHash: hash.rootHash, bytes: hash.bytes });
  }
  const program = programRoot(layers.map(({ rootHash }) => rootHash));
  return {
    release: nameRelease(await readVersion(root), layers, program, options.releases),
    root: program,
    layers,
    config: imageConfigOf(options.program),
  };
}

/** SHA-256 over root hashes, lowest first: one number for a program. */
export function programRoot(rootHashes: readonly string[]): string {
  return sha256Hex(utf8(canonicalJson([...rootHashes])));
}

function nameRelease(
  version: string,
  layers: readonly KnownLayer[],
  root: string,
  { releases }: ReleaseTable,
): string {
  const released = releases.find((release) => release.version === version);
  const isSame =
    released?.layers.length === layers.length &&
    released.layers.every(({ rootHash }, index) => rootHash === layers[index]?.rootHash);
  return isSame ? version : `${version}+${root.slice(0, 12)}`;
}

async function readVersion(packageRoot: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  return v.parse(v.looseObject({ version: v.string() }), manifest).version;
}

// The files of an image as a container sees them: its layers over each other, whiteouts and replaced directories taken away, links
// followed inside the image. Read entry by entry; nothing of it is run or written anywhere. OCI image-spec, layer.md.

import { CleanroomError } from '../base/errors.js';
import type { ImageArchive } from './archive/image-archive.js';
import type { ArchiveLayer } from './archive/layer-blob.js';
import { pathComponents } from './layer/entry-path.js';
import { displayName, TAR_TYPE, type TarEntry } from './tar/entry.js';
import { lowUint32 } from './tar/numeric.js';
import { TarReader } from './tar/reader.js';

/** Who may do what with a file: permission bits, owner and group as the layer has them. */
export interface FileRights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type MergedFile = { readonly kind: 'file'; readonly content: Buffer } & FileRights;

export type MergedEntry =
  | MergedFile
  | ({ readonly kind: 'directory' } & FileRights)
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' };

/** A directory of an image, or whatever stands in its place, with what is in it. */
export interface MergedFiles {
  readonly entry: MergedEntry;
  readonly children: ReadonlyMap<string, MergedFiles>;
}

export interface FoundEntry {
  /** Where it is, behind every link. */
  readonly path: string;
  readonly entry: MergedEntry;
}

/** How many bytes of a regular file's content are kept; the rest is passed over. `name` is its last part. */
export type ContentKept = (name: string, entry: TarEntry) => number;

interface Place {
  entry: MergedEntry;
  readonly children: Map<string, Place>;
  /** Names that its layer takes away from the layers below. */
  readonly gone: Set<string>;
  /** Whether its layer hides all that the layers below have in it. */
  opaque: boolean;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const MAX_HOPS = 40;
/* No program can open a longer path: PATH_MAX of Linux is 4096 bytes, and a layer of a few kilobytes may name half a million levels. */
const MAX_LEVELS = 2048;
/* A directory that a layer does not name, but puts files into. */
const UNNAMED: MergedEntry = { kind: 'directory', mode: 0o755, uid: 0, gid: 0 };

/**
 * Reads all layers, lowest first. The answer is the image's root.
 *
 * @throws CleanroomError LAYER_REFUSED for a path of more levels than Linux can open; as reading the archive
 */
export async function readMergedFiles(archive: ImageArchive, kept: ContentKept): Promise<MergedFiles> {
  const root = placeOf(UNNAMED);
  for (const layer of archive.layers) layOver(root, await readLayer(layer, kept));
  return root;
}

function placeOf(entry: MergedEntry): Place {
  return { entry, children: new Map(), gone: new Set(), opaque: false };
}

/* A directory over a directory is both; anything else hides what was there. */
function layOver(below: Place, layer: Place): void {
  below.entry = layer.entry;
  if (layer.opaque) below.children.clear();
  for (const name of layer.gone) below.children.delete(name);
  for (const [name, child] of layer.children) {
    const existing = below.children.get(name);
    if (existing?.entry.kind === 'directory' && child.entry.kind === 'directory') layOver(existing, child);
    else {
      const placed = placeOf(child.entry);
      below.children.set(name, placed);
      layOver(placed, child);
    }
  }
}

async function readLayer(layer: ArchiveLayer, kept: ContentKept): Promise<Place> {
  const root = placeOf(UNNAMED);
  let left = 0;
  let chunks: Buffer[] = [];
  let finish = (): void => undefined;
  const take = (bytes: Uint8Array): void => {
    if (left <= 0) return;
    const piece = Buffer.from(bytes.subarray(0, left));
    left -= piece.length;
    chunks.push(piece);
  };
  const reader = new TarReader({
    entry: (entry) => {
      finish();
      finish = () => undefined;
      left = 0;
      const place = placeEntry(root, entry);
      if (place === null) return;
      left = kept(place.name, entry);
      const collected: Buffer[] = (chunks = []);
      finish = () => {
        place.put({ kind: 'file', content: Buffer.concat(collected), ...rightsOf(entry) });
      };
    },
    data: take,
    zeros: (count) => {
      take(Buffer.alloc(Math.min(count, Math.max(0, left))));
    },
  });
  for await (const chunk of layer.open()) reader.push(chunk);
  reader.end();
  finish();
  return root;
}

interface FilePlace {
  readonly name: string;
  put(entry: MergedEntry): void;
}

/* Places everything but the content of a regular file, whose place is the answer. */
function placeEntry(root: Place, entry: TarEntry): FilePlace | null {
  if (entry.type === TAR_TYPE.paxGlobalHeader) return null;
  const components = pathComponents(displayName(entry.name));
  if (components.length > MAX_LEVELS)
    throw new CleanroomError(
      'LAYER_REFUSED',
      `a path of the image has ${components.length} levels, and ${MAX_LEVELS} can be opened`,
    );
  const name = components.at(-1);
  if (name === undefined) {
    if (entry.type === TAR_TYPE.directory) root.entry = { kind: 'directory', ...rightsOf(entry) };
    return null;
  }
  const parent = directoryAt(root, components.slice(0, -1));
  const put = (placed: MergedEntry): void => {
    const existing = parent.children.get(name);
    if (existing?.entry.kind === 'directory' && placed.kind === 'directory') existing.entry = placed;
    else parent.children.set(name, placeOf(placed));
  };
  if (name === OPAQUE) parent.opaque = true;
  else if (name.startsWith(WHITEOUT)) parent.gone.add(name.slice(WHITEOUT.length));
  else if (entry.type === TAR_TYPE.regular) return { name, put };
  else put(entryOf(entry, root));
  return null;
}

/* A layer's own directories stand over whatever the layers below have in their places. */
function directoryAt(root: Place, components: readonly string[]): Place {
  let place = root;
  for (const name of components) {
    const next = place.children.get(name) ?? placeOf(UNNAMED);
    place.children.set(name, next);
    place = next;
  }
  return place;
}

function placeAt(root: Place, components: readonly string[]): Place | undefined {
  return components.reduce<Place | undefined>((place, name) => place?.children.get(name), root);
}

function entryOf(entry: TarEntry, root: Place): MergedEntry {
  switch (entry.type) {
    case TAR_TYPE.directory:
      return { kind: 'directory', ...rightsOf(entry) };
    case TAR_TYPE.symlink:
      return { kind: 'link', target: displayName(entry.linkName) };
    case TAR_TYPE.hardLink:
      return placeAt(root, pathComponents(displayName(entry.linkName)))?.entry ?? { kind: 'other' };
    default:
      return { kind: 'other' };
  }
}

function rightsOf({ mode, uid, gid }: TarEntry): FileRights {
  return { mode: lowUint32(mode) & 0o7777, uid: lowUint32(uid), gid: lowUint32(gid) };
}

/** What a path leads to, every link on the way followed as far as the image has them; null where it leads nowhere. */
export function resolveEntry(files: MergedFiles, path: string): FoundEntry | null {
  let rest = [...pathComponents(path)];
  let done: string[] = [];
  let place = files;
  for (let hops = 0; hops < MAX_HOPS;) {
    const [next, ...others] = rest;
    if (next === undefined) return null;
    const child = place.children.get(next);
    if (child === undefined) return null;
    const { entry } = child;
    if (entry.kind === 'link') {
      hops += 1;
      const start = entry.target.startsWith('/') ? [] : done;
      rest = [...pathComponents([...start, entry.target, ...others].join('/'))];
      [done, place] = [[], files];
    } else if (others.length === 0) return { path: `/${[...done, next].join('/')}`, entry };
    else [done, rest, place] = [[...done, next], others, child];
  }
  return null;
}

/** The file that a path leads to. */
export function resolveFile(
  files: MergedFiles,
  path: string,
): { readonly path: string; readonly file: MergedFile } | null {
  const found = resolveEntry(files, path);
  return found?.entry.kind === 'file' ? { path: found.path, file: found.entry } : null;
}

/** Whether a user may do with a file what the lowest three bits of `wanted` say (4 read, 2 write, 1 execute). */
export function permits(
  { mode, uid, gid }: FileRights,
  user: number,
  group: number,
  wanted: number,
): boolean {
  const bits = uid === user ? mode >> 6 : gid === group ? mode >> 3 : mode;
  return (bits & wanted) === wanted;
}

// One layer laid out as files in a directory of its own, by the reader that also measures it: there is one reading of an archive.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { pathComponents, splitPath } from '../../images/layer/entry-path.js';
import { displayName, TAR_TYPE, type TarEntry } from '../../images/tar/entry.js';
import { lowUint32 } from '../../images/tar/numeric.js';
import type { TarVisitor } from '../../images/tar/reader.js';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const XATTR = 'SCHILY.xattr.';
const OPAQUE_XATTR = `${XATTR}trusted.overlay.opaque`;
const OVERLAY_XATTRS = /^SCHILY\.xattr\.(?:trusted|user)\.overlay\./;
const ZEROS = Buffer.alloc(64 * 1024);

/** Permission bits, as the layer has them; setuid and setgid are never taken over. */
export interface NodeMetadata {
  readonly mode: number;
}

/** What a layer says besides its files. Paths are relative, with `/`; the root is the empty one. */
export interface LayerMarks {
  /** Directories of the layer. */
  readonly directories: ReadonlyMap<string, NodeMetadata>;
  /** Names that it takes away from the layers below. */
  readonly whiteouts: ReadonlySet<string>;
  /** Directories that hide what the layers below have in them. */
  readonly opaque: ReadonlySet<string>;
}

export interface ExtractorOptions {
  /** Owner of every file: containers have one user; null where files stay with this process's. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Turns a link's target, as the layer has it, into what is written; `path` is the link's own, relative. */
  readonly linkTarget: (path: readonly string[], target: string) => string;
}

/**
 * Lays the entries of one layer out in `directory`, which must be empty. Nothing is written outside of it, no link is followed,
 * and devices are left out (a character device 0:0 is a whiteout, as it is for overlayfs).
 */
export class LayerExtractor implements TarVisitor, LayerMarks {
  readonly directories = new Map<string, NodeMetadata>([['', { mode: 0o755 }]]);
  readonly whiteouts = new Set<string>();
  readonly opaque = new Set<string>();
  private file: number | null = null;

  constructor(
    private readonly directory: string,
    private readonly options: ExtractorOptions,
  ) {}

  entry(entry: TarEntry): void {
    this.close();
    if (entry.type === TAR_TYPE.paxGlobalHeader) return;
    const components = pathComponents(displayName(entry.name));
    const [, written] = splitPath(displayName(entry.name));
    if (written.startsWith(WHITEOUT)) this.mark(components.slice(0, -1), written);
    else this.place(components, entry);
  }

  data(bytes: Uint8Array): void {
    if (this.file === null) return;
    for (let at = 0; at < bytes.length;) at += writeSync(this.file, bytes, at);
  }

  zeros(count: number): void {
    for (let left = count; left > 0; left -= ZEROS.length)
      this.data(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }

  private mark(parent: readonly string[], written: string): void {
    if (written === OPAQUE) {
      this.makeDirectory(parent);
      this.opaque.add(parent.join('/'));
      return;
    }
    const name = written.slice(WHITEOUT.length);
    if (name === '' || name === '.' || name === '..')
      throw refused([...parent, written], 'it is a whiteout of a directory that holds it');
    this.whiteOut([...parent, name]);
  }

  private whiteOut(path: readonly string[]): void {
    this.makeDirectory(path.slice(0, -1));
    if (this.directories.has(path.join('/'))) throw refused(path, 'it would replace a directory with a file');
    rmSync(this.at(path), { force: true });
    this.whiteouts.add(path.join('/'));
  }

  private place(path: readonly string[], entry: TarEntry): void {
    const metadata = metadataOf(entry);
    if (entry.type === TAR_TYPE.directory) {
      this.makeDirectory(path);
      this.directories.set(path.join('/'), metadata);
      this.readOverlayMarks(path, entry);
      return;
    }
    if (path.length === 0) throw refused(path, 'it would replace the root with a file');
    this.makeDirectory(path.slice(0, -1));
    if (this.directories.has(path.join('/'))) throw refused(path, 'it would replace a directory with a file');
    this.readOverlayMarks(path, entry);
    this.writeNode(path, entry, metadata);
  }

  private writeNode(path: readonly string[], entry: TarEntry, metadata: NodeMetadata): void {
    const target = this.at(path);
    switch (entry.type) {
      case TAR_TYPE.symlink:
        this.clear(path);
        symlinkSync(this.options.linkTarget(path, displayName(entry.linkName)), target);
        this.own((uid, gid) => {
          lchownSync(target, uid, gid);
        });
        return;
      case TAR_TYPE.hardLink: {
        const source = pathComponents(displayName(entry.linkName));
        if (!this.directories.has(source.slice(0, -1).join('/')))
          throw refused(path, 'its hard link target does not come before it');
        const original = this.at(source);
        if (original === target) return;
        this.clear(path);
        linkSync(original, target);
        return;
      }
      case TAR_TYPE.characterDevice:
        if (lowUint32(entry.deviceMajor) === 0 && lowUint32(entry.deviceMinor) === 0) this.whiteOut(path);
        return;
      case TAR_TYPE.blockDevice:
      case TAR_TYPE.fifo:
        return;
      default: {
        this.clear(path);
        const file = openSync(target, 'wx', 0o600);
        this.file = file;
        fchmodSync(file, metadata.mode);
        this.own((uid, gid) => {
          fchownSync(file, uid, gid);
        });
      }
    }
  }

  /* Overlayfs reads these from a layer's own attributes. Only the opaque mark is one that images have. */
  private readOverlayMarks(path: readonly string[], { records }: TarEntry): void {
    for (const [name, value] of records) {
      if (!OVERLAY_XATTRS.test(name)) continue;
      if (name !== OPAQUE_XATTR) throw refused(path, `it has the attribute ${name.slice(XATTR.length)}`);
      if (value === 'y') this.opaque.add(path.join('/'));
    }
  }

  /* What a later entry of the same layer puts in the place of a file or of a whiteout. */
  private clear(path: readonly string[]): void {
    rmSync(this.at(path), { force: true });
    this.whiteouts.delete(path.join('/'));
  }

  /** Makes the directories that are missing, each with the metadata of the one above it. */
  private makeDirectory(path: readonly string[]): void {
    for (let depth = 1; depth <= path.length; depth++) {
      const part = path.slice(0, depth);
      const key = part.join('/');
      if (this.directories.has(key)) continue;
      if (this.whiteouts.has(key) || lstatSync(this.at(part), { throwIfNoEntry: false }) !== undefined)
        throw refused(part, 'it would replace a file with a directory');
      mkdirSync(this.at(part), 0o700);
      const above = this.directories.get(part.slice(0, -1).join('/'));
      this.directories.set(key, above ?? { mode: 0o755 });
    }
  }

  private own(change: (uid: number, gid: number) => void): void {
    const { owner } = this.options;
    if (owner !== null) change(owner.uid, owner.gid);
  }

  private at(path: readonly string[]): string {
    return join(this.directory, ...path);
  }
}

function metadataOf(entry: TarEntry): NodeMetadata {
  const kept = entry.type === TAR_TYPE.directory ? 0o1777 : 0o777;
  return { mode: lowUint32(entry.mode) & kept };
}

function refused(path: readonly string[], problem: string): CleanroomError {
  return new CleanroomError('LAYER_REFUSED', `entry ${JSON.stringify(path.join('/'))}: ${problem}`);
}

// A layer laid out as files, by the reader that also measures it: there is one reading of an archive, not two.

import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join, sep } from 'node:path';

import { pathComponents } from '../../images/layer/entry-path.js';
import { displayName, TAR_TYPE, type TarEntry } from '../../images/tar/entry.js';
import type { TarVisitor } from '../../images/tar/reader.js';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const ZEROS = Buffer.alloc(64 * 1024);

/** Lays entries over what earlier layers left in `root`. Nothing is ever written outside of it. */
export class LayerExtractor implements TarVisitor {
  private file: number | null = null;
  private readonly root: string;

  constructor(directory: string) {
    this.root = realpathSync(directory);
  }

  entry(entry: TarEntry): void {
    this.close();
    const components = pathComponents(displayName(entry.name));
    const name = components.at(-1);
    if (name === undefined) return;
    const parent = this.directory(components.slice(0, -1));
    if (name === OPAQUE) emptyDirectory(parent);
    else if (name.startsWith(WHITEOUT)) remove(join(parent, name.slice(WHITEOUT.length)));
    else this.place(join(parent, name), entry);
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

  private place(path: string, entry: TarEntry): void {
    switch (entry.type) {
      case TAR_TYPE.directory:
        mkdirSync(path, { recursive: true });
        return;
      case TAR_TYPE.symlink:
        remove(path);
        symlinkSync(this.linkTarget(path, displayName(entry.linkName)), path);
        return;
      case TAR_TYPE.hardLink: {
        const target = pathComponents(displayName(entry.linkName));
        remove(path);
        linkSync(join(this.directory(target.slice(0, -1)), target.at(-1) ?? ''), path);
        return;
      }
      case TAR_TYPE.characterDevice:
      case TAR_TYPE.blockDevice:
      case TAR_TYPE.fifo:
      case TAR_TYPE.paxGlobalHeader:
        // Measured, and of no use to a Node program.
        return;
      default:
        remove(path);
        this.file = openSync(path, 'wx', (Number(entry.mode) & 0o100) === 0 ? 0o644 : 0o755);
    }
  }

  /** The directory of these components, made where it is missing; links on the way are followed inside the root. */
  private directory(components: readonly string[]): string {
    const path = join(this.root, ...components);
    mkdirSync(path, { recursive: true });
    const real = realpathSync(path);
    if (real !== this.root && !real.startsWith(this.root + sep))
      throw new Error(
        `the layer has an entry below a link that leads out of the image: ${components.join('/')}`,
      );
    return real;
  }

  /** Absolute, and below the root whatever the link says. */
  private linkTarget(path: string, target: string): string {
    const base = target.startsWith('/') ? [] : path.slice(this.root.length).split(sep).slice(0, -1);
    return join(this.root, ...pathComponents([...base, target].join('/')));
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function emptyDirectory(path: string): void {
  for (const name of readdirSync(path)) remove(join(path, name));
}

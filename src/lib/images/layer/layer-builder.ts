// Tar entries to inodes and blocks: what hcsshim's tar2ext4 (with whiteout conversion) and compactext4 do, entry by entry.

import { CleanroomError } from '../../base/errors.js';
import { displayName, TAR_TYPE, type TarEntry, type TarTime } from '../tar/entry.js';
import type { TarVisitor } from '../tar/reader.js';
import type { BlockStream } from './block-stream.js';
import {
  BLOCK_SIZE,
  INODE_FLAG,
  MAX_IMAGE_BYTES,
  MAX_INLINE_TARGET,
  MAX_LINKS,
  MODE,
  ROOT_INODE,
} from './constants.js';
import { pathComponents, splitPath } from './entry-path.js';
import { decodeExt4Time, encodeExt4Time } from './ext4-time.js';
import { buildExtents } from './extents.js';
import { type FileSpec, NO_XATTRS, specOf, WHITEOUT } from './file-spec.js';
import { type FileTree, NOT_A_DIRECTORY, type Place, placeIn } from './file-tree.js';
import type { InodeTable } from './inode-table.js';
import {
  encodeXattrBlock,
  hasInlineXattrs,
  layOutXattrs,
  readBlockXattrs,
  readInlineXattrs,
  type XattrLayout,
} from './xattrs.js';

const WHITEOUT_PREFIX = '.wh.';
const OPAQUE_WHITEOUT = '.wh..wh..opq';
const OPAQUE_XATTR = 'trusted.overlay.opaque';
const INLINE_DATA_XATTR = 'system.data';

/* A layer with more entries than this would need more memory than a build machine has to spare. */
const MAX_INODES = 4_000_000;
const MAX_KEPT_XATTR_BLOCKS = 16_384;

export class LayerBuilder implements TarVisitor {
  /* The regular file that is being written: its inode, the block it began at and what it has had so far. */
  private openFile: { readonly inode: number; readonly startBlock: number; written: number } | null = null;
  private readonly directoryXattrBlocks = new Map<number, Buffer>();
  private entryName = '';

  constructor(
    private readonly blocks: BlockStream,
    private readonly inodes: InodeTable,
    private readonly tree: FileTree,
  ) {
    this.inodes.setMode(ROOT_INODE, MODE.directory | 0o755);
    this.inodes.setFlags(ROOT_INODE, INODE_FLAG.hugeFile);
    this.inodes.addLinks(ROOT_INODE, 2);
    this.create(['lost+found'], { ...WHITEOUT, mode: MODE.directory | 0o700 });
  }

  entry(entry: TarEntry): void {
    this.finishFile();
    this.entryName = entry.name;
    this.makeParents(pathComponents(entry.name));
    const [directory, file] = splitPath(entry.name);
    if (file.startsWith(WHITEOUT_PREFIX)) this.addWhiteout(directory, file);
    else if (entry.type === TAR_TYPE.hardLink) this.link(entry);
    else this.create(pathComponents(entry.name), specOf(entry));
  }

  data(bytes: Uint8Array): void {
    if (this.openFile === null) return;
    this.openFile.written += bytes.length;
    this.blocks.write(bytes);
  }

  zeros(count: number): void {
    if (this.openFile === null) return;
    this.openFile.written += count;
    this.blocks.writeZeros(count);
  }

  /** Ends the file that is open, with its extents. */
  finishFile(): void {
    if (this.openFile === null) return;
    const { inode, startBlock } = this.openFile;
    this.openFile = null;
    this.finishData(inode, startBlock);
  }

  /** Gives an inode the extents of what was written since `startBlock`, and closes the last block. */
  finishData(inode: number, startBlock: number): void {
    this.blocks.pad();
    const count = this.blocks.block - startBlock;
    if (count === 0) return;
    const { root, leaves } = buildExtents(startBlock, count);
    for (const leaf of leaves) this.blocks.write(leaf);
    this.inodes.setBlockField(inode, root);
    this.inodes.setFlags(inode, this.inodes.flags(inode) | INODE_FLAG.extents);
    this.inodes.addBlocks(inode, count + leaves.length);
  }

  /*
   * Missing directories take over the metadata of the directory above them. The path is walked once: a name of a megabyte may
   * stand for half a million directories.
   */
  private makeParents(components: readonly string[]): void {
    let directory = ROOT_INODE;
    for (const name of components.slice(0, -1)) {
      if (!this.isDirectory(directory)) throw this.refused(NOT_A_DIRECTORY);
      const existing = this.tree.child(directory, name);
      directory =
        existing ??
        this.createAt(placeIn(directory, name), { ...this.metadataOf(directory), xattrs: NO_XATTRS });
    }
  }

  private metadataOf(inode: number): FileSpec {
    const read = (field: 'accessed' | 'changed' | 'modified' | 'created'): TarTime | null =>
      decodeExt4Time(this.inodes.time(inode, field));
    return {
      ...WHITEOUT,
      mode: this.inodes.mode(inode),
      ...this.inodes.owner(inode),
      accessed: read('accessed'),
      changed: read('changed'),
      modified: read('modified'),
      created: read('created'),
    };
  }

  private addWhiteout(directory: string, file: string): void {
    if (file !== OPAQUE_WHITEOUT) {
      this.create(pathComponents(`${directory}/${file.slice(WHITEOUT_PREFIX.length)}`), WHITEOUT);
      return;
    }
    const components = pathComponents(directory);
    const inode = this.place(components).existing;
    if (inode === null) throw this.refused('the directory that it marks opaque is missing');
    const xattrs = this.xattrsOf(inode).set(OPAQUE_XATTR, Buffer.from('y'));
    this.create(components, { ...this.metadataOf(inode), xattrs });
  }

  /* As the reference reads them back: where some stand in the inode, `system.data` counts as data of a file. */
  private xattrsOf(inode: number): Map<string, Uint8Array> {
    const block = readBlockXattrs(this.directoryXattrBlocks.get(inode) ?? Buffer.alloc(BLOCK_SIZE));
    if (block === null)
      throw this.refused('an extended attribute of the directory that it marks opaque has too long a name');
    const area = this.inodes.inlineXattrs(inode);
    const xattrs = new Map([...block, ...readInlineXattrs(area)]);
    if (hasInlineXattrs(area)) xattrs.delete(INLINE_DATA_XATTR);
    return xattrs;
  }

  private link(entry: TarEntry): void {
    const place = this.place(pathComponents(entry.name));
    if (
      place.existing !== null &&
      (this.isDirectory(place.existing) || this.inodes.links(place.existing) < 2)
    )
      throw this.refused('a hard link would replace the only name of a file, or a directory');
    const target = this.place(pathComponents(entry.linkName)).existing;
    const targetName = JSON.stringify(displayName(entry.linkName));
    if (target === null) throw this.refused(`its hard link target ${targetName} does not come before it`);
    if (this.isDirectory(target)) throw this.refused(`its hard link target ${targetName} is a directory`);
    if (place.existing !== target && this.inodes.links(target) >= MAX_LINKS)
      throw this.refused(`its hard link target ${targetName} has too many links`);
    if (place.existing !== null) this.inodes.addLinks(place.existing, -1);
    this.inodes.addLinks(target, 1);
    this.tree.setChild(place.directory, place.name, target);
  }

  private create(components: readonly string[], spec: FileSpec): void {
    this.createAt(this.place(components), spec);
  }

  private createAt(place: Place | string, spec: FileSpec): number {
    if (typeof place === 'string') throw this.refused(place);
    const reused = this.reusable(place, spec);
    const inode = this.writeInode(spec, reused);
    if (reused === null) this.enter(place, inode);
    const type = this.inodes.mode(inode) & MODE.typeMask;
    if (type === MODE.regular && spec.size > 0)
      this.openFile = { inode, startBlock: this.blocks.block, written: 0 };
    return inode;
  }

  /* The inode whose place the entry takes, or null if it needs one of its own. */
  private reusable(place: Place, spec: FileSpec): number | null {
    const makesDirectory = (spec.mode & MODE.typeMask) === MODE.directory;
    if (place.existing === null) {
      if (makesDirectory && this.inodes.links(place.directory) >= MAX_LINKS)
        throw this.refused('its directory has too many subdirectories');
      return null;
    }
    if (this.isDirectory(place.existing)) {
      if (!makesDirectory) throw this.refused('it would replace a directory with a file');
      return place.existing;
    }
    if (makesDirectory) throw this.refused('it would replace a file with a directory');
    return this.inodes.links(place.existing) < 2 ? place.existing : null;
  }

  private enter({ directory, name, existing }: Place, inode: number): void {
    if (existing !== null) this.inodes.addLinks(existing, -1);
    this.tree.setChild(directory, name, inode);
    this.inodes.addLinks(inode, 1);
    if (this.isDirectory(inode)) this.inodes.addLinks(directory, 1);
  }

  private writeInode(spec: FileSpec, reused: number | null): number {
    if (reused !== null && (this.inodes.flags(reused) & INODE_FLAG.extents) !== 0)
      throw this.refused('it replaces an entry that already has data');
    const type = spec.mode & MODE.typeMask;
    if (type === MODE.regular && spec.size > MAX_IMAGE_BYTES) throw this.refused('it is larger than 128 GiB');
    const inode = reused ?? this.allocate(type);
    this.inodes.setMode(inode, type === MODE.symlink ? spec.mode | 0o777 : spec.mode);
    this.inodes.setOwner(inode, spec.uid, spec.gid);
    this.inodes.setFlags(inode, INODE_FLAG.hugeFile);
    for (const field of ['accessed', 'changed', 'modified', 'created'] as const)
      this.inodes.setTime(inode, field, encodeExt4Time(spec[field]));
    this.inodes.setBlockField(inode, spec.device);
    this.writeXattrs(inode, spec, reused !== null);
    this.inodes.setSize(inode, type === MODE.regular ? spec.size : 0);
    if (type === MODE.symlink) this.writeTarget(inode, Buffer.from(spec.linkName, 'latin1'));
    return inode;
  }

  private allocate(type: number): number {
    if (this.inodes.highest >= MAX_INODES)
      throw this.refused(`the layer has more than ${MAX_INODES} entries`);
    const inode = this.inodes.allocate();
    if (type === MODE.directory) {
      this.tree.addDirectory(inode);
      this.inodes.addLinks(inode, 1);
    }
    return inode;
  }

  /* A reused inode keeps the inline attributes that the entry does not name, and its block, emptied if need be. */
  private writeXattrs(inode: number, spec: FileSpec, reused: boolean): void {
    if (!reused && spec.xattrs.size === 0) return;
    const area = this.inodes.inlineXattrs(inode);
    const merged = new Map([...readInlineXattrs(area), ...spec.xattrs]);
    const layout = layOutXattrs(merged);
    if (typeof layout === 'string') throw this.refused(layout);
    area.fill(0);
    layout.inline?.copy(area);
    this.writeXattrBlock(inode, layout);
  }

  private writeXattrBlock(inode: number, layout: XattrLayout): void {
    const before = this.inodes.xattrBlock(inode);
    if (layout.block.length === 0 && before === 0) return;
    const content = encodeXattrBlock(layout.block);
    if (before === 0) {
      const block = this.blocks.block;
      this.inodes.setXattrBlock(inode, block);
      this.inodes.addBlocks(inode, 1);
      this.blocks.expectRewrite(block);
      this.blocks.write(content);
    } else this.blocks.rewrite(before, content);
    if (this.isDirectory(inode)) this.keepXattrBlock(inode, content);
  }

  private keepXattrBlock(inode: number, content: Buffer): void {
    this.directoryXattrBlocks.set(inode, content);
    if (this.directoryXattrBlocks.size > MAX_KEPT_XATTR_BLOCKS)
      throw this.refused(`more than ${MAX_KEPT_XATTR_BLOCKS} directories have large extended attributes`);
  }

  private writeTarget(inode: number, target: Buffer): void {
    this.inodes.setSize(inode, target.length);
    if (target.length <= MAX_INLINE_TARGET) {
      this.inodes.setBlockField(inode, target);
      return;
    }
    const startBlock = this.blocks.block;
    this.blocks.write(target);
    this.finishData(inode, startBlock);
  }

  private isDirectory(inode: number): boolean {
    return this.tree.isDirectory(inode);
  }

  private place(components: readonly string[]): Place {
    const place = this.tree.locate(components);
    if (typeof place === 'string') throw this.refused(place);
    return place;
  }

  private refused(problem: string): CleanroomError {
    return new CleanroomError(
      'LAYER_REFUSED',
      `entry ${JSON.stringify(displayName(this.entryName))}: ${problem}`,
    );
  }
}

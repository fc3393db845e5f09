// Directory blocks (ext4 `ext4_dir_entry_2`): linear, each block closed with an empty entry.

import type { BlockStream } from './block-stream.js';
import { BLOCK_SIZE, MODE, ROOT_INODE } from './constants.js';
import type { FileTree } from './file-tree.js';
import type { InodeTable } from './inode-table.js';

const ENTRY_HEADER = 8;
const CLOSING_ENTRY = 12;

const FILE_TYPE = new Map<number, number>([
  [MODE.regular, 1],
  [MODE.directory, 2],
  [MODE.characterDevice, 3],
  [MODE.blockDevice, 4],
  [MODE.fifo, 5],
  [MODE.symlink, 7],
]);

/** Directories in the order they are written: a directory, then its subdirectories one after the other. */
export function* directoriesInOrder(tree: FileTree): Generator<readonly [directory: number, parent: number]> {
  const stack: (readonly [number, number])[] = [[ROOT_INODE, ROOT_INODE]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    const [directory] = next;
    const subdirectories = tree.sortedChildren(directory).filter(([, inode]) => tree.isDirectory(inode));
    for (const [, inode] of subdirectories.reverse()) stack.push([inode, directory]);
  }
}

/** Writes the blocks of directories, one after the other. */
export class DirectoryWriter {
  /* One block for all of them: a layer may have millions. */
  private readonly content = Buffer.alloc(BLOCK_SIZE);
  private used = 0;
  private written = 0;

  constructor(
    private readonly blocks: BlockStream,
    private readonly inodes: InodeTable,
    private readonly tree: FileTree,
  ) {}

  /** @returns the directory's size in bytes. */
  write([directory, parent]: readonly [directory: number, parent: number]): number {
    this.written = 0;
    this.add('.', directory);
    this.add('..', parent);
    for (const [name, inode] of this.tree.sortedChildren(directory)) this.add(name, inode);
    this.closeBlock();
    return this.written;
  }

  private add(name: string, inode: number): void {
    const length = (ENTRY_HEADER + name.length + 3) & ~3;
    if (BLOCK_SIZE - this.used < length + CLOSING_ENTRY) this.closeBlock();
    this.content.writeUInt32LE(inode, this.used);
    this.content.writeUInt16LE(length, this.used + 4);
    this.content[this.used + 6] = name.length;
    this.content[this.used + 7] = FILE_TYPE.get(this.inodes.mode(inode) & MODE.typeMask) ?? 0;
    this.content.write(name, this.used + ENTRY_HEADER, 'latin1');
    this.used += length;
  }

  /* An entry of inode 0 takes what is left. */
  private closeBlock(): void {
    this.content.writeUInt16LE(BLOCK_SIZE - this.used, this.used + 4);
    this.blocks.write(this.content);
    this.written += BLOCK_SIZE;
    this.content.fill(0);
    this.used = 0;
  }
}

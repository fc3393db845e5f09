// Which names a layer has: directories by inode, and the lookup rules of hcsshim's compactext4. Symlinks are not followed.

import { MAX_NAME_BYTES, ROOT_INODE } from './constants.js';

/** Where a path leads. For the root itself `name` is empty and `directory` is the root. */
export interface Place {
  readonly directory: number;
  readonly name: string;
  /** The inode that has the name now, or null. */
  readonly existing: number | null;
}

export const NOT_A_DIRECTORY = 'its parent is not a directory';

/** The place of a name that a directory does not have yet; a string that says what is wrong with the name. */
export function placeIn(directory: number, name: string): Place | string {
  return name.length > MAX_NAME_BYTES ? NAME_TOO_LONG : { directory, name, existing: null };
}

const NAME_TOO_LONG = `a name is longer than ${MAX_NAME_BYTES} bytes`;

export class FileTree {
  private readonly directories = new Map<number, Map<string, number>>();

  constructor() {
    this.addDirectory(ROOT_INODE);
  }

  addDirectory(inode: number): void {
    this.directories.set(inode, new Map());
  }

  isDirectory(inode: number): boolean {
    return this.directories.has(inode);
  }

  child(directory: number, name: string): number | null {
    return this.directories.get(directory)?.get(name) ?? null;
  }

  setChild(directory: number, name: string, inode: number): void {
    this.directories.get(directory)?.set(name, inode);
  }

  /** The place of a path; a string that says what is wrong where there is none. */
  locate(components: readonly string[]): Place | string {
    const name = components.at(-1);
    if (name === undefined) return { directory: ROOT_INODE, name: '', existing: ROOT_INODE };
    if (name.length > MAX_NAME_BYTES) return NAME_TOO_LONG;
    let directory = ROOT_INODE;
    for (const component of components.slice(0, -1)) {
      const next = this.child(directory, component);
      if (next === null || !this.isDirectory(next)) return NOT_A_DIRECTORY;
      directory = next;
    }
    return { directory, name, existing: this.child(directory, name) };
  }

  /** Names of a directory in the order in which they are written: by inode, hard links to one inode by name. */
  sortedChildren(directory: number): readonly (readonly [name: string, inode: number])[] {
    const children = [...(this.directories.get(directory) ?? [])];
    return children.sort(([aName, a], [bName, b]) => a - b || (aName < bName ? -1 : 1));
  }
}

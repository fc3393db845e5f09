// Numbers of the ext4 layout that a layer is converted to: those of hcsshim's compactext4, which the guest agent's root hashes rest on.

/** Raised whenever the layout changes, so that root hashes kept before are no longer found. */
export const CONVERTER = 'hcsshim-7c9ff7f4/128GiB/2';

export const BLOCK_SIZE = 4096;
export const BLOCKS_PER_GROUP = 8 * BLOCK_SIZE;
export const INODE_SIZE = 256;
export const INODES_PER_BLOCK = BLOCK_SIZE / INODE_SIZE;

/** The reference runs with a maximum disk size of 128 GiB; it decides how many descriptor blocks are reserved. */
export const MAX_IMAGE_BYTES = 128 * 2 ** 30;
/** 1024 groups of 32-byte descriptors. */
export const DESCRIPTOR_BLOCKS = 8;
export const GROUP_DESCRIPTOR_SIZE = 32;
/** Data starts behind the superblock and the reserved descriptors. */
export const FIRST_DATA_BLOCK = 1 + DESCRIPTOR_BLOCKS;

export const ROOT_INODE = 2;
/** The first inode that is not reserved; also lost+found. */
export const FIRST_INODE = 11;

export const MAX_LINKS = 65000;
export const MAX_NAME_BYTES = 255;
/** Symlink targets up to this length stand in the inode. */
export const MAX_INLINE_TARGET = 59;

export const MODE = {
  typeMask: 0xf000,
  fifo: 0x1000,
  characterDevice: 0x2000,
  directory: 0x4000,
  blockDevice: 0x6000,
  regular: 0x8000,
  symlink: 0xa000,
} as const;

export const INODE_FLAG = { hugeFile: 0x40000, extents: 0x80000 } as const;

// The records of a zip file that both the reader and the writer use. PKWARE APPNOTE 6.3.10, §4.3.

export const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const END_SIGNATURE = 0x06054b50;
export const LOCAL_SIZE = 30;
export const CENTRAL_SIZE = 46;
export const END_SIZE = 22;
export const STORED = 0;
export const DEFLATED = 8;
/** Bit 11 of the general purpose flags: names are UTF-8. The only flag that is read or written. */
export const UTF8_NAMES = 0x0800;
/** Version 2.0: deflate, no ZIP64, no encryption. */
export const VERSION_NEEDED = 20;

/** The fields that a local header (from offset 4) and a central one (from offset 6) have in common: 26 bytes. */
export const SHARED_FIELDS = 26;

/** A member that may stand in the file, and its greatest size in bytes when inflated. */
export interface MemberRule {
  readonly name: string;
  readonly maxBytes: number;
}

export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

// Names, sizes and lifetimes of the emulator's TLS certificates.

export const ROOT_NAME = 'cleanroom emulator root (not trusted outside this machine)';
export const ISSUING_NAME = 'cleanroom emulator issuing CA';
export const KEY_BITS = 2048;
export const AUTHORITY_YEARS = 10;
export const LEAF_YEARS = 1;
/** A leaf with less than this left is replaced when it is asked for. */
export const RENEW_BEFORE_DAYS = 30;

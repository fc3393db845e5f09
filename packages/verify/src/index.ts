// The public face of @cleanroom/verify: what an auditor's program may call, for Node and browsers alike. The sources are the
// command line's own, in src/lib; docs/reference/library.md shows their use.

export * from '../../../src/lib/attestation/index.js';
export * from '../../../src/lib/evidence/index.js';

// transformers.js, the peer of the summarizer's benchmarks: of development only, so it may not be installed.

import type * as Peer from '@huggingface/transformers';

/** @returns null, said on stderr, where it is not installed; that fails where tools are demanded */
export async function loadPeer(): Promise<typeof Peer | null> {
  try {
    const peer = await import('@huggingface/transformers');
    peer.env.allowRemoteModels = false;
    return peer;
  } catch (cause) {
    process.stderr.write('@huggingface/transformers is not installed: nothing is measured beside it\n');
    if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw cause;
    return null;
  }
}

// Tree heads of a transparency log, signed by whoever keeps it.

import type { KeyObject } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { toHex } from '../base/bytes/hex.js';
import type { TreeState } from '../evidence/merkle-tree.js';
import { HEAD_TYPE } from '../evidence/transparency-log.js';
import { type Es256Signer, signEs256By } from '../keys/es256.js';

/** Signs the state of a log (ES256); keep it: it finds a fork or a cut tail later. */
export function signTreeHead(state: TreeState, key: KeyObject | Es256Signer, at: Date): Promise<string> {
  const head = {
    v: 1,
    use: 'cleanroom-tree-head',
    size: state.size,
    root: toHex(state.root),
    at: Math.floor(at.getTime() / 1000),
  };
  return signEs256By({ typ: HEAD_TYPE }, utf8(canonicalJson(head)), key);
}

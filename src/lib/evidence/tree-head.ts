// Signed tree heads of a transparency log: made by whoever keeps it, verified with its key. Node only.

import type { KeyObject } from 'node:crypto';

import { utf8 } from '../base/bytes/arrays.js';
import { canonicalJson } from '../base/bytes/canonical-json.js';
import { type Es256Signer, signEs256By, verifyEs256 } from '../base/bytes/es256.js';
import { toHex } from '../base/bytes/hex.js';
import { CleanroomError } from '../base/errors.js';
import type { TreeState } from './merkle-tree.js';
import { HEAD_TYPE, parseTreeHead, type TreeHead } from './transparency-log.js';

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

/**
 * Verifies a signed tree head.
 *
 * @throws CleanroomError TREE_HEAD_REJECTED for another form, or another key's signature.
 */
export function verifyTreeHead(jws: string, key: KeyObject): TreeHead {
  const { head, jws: parts } = parseTreeHead(jws);
  if (!verifyEs256(parts, key))
    throw new CleanroomError('TREE_HEAD_REJECTED', 'the tree head is not signed by the key given');
  return head;
}

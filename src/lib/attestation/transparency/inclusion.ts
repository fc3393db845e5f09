// Roots of Merkle trees from inclusion proofs of COSE receipts: the two verifiable data structures that are known.

import { concatBytes, equalBytes, utf8 } from '../../base/bytes/arrays.js';
import { CborError, decodeStrictCbor } from '../uvm/cbor.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';

/** Values of `vds` (label 395): COSE Receipts, and its CCF profile. */
export const VDS = { rfc9162Sha256: 1, ccfLedgerSha256: 2 } as const;

const HASH_BYTES = 32;
const MAX_PATH = 64;
const MAX_EVIDENCE_CHARACTERS = 1024;

/** A root, and what the proof says besides. */
export interface ProvenRoot {
  readonly root: Uint8Array;
  /** Transaction under which a CCF ledger registered the statement; its own word. */
  readonly registered: string | null;
}

/**
 * The root that a proof gives for a statement.
 *
 * @param proof - CBOR of one inclusion proof.
 * @param statement - the signed statement, its unprotected header empty.
 * @throws CborError where it is not in the form of its data structure, or is about another statement.
 */
export function rootOfProof(
  vds: number,
  proof: Uint8Array,
  statement: Uint8Array,
  crypto: SignatureCrypto,
): Promise<ProvenRoot> {
  if (vds === VDS.ccfLedgerSha256) return ccfRoot(proof, statement, crypto);
  if (vds === VDS.rfc9162Sha256) return rfc9162Root(proof, statement, crypto);
  throw new CborError(`the data structure ${vds} is not known`);
}

/* draft-ietf-scitt-receipts-ccf-profile, "Inclusion Proof Verification Algorithm". */
async function ccfRoot(
  proof: Uint8Array,
  statement: Uint8Array,
  crypto: SignatureCrypto,
): Promise<ProvenRoot> {
  const map = decodeStrictCbor(proof, []);
  if (!(map instanceof Map)) throw new CborError('the proof is no map');
  const [transaction, evidence, data, ...more] = list(map.get(1), 'leaf');
  if (typeof evidence !== 'string' || evidence === '' || evidence.length > MAX_EVIDENCE_CHARACTERS)
    throw new CborError('the evidence of the leaf is no text of 1 to 1024 characters');
  if (more.length > 0 || map.size !== 2) throw new CborError('the proof has more than leaf and path');
  const digest = (bytes: Uint8Array): Promise<Uint8Array> => crypto.digest('sha256', bytes);
  const dataHash = hash(data);
  if (!equalBytes(dataHash, await digest(statement))) throw new CborError('it is about another statement');
  let node = await digest(concatBytes(hash(transaction), await digest(utf8(evidence)), dataHash));
  const path = list(map.get(2), 'path');
  if (path.length === 0) throw new CborError('the path is empty');
  for (const element of path) {
    const [left, sibling, ...rest] = list(element, 'element of the path');
    if (typeof left !== 'boolean' || rest.length > 0) throw new CborError('an element of another form');
    node = await digest(left ? concatBytes(hash(sibling), node) : concatBytes(node, hash(sibling)));
  }
  return { root: node, registered: evidence.split(':')[1] ?? null };
}

/* COSE Receipts, RFC9162_SHA256; RFC 9162 §2.1.1 and §2.1.3.2. */
async function rfc9162Root(
  proof: Uint8Array,
  statement: Uint8Array,
  crypto: SignatureCrypto,
): Promise<ProvenRoot> {
  const [size, index, path, ...more] = list(decodeStrictCbor(proof, []), 'proof');
  if (!isCount(size) || !isCount(index) || index >= size || more.length > 0)
    throw new CborError('the place is not in the tree');
  const digest = (...parts: Uint8Array[]): Promise<Uint8Array> =>
    crypto.digest('sha256', concatBytes(...parts));
  const [leafMark, nodeMark] = [Uint8Array.of(0), Uint8Array.of(1)];
  let node = await digest(leafMark, statement);
  let [place, last] = [index, size - 1];
  for (const element of list(path, 'path')) {
    const sibling = hash(element);
    if (last === 0) throw new CborError('the path is too long');
    if (place % 2 === 1 || place === last) {
      node = await digest(nodeMark, sibling, node);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      node = await digest(nodeMark, node, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  if (last !== 0) throw new CborError('the path is too short');
  return { root: node, registered: null };
}

const half = (count: number): number => Math.floor(count / 2);

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > MAX_PATH) throw new CborError(`the ${name} is no short array`);
  return value as readonly unknown[];
}

function hash(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== HASH_BYTES)
    throw new CborError('a hash that has not 32 bytes');
  return value;
}

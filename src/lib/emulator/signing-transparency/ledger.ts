// A transparency ledger in the manner of Microsoft's: it registers signed statements and gives receipts of the CCF profile
// (draft-ietf-scitt-receipts-ccf-profile). Its key lives as long as the statements are being made.

import { createHash, randomBytes, sign } from 'node:crypto';

import { encode, Tagged } from 'cborg';

import { toHex } from '../../base/bytes/hex.js';
import { freshKeyPairSync } from '../../keys/fresh-key.js';
import { RECEIPT } from './constants.js';

/** The ledger's key as anchors name it. */
export interface LedgerKeyFile {
  readonly issuer: string;
  readonly kid: string;
  readonly jwk: { readonly kty: 'EC'; readonly crv: 'P-384'; readonly x: string; readonly y: string };
}

export interface EmulatedLedger {
  readonly key: LedgerKeyFile;
  /**
   * Registers a statement.
   *
   * @param statement - tagged COSE_Sign1 with an empty unprotected header.
   * @param at - seconds since 1970.
   * @returns a receipt, COSE_Sign1 with the Merkle root detached.
   */
  register(statement: Uint8Array, at: number): Uint8Array;
}

/** A ledger with a new key (P-384), named by the SHA-256 of its SubjectPublicKeyInfo as Microsoft's are. */
export function makeLedger(issuer: string): EmulatedLedger {
  const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-384' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const kid = toHex(sha256(publicKey.export({ type: 'spki', format: 'der' })));
  const text = new TextEncoder();
  let sequence = 1;
  return {
    key: { issuer, kid, jwk: { kty: 'EC', crv: 'P-384', x, y } },
    register: (statement, at) => {
      sequence += 1;
      const evidence = `ce:2.${sequence}:${randomBytes(32).toString('hex')}`;
      const leaf = [hashOfAnything(), evidence, sha256(statement)] as const;
      const path: readonly (readonly [boolean, Uint8Array])[] = [
        [true, hashOfAnything()],
        [false, hashOfAnything()],
      ];
      const root = path.reduce(
        (node, [left, sibling]) => (left ? sha256(sibling, node) : sha256(node, sibling)),
        sha256(leaf[0], sha256(text.encode(evidence)), leaf[2]),
      );
      const protectedHeader = encode(
        new Map<number, unknown>([
          [RECEIPT.alg, RECEIPT.es384],
          [RECEIPT.kid, text.encode(kid)],
          [
            RECEIPT.cwtClaims,
            new Map<number, unknown>([
              [1, issuer],
              [2, RECEIPT.subject],
              [6, at],
            ]),
          ],
          [RECEIPT.vds, RECEIPT.ccfLedgerSha256],
        ]),
      );
      const toBeSigned = encode(['Signature1', protectedHeader, new Uint8Array(), root]);
      const signature = sign('sha384', toBeSigned, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const proof = encode(
        new Map<number, unknown>([
          [1, leaf],
          [2, path],
        ]),
      );
      const unprotected = new Map([[RECEIPT.vdp, new Map([[RECEIPT.inclusion, [proof]]])]]);
      return encode(
        new Tagged(RECEIPT.signTag, [protectedHeader, unprotected, null, Uint8Array.from(signature)]),
      );
    },
  };
}

/* What else stands in such a tree is nobody's business. */
function hashOfAnything(): Uint8Array {
  return sha256(randomBytes(32));
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

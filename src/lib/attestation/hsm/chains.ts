// Who vouches for the partition of an HSM that signed an attestation: its maker, and whoever operates it. Both chains end in a
// certificate over the same partition key. Azure/azure-managed-hsm-key-attestation, src/vendor/marvell, steps 1 to 7.
//
// The maker's card certificates are of version 1 and have no extensions, so RFC 5280's rules for authorities cannot be asked:
// instead each chain has a fixed depth, and a root that is pinned.

import { equalBytes } from '../../base/bytes/arrays.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import type { Certificate } from '../x509/certificate.js';
import { outsideValidity } from '../x509/path.js';
import { isSignedBy } from '../x509/signature.js';

/** A chain that holds, or why there is none. */
export type ChainOutcome =
  | { readonly chain: readonly Certificate[]; readonly problem: null }
  | { readonly chain: null; readonly problem: string };

/**
 * Partition, card, maker: the partition's certificate by the card, the card's by a root of `roots`.
 *
 * @param partition - certificates over the key that signed.
 */
export async function makerChain(
  partition: readonly Certificate[],
  all: readonly Certificate[],
  roots: readonly Certificate[],
  at: Date,
  crypto: SignatureCrypto,
): Promise<ChainOutcome> {
  let problem = 'no certificate over its key leads to a maker that is known here';
  for (const leaf of partition)
    for (const card of all)
      for (const root of roots) {
        if (!(await isIssued(leaf, card, crypto)) || !(await isIssued(card, root, crypto))) continue;
        const outside = outsideValidity([leaf, card, root], at);
        if (outside === null) return { chain: [leaf, card, root], problem: null };
        problem = outside;
      }
  return { chain: null, problem };
}

/** Partition, operator: the partition's certificate by one that signs itself. Whose that is, is the caller's question. */
export async function operatorChain(
  partition: readonly Certificate[],
  all: readonly Certificate[],
  at: Date,
  crypto: SignatureCrypto,
): Promise<ChainOutcome> {
  let problem = 'no operator vouches for the partition of the HSM that signed';
  for (const root of all) {
    if (!(await isIssued(root, root, crypto))) continue;
    for (const leaf of partition) {
      if (leaf === root || !(await isIssued(leaf, root, crypto))) continue;
      const outside = outsideValidity([leaf, root], at);
      if (outside === null) return { chain: [leaf, root], problem: null };
      problem = outside;
    }
  }
  return { chain: null, problem };
}

async function isIssued(
  certificate: Certificate,
  issuer: Certificate,
  crypto: SignatureCrypto,
): Promise<boolean> {
  return (
    equalBytes(certificate.issuer.raw, issuer.subject.raw) &&
    (await isSignedBy(certificate, issuer.publicKey, crypto))
  );
}

// Whether a statement of a release is by whoever may make it, and whether a transparency ledger holds it.

import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import { describeHeld, verifyReceipts, whyNot } from '../transparency/receipt.js';
import { coseScheme, verifyCoseSign1 } from '../uvm/cose-sign1.js';
import { didProblem } from '../uvm/did-x509.js';
import { signerChainProblem } from '../uvm/signer-headers.js';
import { outsideValidity } from '../x509/path.js';
import type { LedgerKey, ReleaseSigner } from './release-anchors.js';
import type { ReleaseStatement } from './release-statement.js';

/**
 * Why the statement is not by `signer`, or null. The issuer in it is a claim: it is compared with the trusted one first, and
 * that one is resolved against the chain.
 *
 * @param at - the time of the check: for a statement that says none of its own.
 */
export async function signerProblem(
  statement: ReleaseStatement,
  signer: ReleaseSigner,
  { crypto, at }: { readonly crypto: SignatureCrypto; readonly at: Date },
): Promise<string | null> {
  const { issuer, chain, message, signedAt } = statement;
  if (issuer !== signer.did) return `it is by ${issuer}, not by ${signer.did}`;
  const path = await signerChainProblem(statement, crypto);
  if (path !== null) return path;
  const resolution = await didProblem(signer.did, chain, crypto);
  if (resolution !== null) return resolution;
  const outside = outsideValidity(chain, signedAt ?? at);
  if (outside !== null) return outside;
  const [leaf] = chain;
  if (leaf === undefined) return 'no certificate';
  const scheme = coseScheme(message, leaf.publicKey);
  if (typeof scheme === 'string') return scheme;
  return (await verifyCoseSign1(message, leaf.publicKey, scheme, crypto))
    ? null
    : 'the signer did not sign these bytes';
}

/** What the receipts of a statement come to. The header that they stand in is not signed: one that does not hold says nothing. */
export interface Registration {
  /** `issuer as transaction, time`; null where no receipt holds. */
  readonly held: string | null;
  /** What is wrong with the others, or why there is none that holds; a clause. */
  readonly others: string | null;
}

/** Judges the receipts of a statement by the keys of `ledgers` alone. */
export async function registrationOf(
  { message }: ReleaseStatement,
  ledgers: readonly LedgerKey[],
  crypto: SignatureCrypto,
): Promise<Registration> {
  const outcomes = await verifyReceipts(message, ledgers, crypto);
  if (outcomes.length === 0) return { held: null, others: 'there is no receipt of a transparency ledger' };
  const held = outcomes.flatMap((outcome) => (outcome.kind === 'holds' ? [describeHeld(outcome)] : []));
  const others = outcomes.flatMap((outcome) => (outcome.kind === 'holds' ? [] : [whyNot(outcome)]));
  return {
    held: held.length === 0 ? null : held.join('; '),
    others: others.length === 0 ? null : others.join('; '),
  };
}

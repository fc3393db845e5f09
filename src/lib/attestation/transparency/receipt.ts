// COSE receipts: a ledger's signed word that it holds a statement. COSE Receipts (draft-ietf-cose-merkle-tree-proofs) and its
// CCF profile (draft-ietf-scitt-receipts-ccf-profile).

import { concatBytes, decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import type { LedgerKey } from '../releases/release-anchors.js';
import type { SignatureCrypto } from '../crypto/signature-crypto.js';
import { ecPublicKeyInfo } from '../der/public-key-info.js';
import { CborError, encodeByteString } from '../uvm/cbor.js';
import { type CoseSign1, coseScheme, LABEL, parseDetachedSign1, verifyCoseSign1 } from '../uvm/cose-sign1.js';
import { readPublicKey } from '../x509/public-key.js';
import { rootOfProof } from './inclusion.js';

const MAX_RECEIPTS = 16;
const MAX_PROOFS = 16;

/** What came of one receipt. `unknown`: by a ledger whose key is not in the list, so nothing is said. */
export type ReceiptOutcome =
  | {
      readonly kind: 'holds';
      readonly ledger: LedgerKey;
      /** The ledger's own word; null where it says none. */
      readonly registered: string | null;
      readonly signedAt: Date | null;
    }
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'unknown'; readonly issuer: string };

/**
 * Judges every receipt in the unprotected header of a statement (label 394), by the keys of `ledgers` alone.
 *
 * @returns one outcome a receipt; none where there is no receipt.
 */
export async function verifyReceipts(
  statement: CoseSign1,
  ledgers: readonly LedgerKey[],
  crypto: SignatureCrypto,
): Promise<readonly ReceiptOutcome[]> {
  const found = statement.unprotectedHeader.get(LABEL.receipts);
  if (found === undefined) return [];
  if (!Array.isArray(found) || found.length === 0 || found.length > MAX_RECEIPTS)
    return [{ kind: 'refused', problem: 'the receipts are no array of 1 to 16' }];
  const signed = signedStatement(statement);
  const outcomes: ReceiptOutcome[] = [];
  for (const receipt of found as readonly unknown[])
    outcomes.push(await outcomeOf(receipt, signed, ledgers, crypto));
  return outcomes;
}

/** A receipt that holds, in words: `issuer as transaction, time`. */
export function describeHeld({
  ledger,
  registered,
  signedAt,
}: Extract<ReceiptOutcome, { readonly kind: 'holds' }>): string {
  const place = registered === null ? '' : ` as ${registered}`;
  const time = signedAt === null ? '' : `, ${signedAt.toISOString()}`;
  return `${ledger.issuer}${place}${time}`;
}

/** Why a receipt says nothing: a clause. */
export function whyNot(outcome: Exclude<ReceiptOutcome, { readonly kind: 'holds' }>): string {
  return outcome.kind === 'refused'
    ? `its receipt is invalid: ${outcome.problem}`
    : `the ledger ${outcome.issuer} is not among those whose keys are known`;
}

/** What a ledger registers: the tagged message with its unprotected header empty. */
export function signedStatement({ protectedBytes, payload, signature }: CoseSign1): Uint8Array {
  return concatBytes(
    Uint8Array.of(0xd2, 0x84),
    encodeByteString(protectedBytes),
    Uint8Array.of(0xa0),
    encodeByteString(payload),
    encodeByteString(signature),
  );
}

async function outcomeOf(
  receipt: unknown,
  statement: Uint8Array,
  ledgers: readonly LedgerKey[],
  crypto: SignatureCrypto,
): Promise<ReceiptOutcome> {
  try {
    if (!(receipt instanceof Uint8Array)) throw new CborError('a receipt is no byte string');
    return await judge(receipt, statement, ledgers, crypto);
  } catch (cause) {
    if (cause instanceof CborError) return { kind: 'refused', problem: cause.message };
    throw cause;
  }
}

async function judge(
  receipt: Uint8Array,
  statement: Uint8Array,
  ledgers: readonly LedgerKey[],
  crypto: SignatureCrypto,
): Promise<ReceiptOutcome> {
  const message = parseDetachedSign1(receipt);
  const header = message.protectedHeader;
  const claims = header.get(LABEL.cwtClaims);
  const issuer: unknown = claims instanceof Map ? claims.get(1) : undefined;
  if (typeof issuer !== 'string') throw new CborError('the receipt names no issuer');
  const kidBytes = header.get(LABEL.kid);
  const kid = kidBytes instanceof Uint8Array ? decodeUtf8(kidBytes) : null;
  const ledger = ledgers.find((row) => row.issuer === issuer && row.kid === kid);
  if (ledger === undefined) return { kind: 'unknown', issuer };
  if (ledger.status === 'withdrawn') throw new CborError(`the key of ${issuer} is withdrawn`);
  const { x, y, crv } = ledger.jwk;
  const [left, right] = [fromBase64Url(x), fromBase64Url(y)];
  if (left === null || right === null) throw new CborError('the key of the ledger cannot be read');
  const key = readPublicKey(ecPublicKeyInfo(crv, left, right));
  const scheme = coseScheme(message, key);
  if (typeof scheme === 'string') throw new CborError(scheme);
  const vds = header.get(LABEL.vds);
  if (typeof vds !== 'number') throw new CborError('no data structure in the protected header');
  let registered: string | null = null;
  for (const proof of inclusionProofs(message)) {
    const proven = await rootOfProof(vds, proof, statement, crypto);
    registered = proven.registered;
    if (!(await verifyCoseSign1({ ...message, payload: proven.root }, key, scheme, crypto)))
      throw new CborError(`${issuer} did not sign the root that the proof gives`);
  }
  const iat: unknown = claims instanceof Map ? claims.get(6) : undefined;
  const isTime = typeof iat === 'number' && Number.isSafeInteger(iat) && iat >= 0 && iat < 8.64e12;
  return { kind: 'holds', ledger, registered, signedAt: isTime ? new Date(iat * 1000) : null };
}

function inclusionProofs({ unprotectedHeader }: CoseSign1): readonly Uint8Array[] {
  const proofs = unprotectedHeader.get(LABEL.vdp);
  const inclusion: unknown = proofs instanceof Map ? proofs.get(-1) : undefined;
  if (!Array.isArray(inclusion) || inclusion.length === 0 || inclusion.length > MAX_PROOFS)
    throw new CborError('the receipt has no inclusion proof');
  return (inclusion as readonly unknown[]).map((proof) => {
    if (!(proof instanceof Uint8Array)) throw new CborError('an inclusion proof is no byte string');
    return proof;
  });
}

// The owners' word for what a room opened: whoever has a public key can seal, so without it the text may be the host's own.

import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import { parseCompactJws } from '../base/bytes/compact-jws.js';
import type { ParsedContract } from '../contract/check.js';
import {
  MAX_STATEMENT_BYTES,
  readSealStatement,
  SEAL_STATEMENT_TYPE,
  type SealStatement,
} from '../contract/seal-statement-form.js';
import { isSignedBy } from './consents.js';
import type { ReadReceipt, ReceiptInput } from './receipt.js';

export interface SealsInput {
  /** Statements that came along, JWS compact form; those that are not the owner's count for nothing. */
  readonly brought: readonly string[];
  /** The contract that counts: it says who owns which dataset, and by which key. */
  readonly contract: ParsedContract | null;
  readonly crypto: SignatureCrypto;
}

/**
 * Records `RECEIPT_SEALS`: passed only where every input of every receipt has a statement, signed by its owner's contract
 * key, over the same digests, version and key.
 */
export async function recordReceiptSeals(
  receipts: readonly ReadReceipt[],
  { brought, contract, crypto }: SealsInput,
  log: CheckLog,
): Promise<void> {
  const inputs = receipts.flatMap(({ receipt }) => receipt.inputs);
  if (inputs.length === 0 || contract === null) {
    const reason = contract === null ? 'there is no contract' : 'there is no receipt that names an input';
    log.skip(reason, 'RECEIPT_SEALS');
    return;
  }
  const stated = await readStatements(brought, contract, crypto);
  const open = inputs.filter((input) => !stated.some((statement) => speaksOf(statement, input)));
  if (open.length === 0)
    log.record('RECEIPT_SEALS', true, { actual: `${inputs.length} of ${inputs.length}` });
  else {
    const names = [...new Set(open.map(({ dataset, owner }) => `${dataset} (${owner})`))].join(', ');
    log.skip(`there is no seal statement of the owner over what was opened of ${names}`, 'RECEIPT_SEALS');
  }
}

/* Those of this contract that the owner of the dataset they name has signed. */
async function readStatements(
  brought: readonly string[],
  { contract, digest }: ParsedContract,
  crypto: SignatureCrypto,
): Promise<readonly SealStatement[]> {
  const found: SealStatement[] = [];
  for (const text of new Set(brought)) {
    const jws = text.length > MAX_STATEMENT_BYTES ? null : parseCompactJws(text);
    if (jws?.header['typ'] !== SEAL_STATEMENT_TYPE) continue;
    const statement = readSealStatement(jws.payload);
    if (typeof statement === 'string' || statement.contract !== digest) continue;
    const owner = contract.datasets.find(({ id }) => id === statement.dataset)?.owner;
    const party = contract.parties.find(({ id }) => id === owner);
    if (party !== undefined && (await isSignedBy(jws, party.contractKey, crypto))) found.push(statement);
  }
  return found;
}

function speaksOf({ dataset, version, key, header, payload }: SealStatement, input: ReceiptInput): boolean {
  return (
    dataset === input.dataset &&
    version === input.version &&
    key === input.key &&
    header.sha256 === input.header &&
    payload.sha256 === input.payload
  );
}

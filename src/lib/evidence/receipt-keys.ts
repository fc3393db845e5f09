// The keys that receipts name: whose they are, by the contract; and their fingerprints, by the headers of the sealed blobs.

import type { CheckLog } from '../attestation/check-log.js';
import type { Contract } from '../contract/schema.js';
import type { ReadReceipt, ReceiptInput } from './receipt.js';

/** What the header of a sealed blob says of its recipients. */
export interface SealedBlobKeys {
  /** SHA-256 of the header, by which a receipt names it. */
  readonly header: string;
  readonly recipients: readonly {
    readonly kid: string;
    /** RFC 7638; null where the blob's writer left it out. */
    readonly jkt: string | null;
  }[];
}

/**
 * Records that every key in the receipts is the contract's own key of the dataset (`RECEIPT_KEYS`), and that it has the
 * fingerprint which the blob's header has (`RECEIPT_JKT`). The latter passes only where every input could be compared.
 *
 * @param receipts - those whose signature holds.
 * @param sealed - of the blobs that the verifier holds; null: it holds none.
 */
export function recordReceiptKeys(
  receipts: readonly ReadReceipt[],
  contract: Contract | null,
  sealed: readonly SealedBlobKeys[] | null,
  log: CheckLog,
): void {
  const inputs = receipts.flatMap(({ receipt }) => receipt.inputs);
  if (inputs.length === 0) {
    log.skip('there is no receipt that names an input', 'RECEIPT_KEYS', 'RECEIPT_JKT');
    return;
  }
  if (contract === null) log.skip('there is no contract', 'RECEIPT_KEYS');
  else {
    const foreign = inputs.find((input) => !isKeyOf(contract, input));
    const problem =
      foreign === undefined
        ? null
        : `${foreign.dataset} was opened with ${foreign.key}, not a key of the contract`;
    log.recordProblem('RECEIPT_KEYS', problem, { actual: listOf(inputs.map(({ key }) => key)) });
  }
  if (sealed === null) log.skip('no sealed blob was given to compare with (--sealed)', 'RECEIPT_JKT');
  else recordFingerprints(inputs, sealed, log);
}

function isKeyOf({ datasets }: Contract, { dataset, owner, kind, key }: ReceiptInput): boolean {
  const agreed = datasets.find(({ id }) => id === dataset);
  if (agreed?.owner !== owner || agreed.kind !== kind) return false;
  const prefix = `https://${agreed.key.vault}/keys/${agreed.key.name}/`;
  return key.startsWith(prefix) && /^[0-9A-Za-z]+$/.test(key.slice(prefix.length));
}

function recordFingerprints(
  inputs: readonly ReceiptInput[],
  sealed: readonly SealedBlobKeys[],
  log: CheckLog,
): void {
  const compared = inputs.map((input) => ({ input, sealed: fingerprintOf(input, sealed) }));
  const wrong = compared.find(
    ({ input, sealed: found }) =>
      found.kind === 'foreign' || (found.kind === 'known' && found.jkt !== input.jkt),
  );
  const open = compared
    .filter(({ sealed: found }) => found.kind === 'unknown')
    .map(({ input }) => input.dataset);
  if (wrong === undefined && open.length > 0) {
    log.skip(
      `nothing to compare the key of ${listOf(open)} with: no blob with the header of the receipt`,
      'RECEIPT_JKT',
    );
    return;
  }
  const problem =
    wrong === undefined
      ? null
      : `the key released for ${wrong.input.dataset} is another than its blob is sealed to`;
  log.recordProblem('RECEIPT_JKT', problem, {
    expected: listOf(compared.flatMap(({ sealed: found }) => (found.kind === 'known' ? [found.jkt] : []))),
    actual: listOf(inputs.map(({ jkt }) => jkt ?? 'none')),
  });
}

type Fingerprint =
  | { readonly kind: 'known'; readonly jkt: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'foreign' };

/* `foreign`: the very header that the room read names no such key. `unknown`: it is not here, or one of the two is silent. */
function fingerprintOf(input: ReceiptInput, sealed: readonly SealedBlobKeys[]): Fingerprint {
  const blob = sealed.find(({ header }) => header === input.header);
  if (blob === undefined || input.jkt === undefined) return { kind: 'unknown' };
  const recipient = blob.recipients.find(({ kid }) => kid === input.key);
  if (recipient === undefined) return { kind: 'foreign' };
  return recipient.jkt === null ? { kind: 'unknown' } : { kind: 'known', jkt: recipient.jkt };
}

function listOf(values: readonly string[]): string {
  return [...new Set(values)].join(', ');
}

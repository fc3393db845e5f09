// What the HSM attests of the keys that a bundle names: the second opinion beside their owners' word (key-statements.ts).

import type { HsmAnchors } from '../attestation/anchors.js';
import type { CheckLog } from '../attestation/check-log.js';
import type { SignatureCrypto } from '../attestation/crypto/signature-crypto.js';
import {
  ATTESTATION_CHECKS,
  type AttestationCheckId,
  type AttestedKeyFindings,
  checkKeyAttestation,
} from '../attestation/hsm/check-key-attestation.js';
import type { SealStatement } from '../contract/seal-statement-form.js';
import type { BroughtReleasePolicy } from './evidence-bundle.js';
import type { ReadReceipt } from './receipt.js';

export interface KeyAttestationsInput {
  /** Those whose signature holds. */
  readonly receipts: readonly ReadReceipt[];
  /** What the owners signed. */
  readonly stated: readonly SealStatement[];
  readonly brought: readonly BroughtReleasePolicy[];
}

export interface KeyAttestationsContext {
  readonly anchors: HsmAnchors;
  readonly crypto: SignatureCrypto;
  /** The time at which certificates are judged where no owner signed one. */
  readonly at: Date;
}

/** What has to hold for a key to be one of an HSM's; the operator is Microsoft's word where nobody is pinned. */
const OF_HARDWARE = [
  'KEY_ATTESTATION',
  'KEY_ATTESTATION_MAKER',
  'KEY_ATTESTATION_KEY',
  'KEY_ATTESTATION_ORIGIN',
] as const satisfies readonly AttestationCheckId[];

const MAX_ATTESTATIONS = 4;

interface JudgedKey {
  readonly key: string;
  /** One an attestation that came along of it. */
  readonly judged: readonly AttestedKeyFindings[];
}

/**
 * Records the checks of `ATTESTATION_CHECKS` over every key that a receipt names, and `KEY_HARDWARE` for all of them. A key
 * without an attestation leaves them open; one attestation that does not hold fails its check, whatever stands beside it.
 */
export async function recordKeyAttestations(
  input: KeyAttestationsInput,
  context: KeyAttestationsContext,
  log: CheckLog,
): Promise<void> {
  const inputs = input.receipts.flatMap(({ receipt }) => receipt.inputs);
  const keys = [...new Set(inputs.map(({ key }) => key))];
  if (keys.length === 0) {
    log.skip('there is no receipt that names a key', ...ATTESTATION_CHECKS, 'KEY_HARDWARE');
    return;
  }
  const judged: JudgedKey[] = [];
  for (const key of keys) judged.push({ key, judged: await judgeKey(key, input, context) });
  for (const id of ATTESTATION_CHECKS) recordOne(id, judged, log);
  recordHardware(judged, log);
}

async function judgeKey(
  key: string,
  { receipts, stated, brought }: KeyAttestationsInput,
  { anchors, crypto, at }: KeyAttestationsContext,
): Promise<readonly AttestedKeyFindings[]> {
  const prints = receipts
    .flatMap(({ receipt }) => receipt.inputs)
    .filter((one) => one.key === key)
    .map(({ jkt }) => jkt ?? null);
  const signedAt = stated.filter((one) => one.key === key).map(({ iat }) => iat);
  const judged: AttestedKeyFindings[] = [];
  const found = brought.filter((one) => one.key === key && one.keyAttestation !== undefined);
  // One is enough; each costs signatures. One too many is judged as one that cannot be read.
  const attestations = found.length > MAX_ATTESTATIONS ? [{ keyAttestation: {} }] : found;
  for (const { keyAttestation } of attestations)
    for (const thumbprint of new Set(prints))
      judged.push(
        await checkKeyAttestation(
          // Kept evidence is judged by the time at which the owner sealed to the key.
          { key, thumbprint, attestation: keyAttestation, at: timeOf(signedAt) ?? at },
          anchors,
          crypto,
        ),
      );
  return judged;
}

function timeOf(seconds: readonly number[]): Date | null {
  const latest = Math.max(...seconds);
  return Number.isFinite(latest) && latest < 8.64e12 ? new Date(latest * 1000) : null;
}

function recordOne(id: AttestationCheckId, keys: readonly JudgedKey[], log: CheckLog): void {
  const found = keys.flatMap(({ key, judged }) => judged.map(({ findings }) => ({ key, ...findings[id] })));
  const failed = found.find(({ status }) => status === 'fail');
  if (failed !== undefined) {
    log.record(id, false, { reason: `${failed.key}: ${failed.text}` });
    return;
  }
  const silent = keys.filter(({ judged }) => judged.length === 0);
  const open = found.find(({ status }) => status === 'skip');
  if (silent.length > 0) log.skip(`none came along of ${silent.map(({ key }) => key).join(', ')}`, id);
  else if (open !== undefined) log.skip(skipReason(open), id);
  else log.record(id, true, { actual: found.map(({ key, text }) => `${key}: ${text}`).join('; ') });
}

/* A warning stays one: it is shown first. */
function skipReason({ key, text }: { readonly key: string; readonly text: string }): string {
  return text.startsWith('warning: ')
    ? `warning: ${key}: ${text.slice('warning: '.length)}`
    : `${key}: ${text}`;
}

function recordHardware(keys: readonly JudgedKey[], log: CheckLog): void {
  const all = keys.flatMap(({ judged }) => judged);
  const statuses = all.flatMap(({ findings }) => OF_HARDWARE.map((id) => findings[id].status));
  const operators = all.map(({ findings }) => findings.KEY_ATTESTATION_OPERATOR.status);
  if ([...statuses, ...operators].includes('fail'))
    log.record('KEY_HARDWARE', false, { reason: 'its attestation is not accepted' });
  else if (keys.some(({ judged }) => judged.length === 0) || statuses.includes('skip'))
    log.skip('not every key is shown to be one of an HSM’s', 'KEY_HARDWARE');
  else log.record('KEY_HARDWARE', true);
}

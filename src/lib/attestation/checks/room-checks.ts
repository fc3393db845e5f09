// Checks of what a room’s evidence brings besides: contract, consent, program, keys, receipts, log proofs.

import type { CheckEntry } from './check-entry.js';

export const ROOM_CHECKS = {
  // where the trust ends
  TRUST_ROOTS: {
    claim: 'The roots of trust are AMD’s and Microsoft’s own.',
    spec: 'docs/security/what-verify-checks.md',
  },
  // the room: what an evidence bundle adds
  ROOM_DATA: {
    claim: 'The report binds the keys and the contract of a room.',
    spec: 'docs/reference/evidence.md',
  },
  ANCHORS_CONTRACT: {
    claim: 'The anchors are those that the contract names.',
    spec: 'docs/reference/contract.md',
  },
  CONTRACT_FORM: { claim: 'The contract in the bundle is well formed.', spec: 'contract.schema.json' },
  CONTRACT_EXPECTED: {
    claim: 'No other contract than the one given came with the evidence.',
    spec: 'docs/reference/evidence.md',
  },
  CONTRACT_ROOM: { claim: 'The room keeps the contract in the bundle.', spec: 'docs/reference/evidence.md' },
  CONTRACT_POLICY: {
    claim: 'The policy pins the contract, and requires it.',
    spec: 'docs/reference/policy.md',
  },
  CONSENT_THRESHOLD: {
    claim: 'As many parties as the contract demands have signed it.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_EQUIVOCATION: {
    claim: 'No party has signed two versions of the contract.',
    spec: 'docs/reference/contract.md',
  },
  PROGRAM_KNOWN: {
    claim: 'Every container that the policy admits is a known program.',
    spec: 'docs/reference/policy.md',
  },
  KEY_STATED: {
    claim: 'The owner of each dataset signed which release policy its key has.',
    spec: 'RFC 7515; docs/reference/receipt.md',
  },
  KEY_RELEASE_POLICIES: {
    claim: 'Every release policy implies each clause that the contract demands.',
    spec: 'docs/reference/keys.md',
  },
  KEY_IMMUTABLE: {
    claim: 'Each owner signed that the release policy of its key is immutable.',
    spec: 'docs/reference/keys.md',
  },
  KEY_ATTESTATION: {
    claim: 'A partition of an HSM signed the attestation of each key.',
    spec: 'docs/reference/keys.md; Key Vault REST API, Get Key Attestation',
  },
  KEY_ATTESTATION_MAKER: {
    claim: 'The maker of the HSM vouches for the partition that signed.',
    spec: 'docs/reference/keys.md; Azure/azure-managed-hsm-key-attestation, Marvell’s root certificates',
  },
  KEY_ATTESTATION_OPERATOR: {
    claim: 'The operator of the HSM vouches for the same partition.',
    spec: 'docs/reference/keys.md; Azure/azure-managed-hsm-key-attestation, partition root',
  },
  KEY_ATTESTATION_KEY: {
    claim: 'Each attestation is about the version of the key that was released, and its public half.',
    spec: 'docs/reference/keys.md; RFC 7638',
  },
  KEY_ATTESTATION_ORIGIN: {
    claim: 'Each key was made in the HSM, and its private half does not leave it in the clear.',
    spec: 'docs/reference/keys.md; PKCS #11 v3.1 §4.9, CKA_LOCAL and CKA_SENSITIVE',
  },
  KEY_HARDWARE: {
    claim: 'Each key was made in an HSM that the vendor attests.',
    spec: 'docs/reference/keys.md',
  },
  RECEIPT_SIGNATURE: {
    claim: 'The room’s own key signed each receipt.',
    spec: 'RFC 7515 §5.2; docs/reference/receipt.md',
  },
  RECEIPT_CONTRACT: {
    claim: 'Each receipt is about this contract and policy.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_KEYS: {
    claim: 'Each input was opened with the contract’s own key of it.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_JKT: {
    claim: 'Each key that was released has the fingerprint in the header of its sealed blob.',
    spec: 'RFC 7638; docs/reference/receipt.md',
  },
  RECEIPT_SEALS: {
    claim: 'The owner of each input signed the sealed blob that was opened.',
    spec: 'RFC 7515; docs/reference/receipt.md',
  },
  RECEIPT_RELEASED: {
    claim: 'The receipt is for a delivered result.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_BUDGET: {
    claim: 'Each result has a place of its own among those that the contract allows.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_ENTRIES: {
    claim: 'The budget entries in the evidence are those of the receipts.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_PLACE: {
    claim: 'No other known result has the receipt’s place in the budget.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_REPORT: {
    claim: 'The receipt names the report of the room that made it.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_OUTPUT: {
    claim: 'The summary shown is the one in the receipt.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_SEALED: {
    claim: 'The sealed result is the one in the receipt.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_INPUTS: {
    claim: 'Summary and receipt name the same inputs.',
    spec: 'docs/reference/receipt.md',
  },
  LOG_PROOF: {
    claim: 'Every proof of a transparency log is about the evidence, under a trusted head.',
    spec: 'docs/reference/log.md',
  },
  LOG_CONTRACT: { claim: 'A transparency log contains the contract.', spec: 'docs/reference/log.md' },
  LOG_POLICY: { claim: 'A transparency log contains the policy.', spec: 'docs/reference/log.md' },
  LOG_FRESH: {
    claim: 'The head of each proof was signed recently enough.',
    spec: 'RFC 9334 §10 (freshness); docs/reference/log.md',
  },
} as const satisfies Record<string, CheckEntry>;

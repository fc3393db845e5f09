// Checks of what parties sign and send before anything runs.

import type { CheckEntry } from './check-entry.js';

export const AGREEMENT_CHECKS = {
  // signatures, one by one: what does not count is listed
  CONSENT_PARTY: {
    claim: 'The party has signed this version of the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_SIGNED: {
    claim: 'The parties whose turn has passed have signed the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_FORMAT: {
    claim: 'The file is a consent signature.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_SIGNATURE: {
    claim: 'The signature is that of the party’s contract key.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_UNKNOWN_SIGNER: {
    claim: 'The signer is a party of the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_OTHER_VERSION: {
    claim: 'The signature is over this version of the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_REPLAYED: {
    claim: 'The signature is over the contract of this name.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_REPEATED: {
    claim: 'The party’s signature has not been counted yet.',
    spec: 'docs/reference/contract.md',
  },
  // before anything runs: policy, keys, room
  CONTRACT_PINNED: {
    claim: 'The policy pins the contract, and requires it.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_RECOMPUTED: {
    claim: 'Contract and images give this policy.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_FILE: {
    claim: 'The policy file is the recomputed one.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_LINT: {
    claim: 'Lint finds no error in the policy.',
    spec: 'docs/reference/policy.md',
  },
  ROOM_POLICY: {
    claim: 'The policy that the room was started with is this one.',
    spec: 'docs/reference/policy.md',
  },
  KEY_RELEASE_POLICY: {
    claim: 'The release policy of the dataset’s key implies each clause that the contract demands.',
    spec: 'docs/reference/keys.md',
  },
  KEY_POLICY_IMMUTABLE: {
    claim: 'The release policy of the key is immutable.',
    spec: 'docs/reference/keys.md',
  },
  OTHER_KEY_POLICY: {
    claim: 'The same for a key of another party, as far as its release policy can be read.',
    spec: 'docs/reference/keys.md',
  },
  // an offer or a reply
  SEAL_STATEMENTS: {
    claim: 'Each seal statement in a reply is its sender’s, over this contract, and names the agreed key.',
    spec: 'docs/reference/receipt.md',
  },
  TRANSFER_KEY: {
    claim: 'The host signed the key that replies to its offer are sealed to.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONTRACT_SAME: {
    claim: 'The contract in the file is the one that was given with -f.',
    spec: 'RFC 8785; docs/reference/contract.md',
  },
} as const satisfies Record<string, CheckEntry>;

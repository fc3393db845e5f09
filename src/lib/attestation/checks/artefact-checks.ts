// Checks of single artefacts: a sealed blob, a summary, a transparency log, a policy fragment.

import type { CheckEntry } from './check-entry.js';

export const ARTEFACT_CHECKS = {
  // a sealed blob and its owner’s statement
  SEAL_STRUCTURE: {
    claim: 'The blob has the published form.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_SIGNATURE: {
    claim: 'The owner’s contract key signed the statement.',
    spec: 'RFC 7515; docs/reference/sealed-format.md',
  },
  SEAL_CONTRACT: {
    claim: 'The blob was sealed for this contract.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_DATASET: {
    claim: 'The blob was sealed as this dataset.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_KEY: {
    claim: 'The blob was sealed to the contract’s key of the dataset.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_PROTECTED: {
    claim: 'The protected header agrees with the statement.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_HEADER: {
    claim: 'The header is the one that was sealed.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_PAYLOAD: {
    claim: 'The payload is the one that was sealed.',
    spec: 'docs/reference/sealed-format.md',
  },
  // what may leave a room
  SUMMARY_DOCUMENTS: {
    claim: 'Each dataset contains as many distinct documents as the contract demands.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_ALPHABET: {
    claim: 'All texts are in the alphabet of the contract.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_CHARACTERS: {
    claim: 'All texts together are not longer than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_SHARE: {
    claim: 'All texts together are not a greater share of the sources than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_COPIED_WORDS: {
    claim: 'No run of source words is longer than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_COPIED_SHARE: {
    claim: 'No greater share of the result is copied than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  // a transparency log as a file
  LOG_FORM: {
    claim: 'The log is whole, each entry on the ones before it.',
    spec: 'docs/reference/log.md',
  },
  LOG_HEAD: {
    claim: 'A key that is trusted signed the head of the log.',
    spec: 'docs/reference/log.md',
  },
  LOG_CONTINUES: {
    claim: 'The log continues the one whose head is given.',
    spec: 'docs/reference/log.md',
  },
  LOG_STATEMENTS: {
    claim: 'A key that is trusted signed the statement of each entry.',
    spec: 'docs/reference/log.md; draft-ietf-scitt-architecture, Signed Statements',
  },
  // a policy fragment
  FRAGMENT_CHAIN: {
    claim: 'The signer’s certificates are signed one by the other.',
    spec: 'RFC 5280 §6, RFC 9360',
  },
  FRAGMENT_CERT_TIME: {
    claim: 'The signer’s certificates are valid.',
    spec: 'RFC 5280 §6.1.3',
  },
  FRAGMENT_ISSUER: {
    claim: 'The signer is the one that the policy names.',
    spec: 'did:x509 method specification',
  },
  FRAGMENT_SIGNATURE: {
    claim: 'The signer signed exactly this fragment.',
    spec: 'RFC 9052 §4.4',
  },
  FRAGMENT_FEED: {
    claim: 'The feed of the fragment is the one that the policy names.',
    spec: 'docs/reference/policy.md',
  },
  FRAGMENT_SVN: {
    claim: 'The fragment’s version is not lower than the policy demands.',
    spec: 'docs/reference/policy.md',
  },
} as const satisfies Record<string, CheckEntry>;

// Checks of Microsoft’s endorsement of the guest, and of what is bound to the report.

import type { CheckEntry } from './check-entry.js';

const ABI = 'AMD 56860 (SEV-SNP firmware ABI), ATTESTATION_REPORT';
const ACI = 'Microsoft, confidential containers on ACI';

export const GUEST_CHECKS = {
  // Microsoft's endorsement of the guest
  UVM_MISSING: { claim: 'There is an endorsement of the guest’s firmware.', spec: ACI },
  UVM_FORMAT: {
    claim: 'The endorsement of the guest is a COSE message of a known form.',
    spec: 'RFC 9052 §4.2',
  },
  UVM_ALG: { claim: 'Its algorithm is signed, allowed, and fits the key.', spec: 'RFC 9052 §3.1, RFC 9053' },
  UVM_CHAIN: {
    claim: 'The signer’s certificates are signed one by the other.',
    spec: 'RFC 5280 §6, RFC 9360',
  },
  UVM_CERT_TIME: {
    claim: 'The signer’s certificates were valid when it was signed.',
    spec: 'RFC 5280 §6.1.3',
  },
  UVM_DID: { claim: 'The signer is the one that is trusted.', spec: 'did:x509 method specification' },
  UVM_SIGNATURE: { claim: 'The signer signed exactly this endorsement.', spec: 'RFC 9052 §4.4' },
  UVM_FEED: { claim: 'The endorsement is for the product in question.', spec: ACI },
  UVM_PAYLOAD: { claim: 'The endorsement names one measurement and one version.', spec: ACI },
  UVM_SVN: { claim: 'The guest’s firmware is not older than demanded.', spec: ACI },
  UVM_STATUS: {
    claim: 'The guest’s firmware is not withdrawn.',
    spec: 'RFC 9334 §8.2 (reference values); docs/reference/reference-values.md',
  },
  UVM_CRL: { claim: 'The signer’s certificates are not revoked.', spec: 'RFC 5280 §6.3' },
  UVM_TIMESTAMP: { claim: 'A time stamp authority confirms when it was signed.', spec: 'RFC 3161' },
  UVM_RECEIPT: {
    claim: 'A transparency ledger contains the endorsement.',
    spec: 'IETF SCITT, COSE receipts',
  },
  MEASUREMENT: { claim: 'The guest that runs is the one that is endorsed.', spec: `${ABI}, MEASUREMENT` },
  // what is bound to the report
  HOST_DATA: { claim: 'The policy that is enforced is the one given.', spec: `${ABI}, HOST_DATA; ${ACI}` },
  REPORT_DATA: {
    claim: 'The report is about exactly this data of the workload.',
    spec: `${ABI}, REPORT_DATA`,
  },
  NONCE: {
    claim: 'The report was made for this question, and is no older one.',
    spec: 'RFC 9334 §10 (freshness)',
  },
  MAX_AGE: { claim: 'The evidence is recent enough.', spec: 'RFC 9334 §10 (freshness)' },
  POLICY_NOT_PUBLIC: { claim: 'The policy is none of the published ones that allow everything.', spec: ACI },
  RUNTIME_KEY_NOT_PUBLIC: {
    claim: 'No key in the runtime data is one whose private half is published.',
    spec: 'docs/security/threat-model.md',
  },
} as const satisfies Record<string, CheckEntry>;

// Checks of AMD’s part of evidence: the report, what the guest may do, and the chain of certificates.

import type { CheckEntry } from './check-entry.js';

const ABI = 'AMD 56860 (SEV-SNP firmware ABI), ATTESTATION_REPORT';
const KDS = 'AMD 57230 (VCEK certificate and KDS)';

export const HARDWARE_CHECKS = {
  // the report's form
  REPORT_LENGTH: { claim: 'The report has exactly 1184 bytes.', spec: ABI },
  REPORT_VERSION: { claim: 'The report has a version whose layout is known.', spec: ABI },
  REPORT_VERSION_MIN: {
    claim: 'The version of the report is at least the one demanded.',
    spec: `${ABI}, VERSION`,
  },
  REPORT_RESERVED: { claim: 'Reserved fields and the padding of the signature are empty.', spec: ABI },
  SIG_ALGO: { claim: 'The report names ECDSA P-384 with SHA-384.', spec: `${ABI}, SIGNATURE_ALGO` },
  SIGNING_KEY: { claim: 'The chip’s own key (VCEK) signed the report.', spec: `${ABI}, SIGNING_KEY` },
  CHIP_KEY_MASKED: { claim: 'The report names the chip.', spec: `${ABI}, MASK_CHIP_KEY` },
  // what the guest may do
  DEBUG: {
    claim: 'The host cannot read the guest’s memory through debugging.',
    spec: 'AMD 56860, Guest Policy',
  },
  MIGRATE_MA: { claim: 'The guest cannot be moved by a migration agent.', spec: 'AMD 56860, Guest Policy' },
  VMPL: { claim: 'The most privileged level of the guest asked for the report.', spec: `${ABI}, VMPL` },
  GUEST_POLICY: {
    claim: 'The host may do with the guest what is demanded, and no more.',
    spec: 'AMD 56860, Guest Policy',
  },
  GUEST_ABI: {
    claim: 'The guest runs on no firmware with an older ABI than demanded.',
    spec: 'AMD 56860, Guest Policy, ABI_MAJOR and ABI_MINOR',
  },
  ID_KEY: { claim: 'A key that is allowed signed the identity of the guest.', spec: `${ABI}, ID_KEY_DIGEST` },
  AUTHOR_KEY: {
    claim: 'An author key that is allowed signed the key of the guest’s identity.',
    spec: `${ABI}, AUTHOR_KEY_DIGEST`,
  },
  FAMILY_ID: { claim: 'The guest has the family id that is demanded.', spec: `${ABI}, FAMILY_ID` },
  IMAGE_ID: { claim: 'The guest has the image id that is demanded.', spec: `${ABI}, IMAGE_ID` },
  GUEST_SVN: { claim: 'The guest’s security version is high enough.', spec: `${ABI}, GUEST_SVN` },
  // AMD's chain
  PRODUCT: { claim: 'Report and certificate name the same, known AMD product.', spec: KDS },
  PRODUCT_ALLOWED: {
    claim: 'The AMD product is one that is allowed.',
    spec: 'RFC 9334 §8 (appraisal policy)',
  },
  CHIP_ALLOWED: {
    claim: 'The chip is one of those that are allowed.',
    spec: 'RFC 9334 §8 (appraisal policy)',
  },
  PLATFORM_INFO: {
    claim: 'The machine is set up as demanded.',
    spec: `${ABI}, PLATFORM_INFO`,
  },
  ENDORSEMENT_FORMAT: { claim: 'The endorsement is the three AMD certificates VCEK, ASK, ARK.', spec: KDS },
  ROOT_PINNED: { claim: 'The root is the AMD key that is built in for this product.', spec: KDS },
  CHAIN_NAMES: { claim: 'The AMD certificates carry the product’s names.', spec: KDS },
  CHAIN: { claim: 'The AMD certificates are signed one by the other.', spec: `${KDS}; RFC 5280 §6` },
  CERT_TIME: { claim: 'The AMD certificates are valid at the time of the check.', spec: 'RFC 5280 §6.1.3' },
  CRL: { claim: 'AMD has not revoked the certificates.', spec: 'RFC 5280 §6.3' },
  VCEK_PROFILE: { claim: 'The chip’s certificate has AMD’s profile.', spec: KDS },
  REPORT_SIGNATURE: { claim: 'The chip’s key signed exactly this report.', spec: `${ABI}, SIGNATURE` },
  HWID: { claim: 'The certificate is that of the chip in the report.', spec: `${KDS}, hwID` },
  TCB_CERT: { claim: 'The certificate is for the firmware that the report names.', spec: `${KDS}, SPLs` },
  TCB_ORDER: {
    claim: 'Reported and committed firmware are not above the running one.',
    spec: 'AMD 56860, TCB_VERSION',
  },
  TCB_RESERVED: {
    claim: 'Bytes of the firmware versions that the product does not use are zero.',
    spec: 'AMD 56860, TCB_VERSION',
  },
  COMMITTED_TCB: {
    claim: 'The firmware cannot be taken back below what is demanded.',
    spec: `${ABI}, COMMITTED_TCB`,
  },
  FIRMWARE_VERSION: {
    claim: 'The build of the firmware, running and committed, is at least the one demanded.',
    spec: `${ABI}, CURRENT_BUILD and COMMITTED_BUILD`,
  },
  MITIGATIONS: {
    claim: 'The firmware has the mitigations that are demanded, at launch and now.',
    spec: `${ABI}, LAUNCH_MIT_VECTOR and CURRENT_MIT_VECTOR`,
  },
  TCB_MIN: { claim: 'The firmware is not older than demanded.', spec: 'RFC 9334 §8 (appraisal policy)' },
  LAUNCH_TCB: {
    claim: 'The firmware was not older than demanded when the guest was launched.',
    spec: 'AMD 56860, LAUNCH_TCB',
  },
  TCB_STATUS: {
    claim: 'The firmware is not withdrawn.',
    spec: 'RFC 9334 §8.2 (reference values); docs/reference/reference-values.md',
  },
} as const satisfies Record<string, CheckEntry>;

// What to do about a check that failed: for those where the person who verifies can do something.

import type { CheckId } from '../attestation/check-ids.js';

const SAME_HOST = 'take report and certificates from the same host, at the same time';
const ASK_AGAIN = 'ask the room again: cleanroom attest ROOM makes a fresh nonce';
const NEWER_FIRMWARE =
  'redeploy the room on current firmware; lower the floor only if you decided that the older one is safe';

/** Advice by check, a clause without a full stop. */
export const REMEDIES: Readonly<Partial<Record<CheckId, string>>> = {
  REPORT_LENGTH: 'give the 1184 bytes of the report alone, without an ioctl header or padding',
  ENDORSEMENT_FORMAT: 'give VCEK, ASK and ARK as PEM, or host-amd-cert-base64 of the room',
  ROOT_PINNED: 'for a rehearsal on the emulator: --anchors anchors.json --allow-emulated',
  TRUST_ROOTS: 'for a rehearsal: --allow-emulated; for a real room: leave --anchors away',
  REPORT_SIGNATURE: 'give the certificates of the chip that made this report: --certs FILE',
  HWID: SAME_HOST,
  TCB_CERT: SAME_HOST,
  CERT_TIME: 'fetch the certificates again, and check the clock of this machine',
  CRL: 'fetch the current list from the address in the certificate',
  TCB_MIN: NEWER_FIRMWARE,
  UVM_SVN: NEWER_FIRMWARE,
  GUEST_SVN: NEWER_FIRMWARE,
  UVM_MISSING: 'give reference-info-base64 of the room: --uvm FILE',
  MEASUREMENT: 'give the endorsement that came with this room; one of another build does not fit',
  HOST_DATA: 'compare the policy with the one that runs: cleanroom policy diff YOURS THEIRS',
  REPORT_DATA: 'give the exact bytes that were hashed; a newline more or less makes another hash',
  NONCE: ASK_AGAIN,
  MAX_AGE: ASK_AGAIN,
  POLICY_NOT_PUBLIC: 'deploy the room with the policy of its contract: cleanroom policy generate',
  JWT_SIGNATURE: 'give the key set of the attestation service: --jwks FILE',
  JWT_KID: 'fetch the key set again by a path you trust: ISSUER/certs',
  JWT_TIME: 'get a fresh token; one is good for some hours',
  CONTRACT_EXPECTED: 'ask who made the evidence for which contract: cleanroom contract show FILE',
  CONTRACT_POLICY: 'generate the policy again from the contract: cleanroom policy generate',
};

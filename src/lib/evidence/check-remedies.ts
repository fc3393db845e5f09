// What to do about a check that failed.

import type { CheckId } from '../attestation/check-ids.js';

const SAME_HOST = 'take report and certificates from the same host, at the same time';
const ASK_AGAIN = 'ask the room again: cleanroom attest ROOM makes a fresh nonce';
const NEWER_FIRMWARE =
  'redeploy the room on current firmware; lower the floor only if you decided that the older one is safe';

const ATTEST_AGAIN =
  'do not rely on this key; have its owner fetch the attestation again: cleanroom key show, then cleanroom encrypt';
const NO_SUCH_HSM =
  'do not rely on this key: no trusted root attests the HSM; on the local Azure give its --anchors anchors.json';

/** Advice by check, a clause without a full stop. */
const REMEDIES: Readonly<Partial<Record<CheckId, string>>> = {
  REPORT_LENGTH: 'give the 1184 bytes of the report alone, without an ioctl header or padding',
  ENDORSEMENT_FORMAT: 'give VCEK, ASK and ARK as PEM, or host-amd-cert-base64 of the room',
  ROOT_PINNED: 'for the local Azure: --anchors anchors.json --allow-emulated',
  TRUST_ROOTS: 'for the local Azure: --allow-emulated; for a real room: omit --anchors',
  REPORT_SIGNATURE: 'give the certificates of the chip that made this report: --certs FILE',
  HWID: SAME_HOST,
  TCB_CERT: SAME_HOST,
  CERT_TIME: 'fetch the certificates again, and check the clock of this machine',
  CRL: 'fetch the current list from the address in the certificate',
  TCB_MIN: NEWER_FIRMWARE,
  LAUNCH_TCB: NEWER_FIRMWARE,
  CHIP_ALLOWED: 'ask the host which machine this is; add its chip only if you decided to trust that machine',
  PLATFORM_INFO: 'deploy the room on a machine that is set up as you demand',
  COMMITTED_TCB: NEWER_FIRMWARE,
  FIRMWARE_VERSION: NEWER_FIRMWARE,
  MITIGATIONS: NEWER_FIRMWARE,
  REPORT_VERSION_MIN: NEWER_FIRMWARE,
  TCB_STATUS: 'redeploy the room on firmware that is not withdrawn: cleanroom reference show',
  UVM_STATUS: 'redeploy the room on a guest that is not withdrawn: cleanroom reference show',
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
  SERVICE_EVIDENCE: 'fetch the key set of the attestation service again by a path you trust: ISSUER/certs',
  SERVICE_KEY: 'do not believe this service: its certificate carries the evidence of another key',
  SERVICE_ROOM: 'do not rely on this service: the attestation in its certificate is not accepted',
  SERVICE_PROGRAM: 'use an attestation service that runs a program which is still supported',
  SERVICE_ATTESTED: 'fetch the key set again by a path you trust, or use another attestation service',
  SERVICE_RELEASE: 'give the statement of the release that runs; a service is updated with notice',
  STATEMENT_LEDGER: 'fetch the transparent statement again from the ledger, with its receipt',
  KEY_ATTESTATION: ATTEST_AGAIN,
  KEY_ATTESTATION_KEY: ATTEST_AGAIN,
  KEY_ATTESTATION_MAKER: NO_SUCH_HSM,
  KEY_ATTESTATION_OPERATOR: NO_SUCH_HSM,
  KEY_ATTESTATION_ORIGIN: 'make a new key in the HSM instead of importing one: cleanroom key create',
  KEY_HARDWARE: ATTEST_AGAIN,
  JWT_TIME: 'get a fresh token; one is good for some hours',
  CONTRACT_EXPECTED: 'ask who made the evidence for which contract: cleanroom contract show FILE',
  CONTRACT_POLICY: 'generate the policy again from the contract: cleanroom policy generate',
};

/* For checks without advice of their own: by subject, the first that fits. */
const BY_SUBJECT: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:REPORT_|SIG_ALGO|SIGNING_KEY|CHIP_KEY_MASKED|PRODUCT$|TCB_ORDER)/,
    'take the report anew from the room: these bytes are not what a chip signed',
  ],
  [
    /^(?:DEBUG|MIGRATE_MA|VMPL)$/,
    'rely on nothing in this room: its host can read it; deploy on confidential ACI',
  ],
  [
    /^(?:CHAIN|VCEK_PROFILE|TCB_)/,
    'fetch the chip’s certificates again, from AMD or from the host of the room',
  ],
  [
    /^(?:GUEST_POLICY|GUEST_ABI|ID_KEY|AUTHOR_KEY|FAMILY_ID|IMAGE_ID)$/,
    'ask how the guest was launched; change what you demand only if you decided to trust such a guest',
  ],
  [/^PRODUCT_ALLOWED$/, 'deploy the room where the contract’s processors are, or agree on this one too'],
  [/^LAUNCH_TCB$/, NEWER_FIRMWARE],
  [
    /^UVM_/,
    'give the endorsement that Microsoft signed for this utility VM: reference-info-base64 of the room',
  ],
  [/^RUNTIME_KEY/, 'start the room anew: its keys are known to everybody'],
  [/^(?:JWT|CLAIM)_/, 'get a fresh token for this room from the attestation service that the contract names'],
  [
    /^(?:ROOM_DATA|CONTRACT_|ANCHORS_)/,
    'ask which contract the room runs under: cleanroom contract show FILE',
  ],
  [/^TRANSFER_KEY$/, 'ask the host for its offer again: cleanroom propose'],
  [/^CONSENT_/, 'get the party’s signature over this version: cleanroom contract sign'],
  [/^PROGRAM_KNOWN$/, 'compare the image with this installation: cleanroom image verify'],
  [/^(?:OTHER_)?KEY_/, 'have the owner make a key for this policy: cleanroom key create -f contract.yaml'],
  [
    /^RECEIPT_/,
    'do not use the summary; fetch result, receipt and evidence of one run again: cleanroom summary',
  ],
  [
    /^STATEMENT_|^HSM_RELEASE$/,
    'fetch the transparent statement of the service from the ledger again; on the local Azure give its --anchors',
  ],
  [/^LOG_/, 'get the log and its signed head again from its keeper: cleanroom log verify'],
  [/^(?:POLICY_|ROOM_POLICY)/, 'see what differs: cleanroom policy diff, cleanroom policy show --lint'],
  [/^SEAL_/, 'seal and upload the text again: cleanroom encrypt'],
  [
    /^SUMMARY_/,
    'see which limit it is, on your own text: cleanroom summarize FILE --limits-of contract.yaml',
  ],
  [/^FRAGMENT_/, 'get the fragment from its publisher again, or name the one that you trust in the policy'],
];

/** What to do about a check that failed: a clause without a full stop. Every check of the table has one. */
export function remedyOf(id: CheckId): string {
  return REMEDIES[id] ?? BY_SUBJECT.find(([subject]) => subject.test(id))?.[1] ?? '';
}

// Signing Transparency of the emulator: names and numbers. Other services, keys and issuers than Microsoft's, in the same form.

import { COSE } from '../uvm/constants.js';

/** CWT `sub` of a service's statements; Microsoft's are identifiers of its own. */
export const STATED_SUBJECT = {
  attestation: 'cleanroom-emulator-attestation-service',
  hsm: 'cleanroom-emulator-managed-hsm',
} as const;

/** Key usages of the two signers, as Microsoft publishes them for its own. */
export const STATED_EKU = {
  attestation: '1.3.6.1.4.1.311.76.59.1.16',
  hsm: '1.3.6.1.4.1.311.76.59.1.12',
} as const;

export const LEDGER_ISSUER = 'ledger.cleanroom-emulator.example';
export const SIGNER_YEARS = 10;

/** Labels and values of receipts (draft-ietf-cose-merkle-tree-proofs, draft-ietf-scitt-receipts-ccf-profile). */
export const RECEIPT = {
  alg: COSE.alg,
  kid: 4,
  cwtClaims: 15,
  receipts: 394,
  vds: 395,
  vdp: 396,
  inclusion: -1,
  es384: -35,
  ccfLedgerSha256: 2,
  subject: 'scitt.ccf.signature.v1',
  signTag: COSE.signTag,
} as const;

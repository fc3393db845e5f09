// Checks of what Azure's own services run, as a transparency ledger holds it.

import type { CheckEntry } from './check-entry.js';

const TRANSPARENCY = 'Microsoft’s Signing Transparency, usage and concepts';

export const RELEASE_CHECKS = {
  STATEMENT_FORM: {
    claim: 'Each statement of a release is a COSE message of a known form, about a known service.',
    spec: `RFC 9052 §4.2, RFC 9597; ${TRANSPARENCY}`,
  },
  STATEMENT_SIGNATURE: {
    claim: 'The publisher of the service’s releases signed exactly this statement.',
    spec: `RFC 9052 §4.4; did:x509 method specification; ${TRANSPARENCY}`,
  },
  STATEMENT_LEDGER: {
    claim: 'A transparency ledger contains each statement of a release.',
    spec: 'IETF SCITT, COSE receipts',
  },
  SERVICE_RELEASE: {
    claim: 'The attestation service runs under a policy that is stated in a ledger.',
    spec: `${TRANSPARENCY}; AMD 56860 (SEV-SNP firmware ABI), ATTESTATION_REPORT, HOST_DATA`,
  },
  HSM_RELEASE: {
    claim: 'A ledger contains a signed statement of what HSMs run; nothing binds it to the HSM of a key.',
    spec: TRANSPARENCY,
  },
} as const satisfies Record<string, CheckEntry>;

// Who may state what the code of Azure's own services is, in Microsoft's Signing Transparency.

import type { LedgerRow } from '../../contract/published/reference-table.js';

/** A service whose releases are stated. */
export type StatedService = 'attestation' | 'hsm';

export interface ReleaseSigner {
  readonly service: StatedService;
  /** CWT `sub` of its statements. */
  readonly subject: string;
  /** CWT `iss` of its statements: did:x509. */
  readonly did: string;
}

export interface ReleaseAnchors {
  readonly signers: readonly ReleaseSigner[];
  /** Keys of ledgers; null: those of the table of reference values. */
  readonly ledgers: readonly LedgerKey[] | null;
}

/** The key of a transparency ledger. */
export type LedgerKey = Pick<LedgerRow, 'issuer' | 'kid' | 'jwk' | 'status'>;

/* "Microsoft Supply Chain RSA Root CA 2022", as for utility VMs. */
const MICROSOFT =
  'did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1';

/**
 * Microsoft's signers, by the service identifiers and key usages that are published.
 *
 * @see https://learn.microsoft.com/azure/confidential-ledger/microsoft-signing-transparency-concepts, "Service identifiers"
 */
export const MICROSOFT_RELEASES: ReleaseAnchors = {
  signers: [
    { service: 'attestation', subject: '4377f503-9a93-4584-b6bb-d75c33b8bbd2', did: `${MICROSOFT}.16` },
    { service: 'hsm', subject: '2673daf5-683b-4f60-aa7b-d0313ecf4e70', did: `${MICROSOFT}.12` },
  ],
  ledgers: null,
};

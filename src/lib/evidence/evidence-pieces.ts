// Evidence as the engine takes it, whatever form it came in.

import type { EvidenceForm } from '../attestation/foreign-forms.js';
import type { EvidenceParts } from '../attestation/parse-evidence.js';
import { type BroughtReleasePolicy, bundleParts, type EvidenceBundle } from './evidence-bundle.js';

/** Everything is what somebody else says: expectations come from the plan alone. */
export interface EvidencePieces {
  readonly form: 'bundle' | 'pieces' | 'security-context' | EvidenceForm;
  readonly parts: EvidenceParts;
  /** JWS compact form. */
  readonly token?: string;
  /** Key set of the service that issued it, as it came. */
  readonly jwks?: Readonly<Record<string, unknown>>;
  /** The contract that came along, as a value. */
  readonly contract?: Readonly<Record<string, unknown>>;
  /** Consent signatures, JWS compact form. */
  readonly consents?: readonly string[];
  /** Receipts, JWS compact form. */
  readonly receipts?: readonly string[];
  /** The owners' seal statements, JWS compact form. */
  readonly seals?: readonly string[];
  /** Release policies of keys; what their owners did not sign counts for nothing. */
  readonly releasePolicies?: readonly BroughtReleasePolicy[];
  /** Budget entries and closings, the exact texts. */
  readonly budget?: readonly string[];
  readonly logProofs?: readonly Uint8Array[];
  /** Transparent statements of what Azure's services run, COSE_Sign1. */
  readonly statements?: readonly Uint8Array[];
  /** By the collector's clock: information, and no proof. */
  readonly collected?: Date;
}

/** Pieces that came beside a file. */
export type LoosePieces = Pick<EvidencePieces, 'parts' | 'token' | 'statements'>;

/** No pieces. */
export const NO_PIECES: LoosePieces = { parts: {} };

/** A bundle's pieces. */
export function piecesOfBundle(bundle: EvidenceBundle): EvidencePieces {
  const { token, contract, consents, receipts, seals, logProofs, collected } = bundle;
  const { releasePolicies, budget, jwks, statements } = bundle;
  return {
    form: 'bundle',
    parts: bundleParts(bundle),
    collected,
    ...(token === undefined ? {} : { token }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(contract === undefined ? {} : { contract }),
    ...(consents === undefined ? {} : { consents }),
    ...(receipts === undefined ? {} : { receipts }),
    ...(seals === undefined ? {} : { seals }),
    ...(releasePolicies === undefined ? {} : { releasePolicies }),
    ...(budget === undefined ? {} : { budget }),
    ...(logProofs === undefined ? {} : { logProofs }),
    ...(statements === undefined ? {} : { statements }),
  };
}

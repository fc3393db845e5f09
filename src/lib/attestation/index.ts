// The attestation verifier as a library: parse, verify, appraise; tokens; endorsements. Pure, no network, no Node built-ins.
// docs/reference/library.md shows its use; package.json exports it as `@cleanroom/cli/attestation`.

export {
  type Anchors,
  type AttestationServiceAnchor,
  MICROSOFT_ACI_UVM,
  parseAnchors,
  PINNED_ANCHORS,
  type UvmAnchor,
} from './anchors.js';
export { type AppraisalContext, appraiseEvidence } from './appraise-evidence.js';
export { type CheckId, CHECKS, isCheckId } from './check-ids.js';
export type { CheckEntry } from './checks/check-entry.js';
export type { CurveName, HashName, SignatureCrypto, SignatureScheme } from './crypto/signature-crypto.js';
export { rememberRsaSignatures } from './crypto/remembered-crypto.js';
export { webSignatureCrypto } from './crypto/web-crypto.js';
export { describeEvidence, type EvidenceSummary } from './describe-evidence.js';
export { defaultExpectations, type Expectations, parseAppraisal } from './expectations.js';
export { type EvidenceForm, recognizeEvidence, type RecognizedEvidence } from './foreign-forms.js';
export { parseServiceKeys, type ServiceKey } from './maa/key-set.js';
export { type AttestationToken, parseAttestationToken } from './maa/token.js';
export { checkAttestationToken, type TokenRequest } from './maa/verify-attestation-token.js';
export { type EvidenceParts, type ParsedEvidence, parseEvidence } from './parse-evidence.js';
export { type AmdChain, parseAmdChain } from './snp/chain.js';
export { type Product, PRODUCTS } from './snp/product.js';
export { parseSnpReport, type SnpReport } from './snp/report.js';
export { parseDidX509, resolveDidX509 } from './uvm/did-x509.js';
export { parseUvmEndorsement, type UvmEndorsement } from './uvm/endorsement.js';
export type { VerificationContext } from './verification-context.js';
export { type VerifiedEvidence, verifyEvidence } from './verify-evidence.js';
export { checkSnpEvidence, type SnpEvidenceRequest } from './verify-snp-evidence.js';
export type { Check, CheckStatus, Trust } from '../base/verdict/check.js';
export { CleanroomError } from '../base/errors.js';

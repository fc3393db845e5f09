// Evidence bundles as a library: read, verify with everything they bind, show as a page. Pure, no network, no Node
// built-ins. docs/reference/library.md shows its use; package.json exports it as `@cleanroom/cli/evidence`.

export {
  bundleParts,
  type EvidenceBundle,
  MAX_BUNDLE_BYTES,
  type ParsedBundle,
  parseBundle,
  renderBundle,
} from './evidence-bundle.js';
export { type EvidencePieces, piecesOfBundle } from './evidence-pieces.js';
export { parseReceipt, type ReadReceipt } from './receipt.js';
export { renderEvidenceContent, renderEvidencePage } from './render-evidence-page.js';
export { parseRoomRuntimeData, type RoomRuntimeData } from './room-runtime-data.js';
export { type VerificationPlan, verificationPlan } from './verification-plan.js';
export { type VerifierInput, type VerifierPlan, verifierPlan } from './verifier-plan.js';
export { STATEMENTS } from './statements.js';
export type { Judgement, Scope, Statement, StatementId } from '../base/verdict/statement.js';
export {
  accepted,
  type AcceptedEvidence,
  type VerifiedFile,
  verifyEvidenceFile,
  verifyPieces,
} from './verify-evidence-file.js';

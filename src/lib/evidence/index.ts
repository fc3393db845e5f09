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
export { parseReceipt, type ReadReceipt } from './receipt.js';
export { renderEvidenceContent, renderEvidencePage } from './render-evidence-page.js';
export { parseRoomRuntimeData, type RoomRuntimeData } from './room-runtime-data.js';
export type { VerificationPlan } from './verification-plan.js';
export { type BundleAppraisal, type BundleContext, verifyBundle } from './verify-bundle.js';
export {
  type EvidencePieces,
  type VerifiedFile,
  verifyEvidenceFile,
  verifyPieces,
} from './verify-evidence-file.js';

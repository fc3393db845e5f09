// `cleanroom verify`: one of four verifications, as argument and flags ask.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { utf8 } from '../base/bytes/arrays.js';
import { EXIT } from '../base/error-codes.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { fileError, readFileBounded, readTextBounded } from '../base/files/read-bounded.js';
import type { Progress } from '../base/progress.js';
import { BUNDLE_SUFFIX, MAX_BUNDLE_BYTES } from '../evidence/evidence-bundle.js';
import type { PieceFiles } from './verify/read-pieces.js';
import type { VerificationPlan } from '../evidence/verification-plan.js';
import { planVerification } from './verify/plan-verification.js';
import type { DirectorySummary } from './verify/verify-directory.js';
import { type LoosePieces, NO_PIECES } from '../evidence/evidence-pieces.js';
import {
  joinPieces,
  type VerifiedFile,
  verifyEvidenceFile,
  verifyPieces,
} from '../evidence/verify-evidence-file.js';
import type { Desk } from '../ports/environment.js';
import type { AgreementVerification } from './verify/verify-agreement-file.js';
import type { SelfTestResult } from './verify/self-test.js';
import { looksLikeZip } from '../base/files/zip/read-zip.js';
import { readStdin } from '../base/files/read-stdin.js';
import { readSettings, type VerifyFlags } from './verify-settings.js';

export type VerifyResult = VerifiedFile | AgreementVerification | DirectorySummary | SelfTestResult;

export interface VerifyEnvironment {
  readonly progress: () => Promise<Progress>;
  readonly signal: AbortSignal;
  /** Directory of the installed package. */
  readonly root: string;
  readonly cacheDirectory: string;
  /** Opened for images of an offer or a reply that were named; everything else is verified without a login. */
  readonly desk: Desk;
}

export type VerifyOutcome = (
  | { readonly kind: 'evidence'; readonly result: VerifiedFile }
  | { readonly kind: 'agreement'; readonly result: AgreementVerification }
  | { readonly kind: 'directory'; readonly result: DirectorySummary }
  | { readonly kind: 'self-test'; readonly result: SelfTestResult }
) & { readonly exitCode: number; readonly warnings: readonly string[] };

/** Runs the one verification that argument and flags ask for. @throws CleanroomError USAGE and those of the workflows */
export async function runVerification(
  target: string | undefined,
  flags: VerifyFlags,
  environment: VerifyEnvironment,
): Promise<VerifyOutcome> {
  if (flags['self-test']) return selfTest(environment.root);
  const files = pieceFiles(flags);
  if (
    target === undefined &&
    ![files.report, files.certs, files.uvm, files.token, files.statements].some((path) => path !== undefined)
  ) {
    throw new CleanroomError(
      'USAGE',
      'give an evidence file, or its pieces by --report, --certs, --uvm, --maa-token or --statement',
    );
  }
  const bytes = await bytesOf(target);
  if (target !== undefined && bytes !== null && looksLikeZip(bytes)) {
    const { verifyAgreement } = await import('./verify/verify-agreement.js');
    const path = target === '-' ? 'the input' : target;
    const { desk, cacheDirectory, signal } = environment;
    const context = { desk, cacheDirectory, signal, progress: await environment.progress() };
    return { kind: 'agreement', ...(await verifyAgreement({ path, bytes, flags }, context)) };
  }
  requireUnused(
    flags.image !== undefined,
    '--image is for an offer or a reply; of evidence, name the --policy',
  );
  requireUnused(
    flags['trust-program'] !== undefined && flags.contract === undefined,
    '--trust-program is for a verification against your contract: add -f contract.yaml',
  );
  const { plan, looser } = await planVerification(await readSettings(flags), new Date());
  const outcome = await verify({ target, bytes }, flags, plan, environment);
  return { ...outcome, warnings: [...looser, ...outcome.warnings] };
}

/* Null for a room, a directory, and where only pieces were named. */
async function bytesOf(target: string | undefined): Promise<Uint8Array | null> {
  if (target === undefined || target.includes('://')) return null;
  if (target === '-') return readStdin(MAX_BUNDLE_BYTES);
  if (await isDirectory(target)) return null;
  return readFileBounded(target, MAX_BUNDLE_BYTES);
}

interface Target {
  readonly target: string | undefined;
  readonly bytes: Uint8Array | null;
}

async function verify(
  { target, bytes }: Target,
  flags: VerifyFlags,
  plan: VerificationPlan,
  environment: VerifyEnvironment,
): Promise<VerifyOutcome> {
  const files = pieceFiles(flags);
  const named = Object.values(files).some((path) => path !== undefined);
  const { readPieces } = await import('./verify/read-pieces.js');
  const pieces = named ? await readPieces(files) : NO_PIECES;
  if (target === undefined)
    return single(await verifyPieces({ form: 'pieces', ...pieces }, plan), flags.html);
  if (target.includes('://')) {
    requireUnused(named, 'a room gives its own evidence, so no pieces can be named beside it');
    requireUnused(
      plan.expectations.nonce !== undefined,
      'a nonce is for evidence in a file; a room is asked with a fresh one',
    );
    return room(target, plan, flags.html);
  }
  if (bytes === null) return directory(target, flags, plan, pieces, environment);
  return single(await verifyEvidenceFile(bytes, plan, pieces), flags.html);
}

function requireUnused(used: boolean, problem: string): void {
  if (used) throw new CleanroomError('USAGE', problem);
}

function pieceFiles(flags: VerifyFlags): PieceFiles {
  return {
    report: flags.report,
    certs: flags.certs,
    uvm: flags.uvm,
    policy: flags.policy,
    runtimeData: flags['runtime-data'],
    token: flags['maa-token'],
    statements: flags.statement,
  };
}

/* Fresh evidence over a nonce of our own, from a connection that ends in the attested key. */
async function room(url: string, plan: VerificationPlan, html: string | undefined): Promise<VerifyOutcome> {
  const { attestRoom } = await import('./attest-room.js');
  const { locateRoom } = await import('./locate-room.js');
  const { renderBundle } = await import('../evidence/evidence-bundle.js');
  const { address } = await locateRoom(url, null);
  const { bundle, nonce } = await attestRoom(address, null, null);
  const asked: VerificationPlan = {
    ...plan,
    expectations: { ...plan.expectations, nonce },
    stated: [...plan.stated, 'nonce'],
  };
  return single(await verifyEvidenceFile(utf8(renderBundle(bundle)), asked), html);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function single(result: VerifiedFile, html: string | undefined): Promise<VerifyOutcome> {
  if (html !== undefined) {
    const { renderEvidencePage } = await import('../evidence/render-evidence-page.js');
    await writeFileAtomic(html, renderEvidencePage(result));
  }
  return {
    kind: 'evidence',
    result,
    exitCode: result.verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    warnings: result.warnings,
  };
}

async function directory(
  path: string,
  flags: VerifyFlags,
  plan: VerificationPlan,
  pieces: LoosePieces,
  { progress, signal }: VerifyEnvironment,
): Promise<VerifyOutcome> {
  const { readSecurityContext } = await import('./verify/read-pieces.js');
  const context = await readSecurityContext(path);
  if (context !== null) {
    const outcome = await single(await verifyPieces(joinPieces(context.pieces, pieces), plan), flags.html);
    return { ...outcome, warnings: [...notRead(context.leftOut), ...outcome.warnings] };
  }
  requireUnused(
    pieces !== NO_PIECES,
    'pieces can be named beside one piece of evidence, not beside a directory',
  );
  requireUnused(
    flags['trust-program'] !== undefined,
    '--trust-program is for one piece of evidence, not for a directory',
  );
  if (flags.html !== undefined)
    throw new CleanroomError('USAGE', '--html is for one piece of evidence, not for a directory');
  const { verifyDirectory } = await import('./verify/verify-directory.js');
  const summary = await verifyDirectory(path, plan, await progress(), signal);
  const evidence = summary.accepted + summary.refused + summary.unproven;
  if (evidence === 0)
    throw new CleanroomError('EVIDENCE_UNKNOWN_FORM', `${path} contains no evidence in a known form`);
  const damaged = summary.entries.some(
    (entry) => entry.outcome === 'not-evidence' && entry.path.endsWith(BUNDLE_SUFFIX),
  );
  return {
    kind: 'directory',
    result: summary,
    exitCode: summary.refused + summary.unproven > 0 ? EXIT.refused : damaged ? EXIT.badInput : EXIT.ok,
    warnings: [
      ...(summary.notEvidence === 0
        ? []
        : [`${summary.notEvidence} files are no evidence and were left out`]),
      ...(summary.leftOut === 0 ? [] : [`${summary.leftOut} links and hidden files were not read`]),
      ...summary.warnings.map(({ files, text }) => `${files} of ${evidence} pieces of evidence: ${text}`),
    ],
  };
}

function notRead(leftOut: number): readonly string[] {
  return leftOut === 0
    ? []
    : [`${leftOut} other files of the directory were not read: a security context is one piece of evidence`];
}

async function selfTest(root: string): Promise<VerifyOutcome> {
  const { runSelfTest } = await import('./verify/self-test.js');
  const result = await runSelfTest(
    await readTextBounded(join(root, 'templates', 'self-test.json'), MAX_BUNDLE_BYTES),
  );
  return {
    kind: 'self-test',
    result,
    exitCode: result.wrong.length === 0 ? EXIT.ok : EXIT.bug,
    warnings: [],
  };
}

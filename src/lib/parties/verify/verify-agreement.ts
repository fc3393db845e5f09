// `verify` of an offer or a reply: the flags that mean something for one, and the exit code of its verdict.

import { EXIT } from '../../base/error-codes.js';
import { CleanroomError } from '../../base/errors.js';
import type { UseCaseContext } from '../../ports/use-case.js';
import { readContract, type VerifyFlags } from '../verify-settings.js';
import { type AgreementVerification, verifyAgreementFile } from './verify-agreement-file.js';

/** What was found, as a command hands it back. */
export interface VerifiedAgreement {
  readonly result: AgreementVerification;
  readonly exitCode: number;
  readonly warnings: readonly string[];
}

/** An offer or a reply, and how it is to be verified. */
export interface AgreementToVerify {
  readonly bytes: Uint8Array;
  /** Where the bytes came from, as it is shown. */
  readonly path: string;
  readonly flags: VerifyFlags;
}

/* A stated expectation that cannot be checked would look as if it had been. */
const FITTING: ReadonlySet<string> = new Set([
  'contract',
  'require',
  'image',
  'trust-program',
  'allow-emulated',
  'verbose',
  'json',
  'profile',
]);

/** @throws CleanroomError USAGE for a flag that is about evidence of a room; as verifyAgreementFile */
export async function verifyAgreement(
  { bytes, path, flags }: AgreementToVerify,
  { desk, cacheDirectory, progress, signal }: Omit<UseCaseContext, 'warn' | 'pullsImages'>,
): Promise<VerifiedAgreement> {
  const unfit = Object.entries(flags).find(
    ([name, value]) => value !== undefined && value !== false && !FITTING.has(name),
  );
  if (unfit !== undefined)
    throw new CleanroomError(
      'USAGE',
      `--${unfit[0]} is for evidence of a room; ${path} is an offer or a reply`,
    );
  const { image, contract } = flags;
  const result = await verifyAgreementFile({
    bytes,
    path,
    contract: contract === undefined ? null : await readContract(contract),
    require: flags.require ?? [],
    trusted: flags['trust-program'] ?? [],
    emulatedAllowed: flags['allow-emulated'],
    images: image,
    environment: image === undefined ? null : await desk.openIfThere(),
    cacheDirectory,
    progress,
    signal,
  });
  return {
    result,
    exitCode: result.verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    warnings: result.warnings,
  };
}

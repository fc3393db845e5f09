// `why`: reads what is in hand and what it is to be compared with, and has it explained.

import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { decodeUtf8 } from '../base/bytes/arrays.js';
import { parsePolicy, type KnownPolicy } from '../cce-policy/read/policy-model.js';
import { diagnose, MAX_FAILURE_BYTES } from './diagnosis/diagnose.js';
import type { Diagnosis, References } from './diagnosis/diagnosis.js';
import { ERROR_CODES } from '../base/error-codes.js';
import { CleanroomError } from '../base/errors.js';
import { readFileBounded, readTextBounded } from '../base/files/read-bounded.js';
import type { ReleasePolicy } from '../contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../contract/release-policy/parse.js';
import { readContract } from './environment.js';
import { readPolicyAt } from './policy-source.js';
import { readStdin } from '../base/files/read-stdin.js';

const MAX_RELEASE_POLICY = 256 * 1024;

export interface WhyRequest {
  /** File, `-`, or the text itself: a code, a token. */
  readonly input: string;
  readonly contract: string | undefined;
  readonly policy: string | undefined;
  readonly releasePolicy: string | undefined;
  readonly now: Date;
}

/**
 * Explains a failure.
 *
 * @throws CleanroomError FAILURE_UNKNOWN where nothing in it is known; FILE_* and what the references throw
 */
export async function explainFailure(request: WhyRequest): Promise<readonly Diagnosis[]> {
  const references = await readReferences(request);
  const text = await readFailure(request.input);
  const diagnoses = diagnose(text, references);
  if (diagnoses.length > 0) return diagnoses;
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(text.trim())) throw unknownCode(text.trim());
  throw new CleanroomError(
    'FAILURE_UNKNOWN',
    `nothing in ${request.input === '-' ? 'stdin' : 'it'} is a failure that is known: no error of Azure's form, no policy decision, no token, no error of cleanroom (${text.length} characters)`,
  );
}

function unknownCode(word: string): CleanroomError {
  const [beginning = ''] = word.split('_');
  const near = Object.keys(ERROR_CODES).filter((code) => code.startsWith(`${beginning}_`));
  return new CleanroomError('FAILURE_UNKNOWN', `${word} is no error code and no check of cleanroom`, {
    hint:
      near.length === 0
        ? 'All codes are in docs/reference/errors.md, the checks in docs/security/what-verify-checks.md.'
        : `Codes that begin alike: ${near.slice(0, 12).join(', ')}.`,
  });
}

/** What failures are compared with. */
export async function readReferences(request: Omit<WhyRequest, 'input'>): Promise<References> {
  return {
    contract: request.contract === undefined ? null : await readContract(request.contract),
    policy: request.policy === undefined ? null : await readKnownPolicy(request.policy),
    releasePolicy:
      request.releasePolicy === undefined ? null : await readReleasePolicyFile(request.releasePolicy),
    now: request.now,
    names: { contract: request.contract ?? 'contract.yaml', policy: request.policy ?? 'policy.rego' },
  };
}

export async function readReleasePolicyFile(path: string): Promise<ReleasePolicy> {
  return parseReleasePolicy(await readTextBounded(path, MAX_RELEASE_POLICY));
}

async function readKnownPolicy(path: string): Promise<KnownPolicy> {
  const { text } = await readPolicyAt(path);
  const policy = parsePolicy(text);
  if (policy.form === 'unknown')
    throw new CleanroomError('POLICY_UNREADABLE', `line ${policy.line}: ${policy.problem}`);
  return policy;
}

/** The policy beside the contract where none is named. @throws CleanroomError USAGE where there is none */
export async function policyBeside(contract: string, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const path = join(dirname(contract), 'policy.rego');
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there) return path;
  throw new CleanroomError(
    'USAGE',
    'a dry run needs the policy that is to run, and there is no policy.rego',
    {
      hint: 'Give --policy FILE, or make it: cleanroom policy generate -f contract.yaml --out policy.rego',
    },
  );
}

async function readFailure(input: string): Promise<string> {
  if (input === '-') return textOf(await readStdin(MAX_FAILURE_BYTES), 'stdin');
  if (isFailureItself(input)) return input;
  try {
    return textOf(await readFileBounded(input, MAX_FAILURE_BYTES), input);
  } catch (cause) {
    if (
      cause instanceof CleanroomError &&
      cause.code === 'FILE_NOT_FOUND' &&
      /^[A-Za-z][\w.]{2,60}$/.test(input)
    )
      return input;
    throw cause;
  }
}

/* A token, a decision or an error given as the argument itself. */
function isFailureItself(input: string): boolean {
  return /^(?:eyJ[A-Za-z0-9_=+/-]{20,}(?:\.|$)|\{)/.test(input) || /\n|policyDecision</.test(input);
}

function textOf(bytes: Uint8Array, name: string): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = utf16 ? Buffer.from(bytes.subarray(2)).toString('utf16le') : decodeUtf8(bytes);
  if (text === null || text.includes('\0'))
    throw new CleanroomError(
      'FAILURE_UNKNOWN',
      `${name} is binary data (${bytes.length} bytes), not the text of a failure`,
    );
  return text;
}

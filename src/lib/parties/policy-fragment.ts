// policy fragment …: files in, files out, around the fragment's text and its signature.

import { parsePemCertificates } from '../attestation/x509/pem.js';
import { nodeSignatureCrypto } from '../attestation/crypto/node-crypto.js';
import { readFileBounded, readTextBounded } from '../base/files/read-bounded.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { CleanroomError } from '../base/errors.js';
import type { Check } from '../base/verdict/check.js';
import { isPause } from '../cce-policy/lint/container-findings.js';
import type { PolicyFinding } from '../cce-policy/lint/acceptance.js';
import { lintPolicy } from '../cce-policy/lint/lint-policy.js';
import type { FragmentImport } from '../cce-policy/policy-document.js';
import type { PolicyFragment } from '../cce-policy/read/fragment-model.js';
import { parsePolicy } from '../cce-policy/read/policy-model.js';
import { DEFAULT_FLAGS } from '../cce-policy/text/defaults.js';
import { renderFragment } from '../cce-policy/text/render-fragment.js';
import { renderPolicy } from '../cce-policy/text/render-policy.js';
import { parseSignedFragment, verifyFragment } from '../evidence/policy-fragment/verify-fragment.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { type GenerationRequest, generateContent } from './policy-generation.js';
import { signFragment } from './sign-fragment.js';

const MAX_FRAGMENT = 8 * 1024 * 1024;

/** The text of a fragment with the containers of an input. @throws CleanroomError as generateContent, FRAGMENT_INVALID */
export async function generateFragment(
  request: GenerationRequest,
  { namespace, svn }: { readonly namespace: string; readonly svn: number },
  context: UseCaseContext,
): Promise<{ readonly text: string; readonly containers: readonly string[] }> {
  const content = await generateContent(request, context);
  const containers = content.containers.filter((container) => !isPause(container));
  const fragment = { namespace, svn, containers, fragments: content.fragments };
  return {
    text: renderFragment(fragment, request.options.profile),
    containers: containers.map(({ name, id }) => name ?? id ?? ''),
  };
}

export interface FragmentSigningFiles {
  readonly fragment: string;
  readonly key: string;
  readonly chain: string;
  readonly issuer: string | null;
  readonly feed: string;
  /** Whether issuer, feed and SVN go into claims of the header, which newer guests read before the text. */
  readonly header: 'plain' | 'claims';
  readonly out: string;
}

export interface SignedFragmentResult {
  /** What a policy imports it by: an element of `fragments`. */
  readonly import: FragmentImport;
  readonly file: string;
}

/** Signs a file. @throws CleanroomError FRAGMENT_INVALID, FRAGMENT_KEY_INVALID */
export async function signFragmentFile(files: FragmentSigningFiles): Promise<SignedFragmentResult> {
  const { parseFragment } = await import('../cce-policy/read/fragment-model.js');
  const text = await readTextBounded(files.fragment, MAX_FRAGMENT);
  const { svn } = readFragment(() => parseFragment(text));
  if (svn === null) throw new CleanroomError('FRAGMENT_INVALID', 'the fragment has no svn');
  const { bytes, issuer } = await signFragment({
    text,
    chain: parsePemCertificates(await readTextBounded(files.chain, MAX_FRAGMENT)),
    privateKeyPem: await readTextBounded(files.key, MAX_FRAGMENT),
    issuer: files.issuer,
    feed: files.feed,
    headerSvn: files.header === 'claims' ? Number(svn) : null,
  });
  await writeFileAtomic(files.out, bytes);
  return {
    import: {
      feed: files.feed,
      includes: ['containers'],
      issuer,
      minimum_svn: svn,
    },
    file: files.out,
  };
}

function readFragment(read: () => PolicyFragment): PolicyFragment {
  try {
    return read();
  } catch (cause) {
    throw new CleanroomError(
      'FRAGMENT_INVALID',
      cause instanceof Error ? cause.message : 'it cannot be read',
      { cause },
    );
  }
}

export interface FragmentVerificationRequest {
  readonly file: string;
  readonly issuer: string;
  readonly feed: string;
  readonly minimumSvn: number;
  readonly at: Date;
}

export interface FragmentVerification {
  readonly verdict: 'accepted' | 'refused';
  readonly checks: readonly Check[];
  readonly namespace: string;
  readonly svn: string | null;
  readonly containers: readonly string[];
  /** What lint finds in its containers, as if a policy held them. */
  readonly findings: readonly PolicyFinding[];
}

/** Verifies a signed fragment. @throws CleanroomError FRAGMENT_INVALID for what is none */
export async function verifyFragmentFile(
  request: FragmentVerificationRequest,
): Promise<FragmentVerification> {
  const signed = parseSignedFragment(await readFileBounded(request.file, MAX_FRAGMENT));
  if (typeof signed === 'string') throw new CleanroomError('FRAGMENT_INVALID', signed);
  const checks = await verifyFragment(signed, request, nodeSignatureCrypto);
  const { fragment } = signed;
  return {
    verdict: checks.every(({ status }) => status === 'pass') ? 'accepted' : 'refused',
    checks,
    namespace: fragment.namespace,
    svn: fragment.svn ?? (signed.headerSvn === null ? null : String(signed.headerSvn)),
    containers: fragment.containers.map(({ name, id }) => name ?? id ?? ''),
    findings: lintFragment(fragment),
  };
}

function lintFragment({ containers, fragments }: PolicyFragment): readonly PolicyFinding[] {
  const { text } = renderPolicy(
    { containers, fragments, flags: DEFAULT_FLAGS },
    { profile: '2.2', layout: 'compact' },
  );
  return lintPolicy(parsePolicy(text)).filter(({ severity }) => severity !== 'note');
}

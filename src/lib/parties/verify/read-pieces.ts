// Pieces of evidence from files that were named one by one, or from a security-context directory of a container.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64 } from '../../base/bytes/base64.js';
import { recognizeEvidence } from '../../attestation/foreign-forms.js';
import type { EvidenceParts } from '../../attestation/parse-evidence.js';
import { BUNDLE_SUFFIX, MAX_BUNDLE_BYTES } from '../../evidence/evidence-bundle.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded } from '../../base/files/read-bounded.js';
import type { EvidencePieces } from '../../evidence/evidence-pieces.js';

export interface PieceFiles {
  readonly report?: string | undefined;
  readonly certs?: string | undefined;
  readonly uvm?: string | undefined;
  readonly policy?: string | undefined;
  readonly runtimeData?: string | undefined;
  readonly token?: string | undefined;
  readonly statements?: readonly string[] | undefined;
}

/**
 * Reads the files. Report, certificates and endorsement may be in the armour that Azure puts around them (hex, base64,
 * THIM JSON); policy and runtime data are their exact bytes.
 *
 * @throws CleanroomError FILE_*: a file that is missing is bad input, bytes that do not parse are a failed check.
 */
export async function readPieces(files: PieceFiles): Promise<EvidencePieces> {
  const report = await readPart(files.report);
  const endorsements = await readPart(files.certs);
  const uvm = await readPart(files.uvm);
  const policy = await readPart(files.policy);
  const runtimeData = await readPart(files.runtimeData);
  const token = await readPart(files.token);
  const parts: EvidenceParts = {
    ...(report === undefined ? {} : { report: unwrap(report, 'report') }),
    ...(endorsements === undefined ? {} : { endorsements: unwrap(endorsements, 'endorsements') }),
    ...(uvm === undefined ? {} : { uvm: unwrap(uvm, 'uvm') }),
    ...(policy === undefined ? {} : { policy }),
    ...(runtimeData === undefined ? {} : { runtimeData }),
  };
  const statements = await Promise.all((files.statements ?? []).map(readStatement));
  return {
    form: 'pieces',
    parts,
    ...(token === undefined ? {} : { token: tokenText(token) }),
    ...(statements.length === 0 ? {} : { statements }),
  };
}

/** Reads a transparent statement: its bytes, also in hex or base64. @throws CleanroomError FILE_* */
export async function readStatement(path: string): Promise<Uint8Array> {
  return unwrap(await readFileBounded(path, MAX_BUNDLE_BYTES), 'uvm');
}

async function readPart(path: string | undefined): Promise<Uint8Array | undefined> {
  return path === undefined ? undefined : readFileBounded(path, MAX_BUNDLE_BYTES);
}

/* A part in an armour that is known, else the bytes as they are: they will parse or be a failed check. */
function unwrap(bytes: Uint8Array, part: 'report' | 'endorsements' | 'uvm'): Uint8Array {
  try {
    return recognizeEvidence(bytes)?.parts[part] ?? bytes;
  } catch (cause) {
    if (cause instanceof CleanroomError) return bytes;
    throw cause;
  }
}

function tokenText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === null) return '';
  try {
    return recognizeEvidence(bytes)?.token ?? text;
  } catch (cause) {
    if (cause instanceof CleanroomError) return text;
    throw cause;
  }
}

/* Names that the guest agent gives (UVM_SECURITY_CONTEXT_DIR), and the name that report dumps go by. */
const SECURITY_CONTEXT = {
  endorsements: 'host-amd-cert-base64',
  uvm: 'reference-info-base64',
  policy: 'security-policy-base64',
  report: 'snp-report-base64',
} as const;

export interface SecurityContext {
  readonly pieces: EvidencePieces;
  /** Files and directories beside its own that were not read. */
  readonly leftOut: number;
}

/** A security-context directory; null if the directory is none, or holds a bundle: then each file stands for itself. */
export async function readSecurityContext(directory: string): Promise<SecurityContext | null> {
  const names = await readdir(directory);
  if (!names.includes(SECURITY_CONTEXT.endorsements) && !names.includes(SECURITY_CONTEXT.uvm)) return null;
  if (names.some((name) => name.endsWith(BUNDLE_SUFFIX))) return null;
  const found = Object.entries(SECURITY_CONTEXT).filter(([, name]) => names.includes(name));
  const parts = await Promise.all(
    found.map(async ([part, name]) => [part, await readBase64(join(directory, name))] as const),
  );
  const pieces = { form: 'security-context', parts: Object.fromEntries(parts) } as const;
  return { pieces, leftOut: names.length - found.length };
}

/* Found by its name, and not named by the verifier: a pipe there would never end. */
async function readBase64(path: string): Promise<Uint8Array> {
  if (!(await stat(path)).isFile())
    throw new CleanroomError('FILE_UNREADABLE', `${path} cannot be read: it is no file`);
  const bytes = await readFileBounded(path, MAX_BUNDLE_BYTES);
  const text = decodeUtf8(bytes);
  return fromBase64(text?.replace(/\s+/g, '') ?? '') ?? bytes;
}

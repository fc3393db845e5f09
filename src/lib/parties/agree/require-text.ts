// Before anything is signed: can the text that an owner names be sealed at all, and may a summary of it leave?

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { incompleteTail } from '../../base/files/text-check.js';
import { type Script, scriptsOf } from '../../contract/limits/alphabet.js';
import type { Contract } from '../../contract/schema.js';
import { openPlaintext } from '../plaintext-source.js';
import type { ContentKind } from '../plaintext-source.js';
import { openIntakeGauge } from '../room-intake.js';

const PIECE_BYTES = 1024 * 1024;

/* What is read of a text to tell its scripts. */
const SAMPLE_BYTES = 64 * 1024;

/**
 * Reads it once, to its end, by the rules that sealing has; a pipe can be read once only and is left alone.
 *
 * @returns the scripts in which it begins; null where it was left alone or is no text
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, DOCUMENTS_INVALID, TEXT_BINARY, TEXT_NOT_UTF8, TEXT_EMPTY, FILE_CHANGED; FILE_TOO_LARGE, TEXT_TOO_LARGE,
 * MODEL_TOO_LARGE for more than a room takes; INTERRUPTED
 */
export async function requireText(
  path: string,
  kind: ContentKind,
  signal: AbortSignal,
): Promise<readonly Script[] | null> {
  if (path === '-') return null;
  const plaintext = await openPlaintext(path, process.stdin, kind);
  try {
    if (plaintext.series === null) return null;
    const gauge = openIntakeGauge(path, kind, plaintext);
    const piece = new Uint8Array(PIECE_BYTES);
    const next = async (): Promise<number> => {
      signal.throwIfAborted();
      const read = await plaintext.reader.readInto(piece);
      gauge(piece.subarray(0, read));
      return read;
    };
    const first = await next();
    const { manifestBytes } = plaintext;
    const sample = piece.slice(manifestBytes, Math.min(first, manifestBytes + SAMPLE_BYTES));
    const scripts = kind === 'text' ? scriptsIn(sample) : null;
    while ((await next()) > 0);
    return scripts;
  } finally {
    await plaintext.close();
  }
}

function scriptsIn(sample: Uint8Array): readonly Script[] {
  return scriptsOf(decodeUtf8(sample.subarray(0, sample.length - incompleteTail(sample))) ?? '');
}

/** What to tell the owner of a text in scripts in which nothing may leave; null where something may. */
export function scriptWarning(scripts: readonly Script[] | null, { summary }: Contract): string | null {
  const { limits, extractiveLimits } = summary;
  const allowed = [...new Set([...limits.scripts, ...(extractiveLimits?.scripts ?? [])])];
  if (scripts === null || scripts.some((script) => allowed.includes(script))) return null;
  return `The text is in ${scripts.join(', ')}; a summary may leave in ${allowed.join(', ')} only (scripts), so sentences of the text may not: expect no result, unless the model translates. The host can propose with --script ${scripts.join(' --script ')}.`;
}

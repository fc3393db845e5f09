// What a room takes of a dataset, held against its bytes while their owner reads them: before there is a key.

import { CleanroomError } from '../base/errors.js';
import { MAX_CHARACTERS, MAX_MODEL_BYTES, MAX_SOURCE_BYTES } from '../summarizer/size-limits.js';
import type { ContentKind, Plaintext } from './plaintext-source.js';

/** Takes the plaintext as it is read, manifest included. @throws CleanroomError FILE_TOO_LARGE, TEXT_TOO_LARGE, MODEL_TOO_LARGE */
export type IntakeGauge = (chunk: Uint8Array) => void;

/**
 * Refuses what the room would refuse for its size: at once where the size is known, else as soon as it is too much.
 *
 * @throws CleanroomError FILE_TOO_LARGE, MODEL_TOO_LARGE
 */
export function openIntakeGauge(
  source: string,
  kind: ContentKind,
  { size, manifestBytes }: Pick<Plaintext, 'size' | 'manifestBytes'>,
): IntakeGauge {
  const name = source === '-' ? 'standard input' : source;
  const refuseBytes = kind === 'model' ? refuseLargeModel : refuseLargeText;
  if (size !== null) refuseBytes(name, size - manifestBytes);
  // A character is a byte at least, so a manifest never makes a text look longer than it is.
  let bytes = -manifestBytes;
  let characters = -manifestBytes;
  return (chunk) => {
    bytes += chunk.length;
    refuseBytes(name, bytes);
    if (kind === 'model') return;
    characters += countCharacters(chunk);
    if (characters > MAX_CHARACTERS)
      throw new CleanroomError(
        'TEXT_TOO_LARGE',
        `${name} has more than the ${MAX_CHARACTERS} characters that a room takes`,
      );
  };
}

function refuseLargeText(name: string, bytes: number): void {
  if (bytes <= MAX_SOURCE_BYTES) return;
  throw new CleanroomError(
    'FILE_TOO_LARGE',
    `${name} is larger than the ${MAX_SOURCE_BYTES} bytes that a room takes of a text dataset`,
    { hint: 'Split it into several datasets, or leave out what need not be summarized.' },
  );
}

function refuseLargeModel(name: string, bytes: number): void {
  if (bytes <= MAX_MODEL_BYTES) return;
  throw new CleanroomError(
    'MODEL_TOO_LARGE',
    `${name} is larger than the ${MAX_MODEL_BYTES} bytes that a room takes of a model`,
    { hint: 'Take a smaller or a quantized model (docs/reference/models.md).' },
  );
}

/* As the room counts them, in UTF-16: each byte that begins a character, and twice where it begins one of four bytes. */
function countCharacters(chunk: Uint8Array): number {
  let count = 0;
  for (const byte of chunk) if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  return count;
}

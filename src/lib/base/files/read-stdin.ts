// Standard input, whole and bounded.

import { CleanroomError } from '../errors.js';

/** All of stdin. @throws CleanroomError FILE_TOO_LARGE, FILE_EMPTY */
export async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > maxBytes)
      throw new CleanroomError('FILE_TOO_LARGE', `stdin is larger than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  if (length === 0) throw new CleanroomError('FILE_EMPTY', 'stdin is empty');
  return Buffer.concat(chunks);
}

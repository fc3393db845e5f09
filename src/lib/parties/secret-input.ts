// Secrets (private keys, SAS) come from a file, an environment variable or a file descriptor, never from an argument (process lists).

import { createReadStream } from 'node:fs';

import { CleanroomError } from '../base/errors.js';
import { fileError, readTextBounded } from '../base/files/read-bounded.js';

const MAX_SECRET_BYTES = 64 * 1024;

/** What a flag for a secret takes, for its help. */
export const SECRET_HELP = 'FILE|env:NAME|fd:N';

/**
 * The text of a secret: `env:NAME`, `fd:N`, or a file.
 *
 * @throws CleanroomError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE; USAGE where the variable is not set.
 */
export async function readSecret(source: string): Promise<string> {
  const [, kind, name = ''] = /^(env|fd):(.+)$/.exec(source) ?? [];
  if (kind === 'env') {
    const value = process.env[name];
    if (value === undefined) throw new CleanroomError('USAGE', `the environment variable ${name} is not set`);
    return value;
  }
  if (kind === 'fd') return readDescriptor(Number(name), source);
  if (source.trimStart().startsWith('{') || source.includes('sig=')) {
    throw new CleanroomError('USAGE', 'a secret is not taken as an argument: others could see it', {
      hint: 'Put it into a file of mode 0600, an environment variable (env:NAME) or a file descriptor (fd:N).',
    });
  }
  return readTextBounded(source, MAX_SECRET_BYTES);
}

async function readDescriptor(fd: number, source: string): Promise<string> {
  if (!Number.isInteger(fd) || fd < 0)
    throw new CleanroomError('USAGE', `${source} is not a file descriptor`);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream('', { fd, autoClose: false })) {
      length += (chunk as Buffer).length;
      if (length > MAX_SECRET_BYTES) throw new CleanroomError('FILE_TOO_LARGE', `${source} is too long`);
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    throw fileError(source, cause);
  }
  return Buffer.concat(chunks).toString('utf8');
}

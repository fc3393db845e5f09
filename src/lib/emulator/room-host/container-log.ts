// stdout and stderr of a container: lines with their time, on disk, bounded.

import { appendFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** More is dropped: a container must not fill the machine's disk. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_LINE = 16 * 1024;

/** Appends the lines of `stream` to the file at `path`, for as long as that can be written. */
export function captureLines(stream: Readable, path: string): void {
  let rest = '';
  let size = fileSize(path);
  const write = (line: string): void => {
    const text = `${new Date().toISOString()} ${line.slice(0, MAX_LINE)}\n`;
    if (size + text.length > MAX_BYTES) return;
    size += text.length;
    try {
      appendFileSync(path, text, { mode: 0o600 });
    } catch {
      // The disk is full or the directory gone: the log ends here, the container and its host go on.
      size = MAX_BYTES;
    }
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    lines.forEach(write);
  });
  stream.on('end', () => {
    if (rest !== '') write(rest);
  });
}

/** What was captured; empty if nothing was. */
export function readLog(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

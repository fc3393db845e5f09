// A hub on loopback that serves one model directory with the hub's API: revision, tree, files by range, redirects.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface LoopbackHub {
  readonly url: string;
  /** Paths that were asked for, with their range. */
  readonly requests: string[];
  /** Changes what is served for a path: cut after so many bytes, or altered. */
  cutAfter(path: string, bytes: number | null): void;
  /** Puts one file more into the repository. */
  add(path: string, content: Buffer): void;
  alter(path: string, change: (content: Buffer) => Buffer): void;
  /** Sends whoever asks for a path elsewhere. */
  redirect(path: string, location: string): void;
  /** Whether a range that is asked for is given; otherwise the whole file is. */
  giveRanges(given: boolean): void;
  /** The next so many requests are answered 429, with `Retry-After: 0`. */
  limit(requests: number): void;
  close(): Promise<void>;
}

/** Serves `directory` as the repository `owner/model`. Files under onnx/ are in large-file storage and behind a redirect. */
export async function startLoopbackHub(directory: string): Promise<LoopbackHub> {
  const contents = new Map<string, Buffer>();
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) contents.set(relative(directory, path), readFileSync(path));
  }
  const tree = [...contents].map(([path, content]) => treeEntry(path, content));
  const served = new Map(contents);
  const cuts = new Map<string, number>();
  const requests: string[] = [];
  const redirects = new Map<string, string>();
  let ranges = true;
  let limited = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): unknown => {
    const url = request.url ?? '';
    const json = (value: unknown): unknown => response.end(JSON.stringify(value));
    if (limited > 0) {
      limited--;
      return response.writeHead(429, { 'retry-after': '0' }).end();
    }
    if (url === '/api/models/owner/model/revision/main')
      return json({ sha: COMMIT, cardData: { license: 'apache-2.0' } });
    if (url === `/api/models/owner/model/tree/${COMMIT}?recursive=true`) return json(tree);
    const prefix = `/owner/model/resolve/${COMMIT}/`;
    const elsewhere = redirects.get(url.slice(prefix.length));
    if (elsewhere !== undefined) return response.writeHead(302, { location: elsewhere }).end();
    if (url.startsWith(prefix) && url.includes('/onnx/')) {
      return response.writeHead(302, { location: `/cdn/${url.slice(prefix.length)}` }).end();
    }
    const path = url.startsWith('/cdn/') ? url.slice(5) : url.slice(prefix.length);
    const content = served.get(path);
    if (content === undefined) return response.writeHead(404).end();
    const range = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const from = Number(range?.[1] ?? 0);
    requests.push(`${path}@${from}`);
    const cut = cuts.get(path);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
    if (cut === undefined) return response.end(content.subarray(from));
    return response.write(content.subarray(from, cut), () => response.destroy());
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    cutAfter: (path, bytes) => {
      if (bytes === null) cuts.delete(path);
      else cuts.set(path, bytes);
    },
    add: (path, content) => {
      contents.set(path, content);
      served.set(path, content);
      tree.push(treeEntry(path, content));
    },
    alter: (path, change) => void served.set(path, change(Buffer.from(contents.get(path)!))),
    redirect: (path, location) => void redirects.set(path, location),
    giveRanges: (given) => {
      ranges = given;
    },
    limit: (count) => {
      limited = count;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function treeEntry(path: string, content: Buffer): object {
  const git = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const lfs = {
    oid: createHash('sha256').update(content).digest('hex'),
    size: content.length,
    pointerSize: 132,
  };
  return { type: 'file', path, size: content.length, oid: git, ...(path.endsWith('.onnx') ? { lfs } : {}) };
}

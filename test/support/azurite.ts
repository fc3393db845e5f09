// Azurite as it ships, on loopback http with a shared key: what an upload has to work against.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';

/* Azurite's published development account. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface TestStorage {
  readonly port: number;
  container(name: string): ContainerClient;
  stop(): Promise<void>;
}

/** The client of a container on a running Azurite. */
export function azuriteContainer(port: number, name: string): ContainerClient {
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
  const url = `http://127.0.0.1:${port}/${ACCOUNT}`;
  // One try, so no connection that Azurite may close while it idles.
  const options = { retryOptions: { maxTries: 1 }, keepAliveOptions: { enable: false } };
  return new BlobServiceClient(url, credential, options).getContainerClient(name);
}

/** Starts Azurite's blob service; null where the optional package is not installed, unless CLEANROOM_REQUIRE_TOOLS=1. */
export async function startTestStorage(): Promise<TestStorage | null> {
  let program: string;
  try {
    program = join(
      createRequire(import.meta.url).resolve('azurite/package.json'),
      '../dist/src/blob/main.js',
    );
  } catch (cause) {
    if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw cause;
    return null;
  }
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-azurite-'));
  const argv = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--location', directory];
  const child = spawn(process.execPath, [program, ...argv, '--disableTelemetry', '--skipApiVersionCheck'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const match = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
      if (match !== null) resolve(Number(match[1]));
    });
    child.on('exit', () => reject(new Error(`azurite ended: ${output}`)));
  });
  return {
    port,
    container: (name) => azuriteContainer(port, name),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.removeAllListeners('exit').once('exit', () => undefined);
      child.kill('SIGKILL');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500))]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

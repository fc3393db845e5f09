// Azurite's queue service over https, with one queue and the SAS that a room gets for it.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  generateQueueSASQueryParameters,
  QueueClient,
  QueueSASPermissions,
  SASProtocol,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-queue';

import type { WorldAuthority } from './world.js';

/* Azurite's published development account. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface TestQueue {
  readonly account: string;
  readonly name: string;
  /** The host's own client: it may do anything. */
  readonly client: QueueClient;
  readonly sas: string;
  stop(): Promise<void>;
}

/** A queue of a name; every further one on the same server by `another`. */
export interface TestQueues {
  open(name: string): Promise<TestQueue>;
  stop(): Promise<void>;
}

export async function startTestQueues({ root, leaf }: WorldAuthority): Promise<TestQueues> {
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-queue-'));
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  await writeFile(cert, leaf.certificatePem);
  await writeFile(key, leaf.privateKeyPem);
  const program = join(
    createRequire(import.meta.url).resolve('azurite/package.json'),
    '../dist/src/queue/main.js',
  );
  const argv = [
    '--queueHost',
    '127.0.0.1',
    '--queuePort',
    '0',
    '--location',
    directory,
    '--cert',
    cert,
    '--key',
    key,
  ];
  const child = spawn(process.execPath, [program, ...argv, '--disableTelemetry', '--skipApiVersionCheck'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const match = /listens on https:\/\/127\.0\.0\.1:(\d+)/.exec(output);
      if (match !== null) resolve(Number(match[1]));
    });
    child.once('exit', () => reject(new Error(`azurite ended: ${output}`)));
  });
  const account = `https://127.0.0.1:${port}/${ACCOUNT}`;
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
  /* tlsOptions works, though its type lacks it. */
  const options = { tlsOptions: { ca: root.certificatePem } } as StoragePipelineOptions;
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  return {
    stop,
    open: async (name) => {
      const client = new QueueClient(`${account}/${name}`, credential, options);
      await client.create();
      const sas = generateQueueSASQueryParameters(
        {
          queueName: name,
          permissions: QueueSASPermissions.parse('aup'),
          expiresOn: new Date(Date.now() + 3_600_000),
          protocol: SASProtocol.Https,
        },
        credential,
      ).toString();
      return { account, name, client, sas, stop };
    },
  };
}

// The local Azure killed while it starts and while it writes: what it said is done is there afterwards, once.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { KeyClient } from '@azure/keyvault-keys';

import { openParty } from '../../src/lib/attack-kit/stage/stage.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { lendKeys, partyKeyClient } from '../support/local-azure.js';
import { SILENT } from '../../src/lib/base/progress.js';
import type { Scenario } from './trial.js';

/** A local Azure of its own below `root`, started and killed again and again. */
export async function serving(root: string): Promise<Scenario> {
  const cwd = join(root, 'azure');
  const directory = join(cwd, 'state');
  for (const name of ['home', 'tmp']) mkdirSync(join(cwd, name), { recursive: true });
  await lendKeys(join(cwd, 'home'));
  const acknowledged = new Set<string>();
  const start = (): ChildProcess =>
    spawn(
      process.execPath,
      [
        resolve('bin/run.js'),
        ...['emulator', 'start', '--foreground', '--rooms', 'processes', '--dir', directory],
      ],
      {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', HOME: join(cwd, 'home'), TMPDIR: join(cwd, 'tmp') },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
  return {
    name: 'emulator',
    start: (trial) => {
      const child = start();
      void ready(child).then(async (up) => {
        if (up) await write(directory, trial, acknowledged).catch(() => undefined);
      });
      return child;
    },
    again: async (trial) => {
      const child = start();
      const exited = once(child, 'exit') as Promise<[number | null]>;
      if (!(await ready(child))) return `it does not start again: exit ${String((await exited)[0])}`;
      const fault = await faultOf(directory, trial, acknowledged);
      child.kill('SIGTERM');
      const [code] = await exited;
      if (code !== 0 && code !== 130) return `stopped with ${String(code)}`;
      const left = readdirSync(join(directory, 'state')).filter((name) => name.endsWith('.tmp'));
      return fault ?? (left.length === 0 ? null : `left: ${left.join(', ')}`);
    },
  };
}

/** Whether it serves; false where it ended before. */
async function ready(child: ChildProcess): Promise<boolean> {
  let said = '';
  return new Promise((done) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('the local Azure is ready')) done(true);
    });
    child.once('close', () => done(false));
  });
}

async function clientOf(directory: string): Promise<KeyClient> {
  const stage = {
    emulatorDirectory: directory,
    packageRoot: process.cwd(),
    cacheDirectory: join(directory, '..', 'cache'),
    progress: SILENT,
    signal: new AbortController().signal,
  };
  const party = await openParty(stage, 'fabrikam', join(directory, '..', 'fabrikam'));
  const endpoints = JSON.parse(readFileSync(join(directory, 'endpoints.json'), 'utf8')) as {
    readonly parties: readonly { readonly name: string; readonly vault: string }[];
  };
  const { vault } = endpoints.parties.find(({ name }) => name === 'fabrikam')!;
  return partyKeyClient(await connectionOf(party), vault);
}

async function write(directory: string, trial: number, acknowledged: Set<string>): Promise<void> {
  const client = await clientOf(directory);
  for (let index = 0; ; index++) {
    const { name } = await client.createOctKey(`key-${trial}-${index}`, { hsm: true });
    acknowledged.add(name);
  }
}

async function faultOf(
  directory: string,
  trial: number,
  acknowledged: ReadonlySet<string>,
): Promise<string | null> {
  const client = await clientOf(directory);
  const name = `key-${trial}-again`;
  await client.createOctKey(name, { hsm: true });
  const listed: string[] = [];
  for await (const key of client.listPropertiesOfKeys()) listed.push(key.name);
  const lost = [...acknowledged].filter((one) => !listed.includes(one));
  if (lost.length > 0) return `lost: ${lost.join(', ')}`;
  if (new Set(listed).size !== listed.length) return 'a key is listed twice';
  return listed.includes(name) ? null : 'the new key is not listed';
}

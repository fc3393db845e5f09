// The emulator as a process: started, killed, started again; beside another one; on a directory that is not right.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob';

import { findProfile } from '../../src/lib/parties/profile.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { findLocalContainer } from '../../src/lib/emulator/local-container.js';
import type { RoomsStatus } from '../../src/lib/emulator/published-files.js';
import { runProcess } from '../support/cleanroom-process.js';
import {
  credentialOf,
  groupsClient,
  KEY_CACHE,
  pushProgram,
  ROOMS,
  startTestEmulator,
} from '../support/local-azure.js';
import { descendantsOf, untilEnded } from '../support/process-tree.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

describe('the emulator as a process', function () {
  this.timeout(60_000);
  const root = useTemporaryDirectory();
  const fresh = (): Promise<string> => mkdtemp(join(root(), 'azure-'));

  const blobsOf = async (
    emulator: RunningEmulator,
    party: string,
    credential?: TokenCredential,
  ): Promise<BlobServiceClient> => {
    const { storageAccount } = emulator.parties.find(({ name }) => name === party)!;
    const ca = [await readFile(emulator.tlsRootsPath, 'utf8')];
    // `tlsOptions` works at run time and is missing from the SDK's type.
    const options = { tlsOptions: { ca }, retryOptions: { maxTries: 1 } } as StoragePipelineOptions;
    return new BlobServiceClient(
      storageAccount,
      credential ?? (await credentialOf(emulator, party)),
      options,
    );
  };

  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  /* A child that starts an emulator as a user of the library would. */
  const startInChild = async (directory: string): Promise<ChildProcess> => {
    const program = join(root(), 'start.mts');
    const library = join(process.cwd(), 'src/lib/emulator/emulator.ts');
    await writeFile(
      program,
      `import { startEmulator } from ${JSON.stringify(library)};
const [directory, keyCache, rooms] = process.argv.slice(2);
await startEmulator({ directory, keyCache, rooms });
process.send('ready');`,
    );
    const tsx = createRequire(import.meta.url).resolve('tsx');
    /* What it starts must not keep this process's own streams open. */
    const child = fork(program, [directory, KEY_CACHE, ROOMS], {
      execArgv: ['--import', tsx],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    children.push(child);
    await once(child, 'message');
    return child;
  };

  /* A room whose program has left a child of its own behind, so that more than one process has to end; and a look into it. */
  const lookIntoRoom = async (emulator: RunningEmulator): Promise<void> => {
    const { directory } = emulator;
    const program = `import { spawn } from 'node:child_process';
const wait = 'setInterval(() => undefined, 1e6)';
spawn(process.execPath, ['-e', wait], { detached: true, stdio: 'ignore' }).unref();
setInterval(() => undefined, 1e6);`;
    const { reference } = await pushProgram(emulator, 'lasting', program);
    const { containerGroups } = await groupsClient(emulator, 'contoso');
    await containerGroups.beginCreateOrUpdateAndWait(
      'cleanroom',
      'lasting',
      {
        location: 'westeurope',
        osType: 'Linux',
        containers: [{ name: 'main', image: reference, resources: { requests: { cpu: 1, memoryInGB: 1 } } }],
      },
      { updateIntervalInMs: 50 },
    );
    for (let pid = 0; pid === 0;)
      pid = await findLocalContainer(directory, 'lasting', 'main').catch(() => delay(20, 0));
    const script = 'console.log(process.getuid(), process.pid > 1, process.cwd()); process.exit(7)';
    const exec = (...argv: string[]): ReturnType<typeof runProcess> =>
      runProcess(['emulator', 'exec', '--dir', directory, ...argv], { cwd: root() });
    const looked = await exec('lasting', 'main', '--', 'node', '-e', script);
    assert.deepEqual([looked.stdout, looked.code], ['0 true /app\n', 7], looked.stderr);
    const elsewhere = await exec('in-azure', 'main', '--json', '--', 'node', '-e', script);
    const { error } = JSON.parse(elsewhere.stdout) as { error: { code: string; hint: string } };
    assert.deepEqual([elsewhere.code, error.code], [2, 'ROOM_NOT_FOUND']);
    assert.match(error.hint, /lasting main.*Azure cannot be entered/);
  };

  it('survives kill -9, which ends every container: state, ports and blobs are there again, and a second start waits for no dead lock', async () => {
    const directory = await fresh();
    const child = await startInChild(directory);
    const ports = await readFile(join(directory, 'state', 'ports.json'), 'utf8');
    const anchors = await readFile(join(directory, 'anchors.json'), 'utf8');
    const endpoints = JSON.parse(await readFile(join(directory, 'endpoints.json'), 'utf8')) as Pick<
      RunningEmulator,
      'endpoints' | 'parties'
    > & { readonly rooms: RoomsStatus };
    const seen = {
      ...endpoints,
      directory,
      tlsRootsPath: join(directory, 'tls-roots.pem'),
    } as RunningEmulator;
    await (
      await blobsOf(seen, 'fabrikam')
    )
      .getContainerClient('cleanroom')
      .getBlockBlobClient('kept')
      .upload('kept', 4);
    await assert.rejects(startTestEmulator(directory), { code: 'EMULATOR_ALREADY_RUNNING' });
    if (endpoints.rooms.kind === 'namespaces') await lookIntoRoom(seen);
    const below = await descendantsOf(child.pid!);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await untilEnded(below);
    const { directory: runtime } = JSON.parse(
      await readFile(join(directory, 'state', 'runtime.json'), 'utf8'),
    ) as { directory: string };
    const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
    assert.ok(!mounts.includes(directory) && !mounts.includes(runtime), mounts);
    const emulator = await startTestEmulator(directory);
    try {
      assert.equal(await readFile(join(directory, 'state', 'ports.json'), 'utf8'), ports);
      assert.equal(await readFile(join(directory, 'anchors.json'), 'utf8'), anchors);
      const blob = (await blobsOf(emulator, 'fabrikam'))
        .getContainerClient('cleanroom')
        .getBlockBlobClient('kept');
      assert.equal((await blob.downloadToBuffer()).toString(), 'kept');
    } finally {
      await emulator.stop();
    }
  });

  it('runs beside another one in another directory, with tokens and certificates of its own', async () => {
    const [first, second] = await Promise.all([
      startTestEmulator(await fresh()),
      startTestEmulator(await fresh()),
    ]);
    try {
      const urls = [first, second].flatMap(({ endpoints }) => Object.values<string>({ ...endpoints }));
      assert.equal(new Set(urls).size, urls.length);
      await (await blobsOf(first, 'contoso')).getContainerClient('results').getProperties();
      const foreign = { ...second, parties: first.parties } as RunningEmulator;
      await assert.rejects((await blobsOf(foreign, 'contoso')).getContainerClient('results').getProperties());
    } finally {
      await first.stop();
      await second.stop();
    }
  });

  it('gives every party a profile whose secret only its owner can read, and the host’s alone names the cluster', async () => {
    const emulator = await startTestEmulator(await fresh(), { parties: ['contoso', 'fabrikam', 'tailspin'] });
    try {
      const search = { workingDirectory: root(), emulatorDirectory: emulator.directory };
      const host = await findProfile({ ...search, name: undefined });
      assert.equal(host.party, 'contoso');
      assert.equal(host.kubernetes?.kubeconfig, emulator.kubeconfigPath);
      const profile = await findProfile({ ...search, name: 'tailspin' });
      assert.equal(profile.kubernetes, undefined);
      assert.equal(profile.verifyChallengeResource, false);
      assert.equal(profile.credential.kind, 'client-secret');
      const { secretFile } = profile.credential as { secretFile: string };
      assert.equal((await stat(secretFile)).mode & 0o777, 0o600);
    } finally {
      await emulator.stop();
    }
  });

  it('refuses a kept port that another program took, and leaves no lock behind', async () => {
    const directory = await fresh();
    await (await startTestEmulator(directory)).stop();
    const ports = JSON.parse(await readFile(join(directory, 'state', 'ports.json'), 'utf8')) as Record<
      string,
      number
    >;
    const taker = createServer().listen(ports['identity'], '127.0.0.1');
    await once(taker, 'listening');
    await assert.rejects(startTestEmulator(directory), { code: 'EMULATOR_PORT_TAKEN' });
    taker.close();
    await once(taker, 'close');
    await (await startTestEmulator(directory)).stop();
  });

  for (const document of ['ports', 'directory', 'container-groups', 'emulator', 'runtime']) {
    it(`refuses a directory whose ${document}.json was damaged, names it and changes nothing`, async () => {
      const directory = await fresh();
      await mkdir(join(directory, 'state'), { recursive: true });
      const path = join(directory, 'state', `${document}.json`);
      await writeFile(path, '{"half":');
      await assert.rejects(startTestEmulator(directory), (error: Error & { code: string }) => {
        assert.equal(error.code, 'EMULATOR_STATE_CORRUPT');
        assert.match(error.message, new RegExp(`${document}\\.json`));
        return true;
      });
      assert.equal(await readFile(path, 'utf8'), '{"half":');
    });
  }

  it('takes only tokens of its own tenant where it is told to, which a login of another tenant can get', async () => {
    const emulator = await startTestEmulator(await fresh(), { strictTenants: true });
    try {
      const foreign = {
        ...emulator,
        parties: emulator.parties.map((party) => ({
          ...party,
          storageAccount: emulator.parties[1]!.storageAccount,
        })),
      };
      const ends = new Date(Date.now() + 60_000);
      assert.ok((await (await blobsOf(foreign, 'contoso')).getUserDelegationKey(new Date(), ends)).value);
      const { token } = await (
        await credentialOf(emulator, 'contoso')
      )
        .getToken('https://storage.azure.com/.default')
        .then((issued) => issued!);
      const ofHome = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 60_000 }) };
      await assert.rejects(
        (await blobsOf(foreign, 'contoso', ofHome)).getUserDelegationKey(new Date(), ends),
        { statusCode: 401 },
      );
    } finally {
      await emulator.stop();
    }
  });
});

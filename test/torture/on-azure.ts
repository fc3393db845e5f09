// Scenarios in front of the local Azure: a dataset sealed and uploaded, given to other recipients, and its key rotated.

import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { createBlobStore } from '../../src/lib/azure/blob-store.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { leftovers } from './on-files.js';
import { filesInClear, LINE } from './places.js';
import type { CommandScenario } from './trial.js';
import type { SetClock } from './wrong-clock.js';

const DATASET = ['-f', 'contract.yaml', '--dataset', 'notes'];

/** Two parties; `parties.stop` ends their local Azure. */
export interface Owner {
  readonly parties: AgreedParties;
  /** Of the local Azure. */
  readonly clock: SetClock;
  /** Of the dataset's owner, the room not started yet. */
  readonly commands: readonly CommandScenario[];
  /** The room: once it has run, its contract is used up, and nothing can be sealed for it. */
  readonly deploy: CommandScenario;
}

export async function startOwner(root: string): Promise<Owner> {
  const clock = { aheadMs: 0 };
  const parties = await startAgreedParties(root, {
    emulator: { clock: () => new Date(Date.now() + clock.aheadMs) },
  });
  const cwd = parties.workspace.fabrikam.directory;
  const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  writeFileSync(join(cwd, 'own.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
  writeFileSync(join(cwd, 'own.pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
  const env = { HOME: join(root, 'home'), ...parties.environment, TMPDIR: join(root, 'tmp') };
  for (const directory of [env.HOME, env.TMPDIR]) mkdirSync(directory, { recursive: true });
  const verified = async (): Promise<string | null> => {
    const { code, stdout } = await parties.run(['blob', 'verify', ...DATASET, '--json']);
    return code === 0 ? leftovers(cwd) : `blob verify: exit ${String(code)} ${stdout.slice(0, 300)}`;
  };
  const enabled = async (): Promise<number> => {
    const { key } = parties.agreement.parsed.contract.datasets[0]!;
    const vault = await openKeyVault(await connectionOf(parties.workspace.fabrikam), key.vault);
    return (await vault.versions(key.name)).filter((version) => version.enabled).length;
  };
  const writeText = (label: string): void =>
    writeFileSync(join(cwd, 'notes.txt'), `${label}: ${LINE}`.repeat(10_000));
  const places = [cwd, env.HOME, env.TMPDIR, parties.stage.emulatorDirectory];
  const inClear = (): Promise<readonly string[]> => filesInClear(places, ['notes.txt', 'registry']);
  const encrypt: CommandScenario = {
    name: 'encrypt --dataset',
    cwd,
    env,
    argv: (trial) => {
      writeText(`Note ${trial}`);
      return ['encrypt', 'notes.txt', ...DATASET, '--to', 'own.pub.jwk'];
    },
    fault: async () => {
      const now = await enabled();
      return now === 1 ? verified() : `${now} enabled versions`;
    },
    inClear,
  };
  const rewrap: CommandScenario = {
    name: 'blob rewrap',
    cwd,
    env,
    argv: () => ['blob', 'rewrap', ...DATASET, '--identity', 'own.jwk', '--to', 'own.pub.jwk'],
    fault: verified,
    inClear,
  };
  const rotate: CommandScenario = {
    name: 'key rotate with a write',
    cwd,
    env,
    argv: () => ['key', 'rotate', ...DATASET],
    fault: async (trial) => {
      const argv = encrypt.argv(trial);
      writeText(`Note ${trial} after rotation`);
      const written = await parties.run([...argv, '--json']);
      return written.code === 0 ? encrypt.fault(trial) : `encrypt: ${written.stdout.slice(0, 300)}`;
    },
    inClear,
  };
  return { parties, clock, commands: [encrypt, rewrap, rotate], deploy: deploying(parties) };
}

/** A room that is replaced each time, by one under another name in DNS; it works on the text that was sealed last. */
function deploying(parties: AgreedParties): CommandScenario {
  const { directory: cwd } = parties.workspace.contoso;
  const argv = (trial: number): readonly string[] => [
    ...['deploy', '-f', 'contract.yaml', '--policy', 'policy.rego', '--yes'],
    ...['--dns', `notes-${trial}`],
  ];
  return {
    name: 'deploy',
    cwd,
    env: { ...parties.environment, CLEANROOM_PROFILE: 'contoso' },
    argv,
    fault: async (trial) => {
      const again = await parties.contoso.result<{ action: string }>(...argv(trial));
      if (again.action !== 'none') return `a third deploy would ${again.action}`;
      const { rooms } = await parties.contoso.result<{ rooms: readonly { name: string }[] }>('list');
      const names = rooms.map(({ name }) => name).join();
      if (names !== 'quarterly-notes') return `rooms: ${names}`;
      const entries = await budgetEntries(parties);
      return entries.length <= 1 ? null : `${entries.length} places in the budget`;
    },
    inClear: async () => [
      ...(await filesInClear([parties.stage.emulatorDirectory, cwd], ['registry'])),
      ...(await filesInClear(await runtimeDirectories(parties))),
    ],
  };
}

/* Places in the budget of the one result that the contract allows: `NAME.budget.N`, without closings. */
async function budgetEntries(parties: AgreedParties): Promise<readonly string[]> {
  const { blob } = parties.agreement.parsed.contract.datasets[0]!;
  const store = createBlobStore(await connectionOf(parties.workspace.fabrikam));
  const names = [1, 2, 3].map((place) => `${blob.name}.budget.${place}`);
  const there = await Promise.all(names.map((name) => store.etag({ ...blob, name })));
  return names.filter((_, index) => there[index] !== null);
}

/* Where the live rooms of this local Azure have their files: disks, temporary directories, logs. */
async function runtimeDirectories({ stage }: AgreedParties): Promise<readonly string[]> {
  const state = await readFile(join(stage.emulatorDirectory, 'state', 'runtime.json'), 'utf8');
  return [(JSON.parse(state) as { directory: string }).directory];
}

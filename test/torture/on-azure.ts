// Scenarios in front of the local Azure: a dataset sealed and uploaded, given to other recipients, and its key rotated.

import { appendFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/base/bytes/fresh-key.js';
import { createBlobStore } from '../../src/lib/azure/blob-store.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { leftovers } from './on-files.js';
import { filesInClear, LINE } from './places.js';
import { ofCommand, type Scenario } from './trial.js';

const DATASET = ['-f', 'contract.yaml', '--dataset', 'notes'];

/** Two parties; `stop` ends their local Azure. */
export async function startOwner(
  root: string,
): Promise<{ readonly parties: AgreedParties; readonly scenarios: readonly Scenario[] }> {
  const parties = await startAgreedParties(root);
  const cwd = parties.workspace.fabrikam.directory;
  const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  writeFileSync(join(cwd, 'own.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
  writeFileSync(join(cwd, 'own.pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
  const env = parties.environment;
  const verified = async (): Promise<string | null> => {
    const { code, stdout } = await parties.run(['blob', 'verify', ...DATASET, '--json']);
    return code === 0 ? leftovers(cwd) : `blob verify: exit ${String(code)} ${stdout.slice(0, 300)}`;
  };
  const enabled = async (): Promise<number> => {
    const { key } = parties.agreement.parsed.contract.datasets[0]!;
    const vault = await openKeyVault(await connectionOf(parties.workspace.fabrikam), key.vault);
    return (await vault.versions(key.name)).filter((version) => version.enabled).length;
  };
  writeFileSync(join(cwd, 'notes.txt'), '');
  let latest = -1;
  const inClear = (): Promise<readonly string[]> => filesInClear([root], ['notes.txt']);
  const encrypt = ofCommand({
    name: 'encrypt --dataset',
    cwd,
    env,
    argv: (trial) => {
      if (trial !== latest) appendFileSync(join(cwd, 'notes.txt'), `${trial}: ${LINE}`.repeat(2_000));
      latest = trial;
      return ['encrypt', 'notes.txt', ...DATASET, '--to', 'own.pub.jwk'];
    },
    fault: async () => {
      const now = await enabled();
      return now === 1 ? verified() : `${now} enabled versions`;
    },
    inClear,
  });
  const rewrap = ofCommand({
    name: 'blob rewrap',
    cwd,
    env,
    argv: () => ['blob', 'rewrap', ...DATASET, '--identity', 'own.jwk', '--to', 'own.pub.jwk'],
    fault: verified,
    inClear,
  });
  const rotate = ofCommand({
    name: 'key rotate',
    cwd,
    env,
    argv: () => ['key', 'rotate', ...DATASET],
    fault: async () => ((await enabled()) >= 1 ? verified() : 'no enabled version'),
  });
  return { parties, scenarios: [encrypt, rewrap, rotate, deploying(parties)] };
}

/** A room that is replaced each time, by one under another name in DNS; it works on the text that was sealed last. */
function deploying(parties: AgreedParties): Scenario {
  const { directory: cwd } = parties.workspace.contoso;
  const argv = (trial: number): readonly string[] => [
    ...['deploy', '-f', 'contract.yaml', '--policy', 'policy.rego', '--yes'],
    ...['--dns', `notes-${trial}`],
  ];
  return ofCommand({
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
      ...(await filesInClear([parties.stage.emulatorDirectory, cwd])),
      ...(await filesInClear(await runtimeDirectories(parties))),
    ],
  });
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

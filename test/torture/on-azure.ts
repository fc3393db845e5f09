// Scenarios in front of the local Azure: a dataset sealed and uploaded, given to other recipients, and its key rotated.

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { leftovers } from './on-files.js';
import type { Scenario } from './trial.js';

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
  const encrypt: Scenario = {
    name: 'encrypt --dataset',
    cwd,
    env,
    argv: (trial) => {
      if (trial !== latest) appendFileSync(join(cwd, 'notes.txt'), `Note ${trial}.\n`.repeat(2_000));
      latest = trial;
      return ['encrypt', 'notes.txt', ...DATASET, '--to', 'own.pub.jwk'];
    },
    fault: async () => {
      const now = await enabled();
      return now === 1 ? verified() : `${now} enabled versions`;
    },
  };
  const rewrap: Scenario = {
    name: 'blob rewrap',
    cwd,
    env,
    argv: () => ['blob', 'rewrap', ...DATASET, '--identity', 'own.jwk', '--to', 'own.pub.jwk'],
    fault: verified,
  };
  const rotate: Scenario = {
    name: 'key rotate',
    cwd,
    env,
    argv: () => ['key', 'rotate', ...DATASET],
    fault: async () => ((await enabled()) >= 1 ? verified() : 'no enabled version'),
  };
  return { parties, scenarios: [encrypt, rewrap, rotate] };
}

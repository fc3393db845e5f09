// Storage accounts for tests, on one Azurite a test process, started as the local Azure starts it.

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startAzurite } from '../../../src/lib/emulator/storage/azurite.js';
import type { StorageAccount } from '../../../src/lib/emulator/storage/storage-account.js';

/** More than the tests of one process take. */
const ACCOUNTS = 500;

export interface TestAccount extends StorageAccount {
  /** Unix socket of Azurite, behind the front. */
  readonly azuriteSocket: string;
}

let accounts: Promise<TestAccount[]> | undefined;

/** An account that no other test has, empty. Azurite ends with the test process. */
export async function takeAccount(): Promise<TestAccount> {
  const account = (await (accounts ??= startAccounts())).pop();
  if (account === undefined) throw new Error(`a test process has ${ACCOUNTS} storage accounts at most`);
  return account;
}

async function startAccounts(): Promise<TestAccount[]> {
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-accounts-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const names = Array.from({ length: ACCOUNTS }, (_, index) => `account${index}`);
  const key = randomBytes(64).toString('base64');
  const { blobSocket } = await startAzurite({
    directory: join(directory, 'storage'),
    runtimeDirectory: directory,
    accounts: new Map(names.map((name) => [name, key])),
  });
  return names.map((name) => ({
    name,
    key,
    delegationSecret: randomBytes(32),
    tenantId: 'tenant',
    resourceId: `/subscriptions/s/accounts/${name}`,
    azuriteSocket: blobSocket,
  }));
}

// The parties of the local Azure: each with a tenant, a subscription, a login, an HSM, a storage account and an identity.

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import type { Directory } from './identity/directory.js';
import { loadDocumentAs } from './state/stored-document.js';
import type { StateStore } from './state/state-store.js';

/** The first is the host of rooms. */
export const DEFAULT_PARTIES: readonly string[] = ['contoso', 'fabrikam'];
/** Resource group that every party has in its subscription. */
export const RESOURCE_GROUP = 'cleanroom';

const Party = v.strictObject({
  name: v.string(),
  tenantId: v.string(),
  subscription: v.string(),
  clientId: v.string(),
  principalId: v.string(),
  /** Base64. */
  storageKey: v.string(),
  /** Base64. */
  delegationSecret: v.string(),
});
const State = v.array(Party);

/** A party with what it owns; ids are ARM ids. */
export interface PartyRecord extends v.InferOutput<typeof Party> {
  /** File with the login's client secret, mode 0600. */
  readonly secretFile: string;
  readonly accountName: string;
  readonly accountId: string;
  /** Of its key vault. */
  readonly vaultId: string;
  readonly roomIdentityId: string;
  /** Name of the application that its rooms log in as in other tenants. */
  readonly roomApplicationName: string;
}

const NAME = /^[a-z][a-z0-9-]{1,18}[a-z0-9]$/;
const DOCUMENT = 'parties';

/**
 * The parties of the state directory, those of `names` added. The order is kept: the first is the host.
 *
 * @param secrets - directory for the logins' secrets.
 * @throws CleanroomError USAGE for a name that cannot name Azure resources, EMULATOR_STATE_CORRUPT
 */
export async function ensureParties(
  names: readonly string[],
  directory: Directory,
  store: StateStore,
  secrets: string,
): Promise<readonly PartyRecord[]> {
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined)
    throw new CleanroomError(
      'USAGE',
      `'${bad}' cannot name a party: 3 to 20 lower-case letters, digits, hyphens`,
    );
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  const state = [...((await loadDocumentAs(store, DOCUMENT, State)) ?? [])];
  for (const name of names) {
    if (state.some((party) => party.name === name)) continue;
    const tenant = await directory.ensureTenant(name);
    const login = await directory.addLogin(tenant, name);
    await writeFileAtomic(join(secrets, `${name}.secret`), login.secret, { mode: 0o600 });
    state.push({
      name,
      tenantId: tenant.id,
      subscription: randomUUID(),
      clientId: login.application.clientId,
      principalId: login.principalId,
      storageKey: randomBytes(64).toString('base64'),
      delegationSecret: randomBytes(32).toString('base64'),
    });
    await store.save(DOCUMENT, state);
  }
  return state.map((party) => withResources(party, secrets));
}

function withResources(party: v.InferOutput<typeof Party>, secrets: string): PartyRecord {
  const scope = `/subscriptions/${party.subscription}/resourceGroups/${RESOURCE_GROUP}`;
  const accountName = `${party.name.replaceAll('-', '')}data`;
  return {
    ...party,
    secretFile: join(secrets, `${party.name}.secret`),
    accountName,
    accountId: `${scope}/providers/Microsoft.Storage/storageAccounts/${accountName}`,
    vaultId: `${scope}/providers/Microsoft.KeyVault/vaults/${party.name}-vault`,
    roomIdentityId: `${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${party.name}-room`,
    roomApplicationName: `${party.name}-room`,
  };
}

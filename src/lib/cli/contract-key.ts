// Whose key signs consent, tree heads, tombstones and seal statements: the one named, else the party's own contract key.

import type { Connection } from '../azure/connection.js';
import { type ContractSigner, parseKeyReference, type VaultSigner } from '../contract/contract-signer.js';
import { parsePartyKey, samePublicKey } from '../contract/party-keys.js';
import { CleanroomError } from '../base/errors.js';
import { partyKeyPath } from '../parties/init-party.js';
import { openVaultSigner, parseKeyUrl } from '../parties/vault-signer.js';
import { type Environment, type EnvironmentSearch, openEnvironment, tryEnvironment } from './environment.js';
import { readSecret } from './secret-input.js';

/**
 * The contract key of whoever acts.
 *
 * @param source - `FILE|env:NAME|fd:N|URL`, where the command line names one.
 * @param party - id, where the command line names it; else the profile's.
 * @throws CleanroomError USAGE where neither says whose, PARTY_KEY_INVALID, FILE_*, NO_ENVIRONMENT for a vault key without a
 * profile, and as openVaultSigner
 */
export async function openContractKey(
  source: string | undefined,
  party: string | undefined,
  search: EnvironmentSearch,
): Promise<ContractSigner> {
  const connect = async (): Promise<Connection> => (await openEnvironment(search)).connect();
  if (source !== undefined) return openKeySource(source, connect);
  const id = party ?? (await tryEnvironment(search))?.profile.party;
  if (id === undefined)
    throw new CleanroomError('USAGE', 'no profile says whose key signs', {
      hint: 'Add --party NAME or --key FILE.',
    });
  return openKeySource(partyKeyPath(process.cwd(), id, 'contract'), connect);
}

/** As openContractKey, for the party of an environment that is open already. */
export function openOwnContractKey(
  { directory, profile, connect }: Environment,
  source: string | undefined,
): Promise<ContractSigner> {
  return openKeySource(source ?? partyKeyPath(directory, profile.party, 'contract'), connect);
}

async function openKeySource(source: string, connect: () => Promise<Connection>): Promise<ContractSigner> {
  if (/^https?:\/\//i.test(source)) return openByUrl(source, connect);
  const text = await readSecret(source);
  const reference = parseKeyReference(text);
  if (reference === null) return parsePartyKey(text);
  const signer = await openByUrl(reference.url, connect);
  if (!samePublicKey(signer.publicKey, reference.publicKey))
    throw new CleanroomError('PARTY_KEY_MISMATCH', `${signer.url} is another key than the one in ${source}`);
  return signer;
}

/* The host is judged before there is a token. */
async function openByUrl(url: string, connect: () => Promise<Connection>): Promise<VaultSigner> {
  const address = parseKeyUrl(url);
  const { openKeyVault } = await import('../azure/key-vault.js');
  return openVaultSigner(await openKeyVault(await connect(), address.host), address);
}

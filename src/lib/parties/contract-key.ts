// Whose key signs consent, tree heads, tombstones and seal statements: the one named, else the party's own contract key.

import { type ContractSigner, parseKeyReference, type VaultSigner } from '../keys/contract-signer.js';
import { parsePartyKey, samePublicKey } from '../keys/party-keys.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { Services } from '../ports/services.js';
import { partyKeyPath } from './init-party.js';
import { openVaultSigner, parseKeyUrl } from './vault-signer.js';
import type { Desk, Environment } from '../ports/environment.js';
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
  desk: Desk,
): Promise<ContractSigner> {
  const services = async (): Promise<Services> => (await desk.open()).services;
  if (source !== undefined) return openKeySource(source, services);
  const id = party ?? (await desk.openIfThere())?.profile.party;
  if (id === undefined)
    throw new CleanroomError('USAGE', 'no profile names the party whose key signs', {
      hint: 'Add --party NAME or --key FILE.',
    });
  return openKeySource(partyKeyPath(process.cwd(), id, 'contract'), services);
}

/**
 * The contract key of a dataset's owner, who acts; whatever party the profile is called after.
 *
 * @throws as openContractKey
 */
export function openOwnerKey(
  { directory, services }: Pick<Environment, 'directory' | 'services'>,
  { owner }: Pick<ContractDataset, 'owner'>,
  source: string | undefined,
): Promise<ContractSigner> {
  return openKeySource(source ?? partyKeyPath(directory, owner, 'contract'), () => Promise.resolve(services));
}

async function openKeySource(source: string, services: () => Promise<Services>): Promise<ContractSigner> {
  if (/^https?:\/\//i.test(source)) return openByUrl(source, services);
  const text = await readSecret(source);
  const reference = parseKeyReference(text);
  if (reference === null) return parsePartyKey(text);
  const signer = await openByUrl(reference.url, services);
  if (!samePublicKey(signer.publicKey, reference.publicKey))
    throw new CleanroomError('PARTY_KEY_MISMATCH', `${signer.url} is another key than the one in ${source}`);
  return signer;
}

/* The host is judged before there is a token. */
async function openByUrl(url: string, services: () => Promise<Services>): Promise<VaultSigner> {
  const address = parseKeyUrl(url);
  return openVaultSigner(await (await services()).keyVault(address.host), address);
}

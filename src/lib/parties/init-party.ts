// A party's first step: its keys, its card, and its profile file.

import { join } from 'node:path';

import { makeDirectory } from '../base/files/make-directory.js';
import { parseKeyReference, renderKeyReference, type VaultKeyReference } from '../keys/contract-signer.js';
import { BLOB_CONTAINERS } from '../contract/blob-containers.js';
import type { PartyCard } from '../contract/party-card.js';
import {
  exportPartyKey,
  generatePartyKey,
  parsePartyKey,
  type PartyKeyPair,
  samePublicKey,
} from '../keys/party-keys.js';
import type { ContractDataset, ContractParty, PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { writeCleanFile } from './agree/clean-file.js';

export interface InitPartyInput {
  readonly directory: string;
  readonly id: string;
  readonly roles: ContractParty['roles'];
  /** What the party brings; each with vault and blob account of the party's own. */
  readonly datasets: readonly { readonly id: string; readonly kind: ContractDataset['kind'] }[];
  readonly vault: string | null;
  readonly storageAccount: string | null;
  /** What a card of the party says already, and stays. */
  readonly kept?: Pick<PartyCard, 'datasets' | 'models'> | undefined;
  /** What is known of each dataset that is a model. */
  readonly models: NonNullable<PartyCard['models']>;
  /** Where the contract key is that stays in a vault; null: a file of its own, or whatever is there already. */
  readonly contractKey: VaultKeyReference | null;
  /** How a room of another tenant logs in to the vault; null where it is of the vault's own. */
  readonly releaseLogin: NonNullable<ContractDataset['key']['login']> | null;
}

export interface InitPartyResult {
  readonly card: PartyCard;
  readonly cardPath: string;
  /** The card as the file that is handed over: `<id>.cleanroom`. */
  readonly cardFile: string;
  readonly contractKeyPath: string;
  /** Where the contract key is that stays in a vault. */
  readonly contractKeyUrl: string | null;
  readonly resultKeyPath: string | null;
  /** Whether keys were made now; those that were there already are kept. */
  readonly keysCreated: boolean;
}

const MAX_KEY_BYTES = 16 * 1024;
/* Roles that something is sealed to: results, or the causes of runs without one. */
const READERS = new Set<ContractParty['roles'][number]>(['recipient', 'data-owner', 'model-owner']);

/** Private key files of a party, relative to its directory. */
export function partyKeyPath(directory: string, id: string, use: 'contract' | 'result' | 'transfer'): string {
  return join(directory, 'keys', `${id}.${use}.jwk`);
}

/**
 * Makes (or keeps) the party's keys and writes the card, as `<id>.party.json` and as `<id>.cleanroom`. Private keys are files of mode 0600 in `keys/`.
 *
 * @throws CleanroomError USAGE if a dataset is brought without a vault or account; FILE_UNWRITABLE
 */
export async function initParty(input: InitPartyInput): Promise<InitPartyResult> {
  await makeDirectory(join(input.directory, 'keys'), 0o700);
  const contractKeyPath = partyKeyPath(input.directory, input.id, 'contract');
  const resultKeyPath = input.roles.some((role) => READERS.has(role))
    ? partyKeyPath(input.directory, input.id, 'result')
    : null;
  const contractKey = await keepOrCreateContractKey(contractKeyPath, input.contractKey);
  const resultKey = resultKeyPath === null ? null : await keepOrCreateKey(resultKeyPath);
  const transferKey = input.roles.includes('host')
    ? await keepOrCreateKey(partyKeyPath(input.directory, input.id, 'transfer'))
    : null;
  const models = [...(input.kept?.models ?? []), ...input.models];
  const card: PartyCard = {
    version: 2,
    party: {
      id: input.id,
      roles: [...input.roles],
      contractKey: contractKey.publicKey,
      ...(resultKey === null ? {} : { resultKey: resultKey.pair.publicKey }),
    },
    datasets: [
      ...(input.kept?.datasets ?? []),
      ...input.datasets.map((dataset) => describeDataset(input, dataset)),
    ],
    ...(transferKey === null ? {} : { transferKey: transferKey.pair.publicKey }),
    ...(models.length === 0 ? {} : { models }),
  };
  const cardPath = join(input.directory, `${input.id}.party.json`);
  const cardText = `${JSON.stringify(card, null, 2)}\n`;
  await writeFileAtomic(cardPath, cardText);
  const cardFile = join(input.directory, `${input.id}.cleanroom`);
  await writeCleanFile(cardFile, { kind: 'card', texts: { 'card.json': cardText } });
  const { created: keysCreated, url: contractKeyUrl } = contractKey;
  return { card, cardPath, cardFile, contractKeyPath, contractKeyUrl, resultKeyPath, keysCreated };
}

/** Reads a private key of a party. @throws CleanroomError FILE_NOT_FOUND, PARTY_KEY_INVALID */
export async function readPartyKey(path: string): Promise<PartyKeyPair> {
  return parsePartyKey(await readTextBounded(path, MAX_KEY_BYTES));
}

/* A private key that is there may have signed: it is never replaced by a reference, nor a reference by another. */
async function keepOrCreateContractKey(
  path: string,
  inVault: VaultKeyReference | null,
): Promise<{ readonly publicKey: PublicKeyJwk; readonly url: string | null; readonly created: boolean }> {
  const text = await readIfThere(path);
  const reference = text === null ? null : parseKeyReference(text);
  if (inVault === null) {
    if (reference !== null) return { ...reference, created: false };
    const { pair, created } = await keepOrCreateKey(path);
    return { publicKey: pair.publicKey, url: null, created };
  }
  if (text !== null && (reference === null || !samePublicKey(reference.publicKey, inVault.publicKey)))
    throw new CleanroomError('FILE_EXISTS', `${path} contains another contract key of this party`, {
      hint: 'It may have signed: move it away only if no contract names it.',
    });
  await writeFileAtomic(path, renderKeyReference(inVault), { mode: 0o600 });
  const { publicKey, url } = inVault;
  return { publicKey, url, created: text === null };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readTextBounded(path, MAX_KEY_BYTES);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  }
}

async function keepOrCreateKey(
  path: string,
): Promise<{ readonly pair: PartyKeyPair; readonly created: boolean }> {
  const text = await readIfThere(path);
  if (text !== null) return { pair: parsePartyKey(text), created: false };
  const pair = await generatePartyKey();
  await writeFileAtomic(path, exportPartyKey(pair), { mode: 0o600 });
  return { pair, created: true };
}

function describeDataset(
  input: InitPartyInput,
  { id, kind }: { readonly id: string; readonly kind: ContractDataset['kind'] },
): ContractDataset {
  const { vault, storageAccount, releaseLogin } = input;
  if (vault === null || storageAccount === null) {
    throw new CleanroomError('USAGE', `dataset ${id} needs a vault and a storage account of ${input.id}`, {
      hint: 'To try it out, start the local Azure first: cleanroom emulator start. In Azure, give --vault HOST and --storage-account URL, or set both in the profile.',
    });
  }
  return {
    id,
    owner: input.id,
    kind,
    key: {
      vault,
      name: `cleanroom-${id}`,
      ...(releaseLogin === null ? {} : { login: releaseLogin }),
    },
    blob: { account: storageAccount, container: BLOB_CONTAINERS.data, name: `${id}.sealed` },
    budget: { container: BLOB_CONTAINERS.budget, name: id },
  };
}

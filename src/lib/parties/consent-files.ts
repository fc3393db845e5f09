// Consent signatures are kept beside the contract: NAME.PARTY.consent.jws for NAME.yaml.

import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

import { type ContractSigner, signingKeyOf } from '../keys/contract-signer.js';
import type { ParsedContract } from '../contract/check.js';
import { type ConsentAppraisal, type FoundConsent, MAX_CONSENT_BYTES } from '../contract/consent.js';
import { appraiseConsent, signConsent } from '../keys/sign-consent.js';
import { samePublicKey } from '../keys/party-keys.js';
import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { fileError, readTextBounded } from '../base/files/read-bounded.js';

const SUFFIX = '.consent.jws';

/** Where a party's consent to the contract at `contractPath` is kept. */
export function consentPath(contractPath: string, party: string): string {
  return join(dirname(contractPath), `${stem(contractPath)}.${party}${SUFFIX}`);
}

/** Every file for a consent signature beside the contract, in the order of their names; too long a one as an empty text. */
export async function findConsents(contractPath: string): Promise<readonly FoundConsent[]> {
  const directory = dirname(contractPath);
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (cause) {
    throw fileError(directory, cause);
  }
  const prefix = `${stem(contractPath)}.`;
  const found = names.filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX)).sort();
  return Promise.all(
    found.map(async (name) => ({
      source: name,
      jws: await readConsent(join(directory, name)),
    })),
  );
}

/* Whatever is too long is no signature, which is a finding; it must not keep the others from being counted. */
async function readConsent(path: string): Promise<string> {
  try {
    return await readTextBounded(path, MAX_CONSENT_BYTES);
  } catch (cause) {
    if (cause instanceof CleanroomError && cause.code === 'FILE_TOO_LARGE') return '';
    throw cause;
  }
}

export interface ConsentToWrite {
  readonly party: string;
  readonly key: ContractSigner;
  readonly at: Date;
  /** Digests of the code that the party knows by itself; none if absent. */
  readonly named?: readonly string[];
}

/**
 * Signs the contract as `party` and writes the signature beside it.
 *
 * @returns the file written.
 * @throws CleanroomError PARTY_UNKNOWN, PARTY_KEY_MISMATCH, FILE_UNWRITABLE
 */
export async function writeConsent(
  contractPath: string,
  parsed: ParsedContract,
  { party, key, at, named = [] }: ConsentToWrite,
): Promise<string> {
  requirePartyKey(parsed, party, key);
  const path = consentPath(contractPath, party);
  await writeFileAtomic(path, `${await signConsent(parsed, party, signingKeyOf(key), at, named)}\n`);
  return path;
}

/** @throws CleanroomError PARTY_UNKNOWN, PARTY_KEY_MISMATCH unless `key` is the contract key of `party`. */
export function requirePartyKey({ contract }: ParsedContract, party: string, key: ContractSigner): void {
  const named = contract.parties.find(({ id }) => id === party);
  if (named === undefined)
    throw new CleanroomError('PARTY_UNKNOWN', `the contract ${contract.name} has no party ${party}`);
  if (!samePublicKey(named.contractKey, key.publicKey)) {
    throw new CleanroomError(
      'PARTY_KEY_MISMATCH',
      `the key given is not the contract key of ${party} in ${contract.name}`,
    );
  }
}

/**
 * Appraises the consents beside the contract; its only party needs none.
 *
 * @throws CleanroomError CONSENT_MISSING naming who has not signed, or what else is wrong.
 */
export async function requireConsent(
  contractPath: string,
  parsed: ParsedContract,
): Promise<ConsentAppraisal> {
  const appraisal = appraiseConsent(parsed, await findConsents(contractPath));
  if (appraisal.sufficient || parsed.contract.parties.length === 1) return appraisal;
  const failed = appraisal.checks.filter(({ status, id }) => status === 'fail' && id !== 'CONSENT_THRESHOLD');
  const missing = parsed.contract.parties.map(({ id }) => id).filter((id) => !appraisal.signers.includes(id));
  const detail = failed
    .map(({ reason }) => reason ?? '')
    .concat(missing.length > 0 ? [`not signed by ${missing.join(', ')}`] : []);
  throw new CleanroomError(
    'CONSENT_MISSING',
    `${appraisal.signers.length} of the ${appraisal.needed} signatures that the contract ${parsed.contract.name} demands (${detail.join('; ')})`,
    { hint: lookedFor(contractPath, missing) },
  );
}

/** Some parties' consents, whatever the contract demands of the others. @throws CleanroomError CONSENT_MISSING */
export async function requireSigned(
  contractPath: string,
  parsed: ParsedContract,
  parties: readonly string[],
): Promise<void> {
  const { signers } = appraiseConsent(parsed, await findConsents(contractPath));
  const missing = parties.filter((id) => !signers.includes(id));
  if (missing.length === 0) return;
  throw new CleanroomError(
    'CONSENT_MISSING',
    `the contract ${parsed.contract.name} is not signed by ${missing.join(', ')}`,
    { hint: lookedFor(contractPath, missing) },
  );
}

/* Where the signatures would be, and the two ways in which they come there. */
function lookedFor(contractPath: string, missing: readonly string[]): string {
  const files = missing.map((party) => consentPath(contractPath, party)).join(', ');
  return `${files === '' ? '' : `Looked for ${files}. `}An owner's reply brings its signature: cleanroom deploy reply.cleanroom. Step by step, the party signs with cleanroom contract sign and hands over that file.`;
}

function stem(contractPath: string): string {
  return basename(contractPath, extname(contractPath));
}

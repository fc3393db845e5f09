// `deploy REPLY…`: the owners' signatures, kept beside the contract, and their access to storage, kept in memory alone.

import { resolve } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { shellWord } from '../../base/shell-word.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { appraiseConsent } from '../../keys/sign-consent.js';
import type { ParsedContract } from '../../contract/parse.js';
import { roomSasList } from '../../contract/room-plan.js';
import { isSasQuery } from '../../contract/sas-query.js';
import type { Environment } from '../../ports/environment.js';
import { consentPath } from '../consent-files.js';
import { readContract } from '../environment.js';
import { partyKeyPath, readPartyKey } from '../init-party.js';
import { partyOf, readReply, type Reply } from './offer-and-reply.js';
import { verifyAccess } from './party-statement.js';
import { openAccess } from './sealed-access.js';

/**
 * Opens the replies to the contract of this directory.
 *
 * @returns values of the room's variables. Secret.
 * @throws CleanroomError NOT_THE_HOST, OFFER_OTHER_CONTRACT, CONSENT_MISSING, ACCESS_EXPIRED, CLEANROOM_FILE_…
 */
export async function takeReplies(
  paths: readonly string[],
  contractPath: string,
  environment: Environment,
): Promise<ReadonlyMap<string, string>> {
  const path = resolve(environment.directory, contractPath);
  const parsed = await readContract(path);
  const { host } = parsed.contract.room;
  const { party } = environment.profile;
  if (paths.length > 0 && party !== host)
    throw new CleanroomError(
      'NOT_THE_HOST',
      `replies are for ${host}, who runs the room; this directory belongs to ${party}`,
      {
        hint: `Give the reply to ${host}, who runs: cleanroom deploy ${paths.map(shellWord).join(' ')}`,
      },
    );
  const values = new Map<string, string>();
  for (const file of paths) {
    const reply = await readReply(file).catch((cause: unknown) => {
      throw noFile(cause, file);
    });
    const jws = consentOf(reply, parsed, file);
    for (const [variable, query] of await accessOf(reply, parsed, environment)) values.set(variable, query);
    await writeFileAtomic(consentPath(path, reply.party), `${jws.trim()}\n`);
  }
  return values;
}

/* A word that is no file is most likely the name of the room. */
function noFile(cause: unknown, file: string): unknown {
  if (!(cause instanceof CleanroomError) || cause.code !== 'FILE_NOT_FOUND' || file.includes('.'))
    return cause;
  return new CleanroomError('FILE_NOT_FOUND', cause.message, {
    hint: `deploy takes the owners' replies: cleanroom deploy reply.cleanroom. The name of the container group is a flag: --name ${file}`,
    cause,
  });
}

function consentOf(reply: Reply, parsed: ParsedContract, file: string): string {
  if (reply.parsed.digest !== parsed.digest)
    throw new CleanroomError(
      'OFFER_OTHER_CONTRACT',
      `${file} is about the contract ${reply.parsed.digest}, and this directory has ${parsed.digest}`,
    );
  const own = reply.consents.find((consent) =>
    appraiseConsent(parsed, [consent]).signers.includes(reply.party),
  );
  if (own !== undefined) return own.jws;
  throw new CleanroomError('CONSENT_MISSING', `${file} has no signature of ${reply.party} that counts`, {
    hint: `Ask ${reply.party} for a new reply: cleanroom accept OFFER TEXT`,
  });
}

/* Only what the room plan has in the party's own storage account: a reply has no say over another party's. */
async function accessOf(
  { party, access }: Reply,
  parsed: ParsedContract,
  { directory, profile }: Environment,
): Promise<ReadonlyMap<string, string>> {
  const key = await readPartyKey(partyKeyPath(directory, profile.party, 'transfer'));
  const signer = { party, key: partyOf(parsed, party).contractKey, contract: parsed.digest };
  const statement = verifyAccess(await openAccess(access, key), signer);
  if (statement.exp * 1000 <= Date.now())
    throw new CleanroomError(
      'ACCESS_EXPIRED',
      `the access to the storage of ${party} ended at ${new Date(statement.exp * 1000).toISOString()}`,
    );
  const accounts = parsed.contract.datasets
    .filter(({ owner }) => owner === party)
    .map(({ blob }) => blob.account);
  const own = new Set(
    roomSasList(parsed.contract)
      .filter(({ blob }) => accounts.includes(blob.account))
      .map(({ variable }) => variable),
  );
  const foreign = statement.access.find(({ variable }) => !own.has(variable));
  if (foreign !== undefined)
    throw new CleanroomError(
      'CLEANROOM_FILE_INVALID',
      `the reply of ${party} contains a value for ${foreign.variable}, which is not a variable of ${party}`,
    );
  const noSas = statement.access.find(({ query }) => !isSasQuery(query));
  if (noSas !== undefined)
    throw new CleanroomError(
      'CLEANROOM_FILE_INVALID',
      `the reply of ${party} contains no valid SAS for ${noSas.variable}`,
    );
  return new Map(statement.access.map(({ variable, query }) => [variable, query]));
}

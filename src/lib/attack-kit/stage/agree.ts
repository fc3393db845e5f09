// The parties agree: cards, contract, signatures, and a policy that each recomputes for itself.

import { join } from 'node:path';

import { runInit } from '../../parties/init.js';
import type { Environment } from '../../ports/environment.js';
import { readContract } from '../../parties/environment.js';
import { recomputeRoomPolicy, type RoomPolicy } from '../../parties/room-policy.js';
import type { ParsedContract } from '../../contract/check.js';
import { CleanroomError } from '../../base/errors.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { readTextBounded } from '../../base/files/read-bounded.js';
import { writeConsent } from '../../parties/consent-files.js';
import { partyKeyPath, readPartyKey } from '../../parties/init-party.js';
import type { Deal, DealTerms } from './deal.js';
import { handOver, type Stage } from './stage.js';

const MAX_CONTRACT_BYTES = 256 * 1024;
const NO_FLAGS = { page: false, force: true };

/** Contract, consent and policy of one deal; afterwards every party holds contract.yaml and policy.rego. */
export async function agree(stage: Stage, terms: DealTerms): Promise<Deal> {
  const { host } = terms;
  const owners = terms.owners.map(({ environment }) => environment);
  await writeCards(terms);
  await writeContract(terms);
  await amendContract(terms);
  const parsed = await readContract(undefined, host.directory);
  for (const owner of owners) await handOver('contract.yaml', host, owner);
  const parties = [host, ...owners];
  for (const party of parties) {
    const consent = await sign(party, parsed);
    for (const other of parties) if (other !== party) await handOver(consent, party, other);
  }
  const policy = await recompute(host, parsed, stage);
  for (const owner of owners) {
    const again = await recompute(owner, parsed, stage);
    if (policy.policy.text !== again.policy.text)
      throw new CleanroomError('POLICY_DRIFT', 'the parties computed different policies');
  }
  for (const { directory } of parties)
    await writeFileAtomic(join(directory, 'policy.rego'), policy.policy.text);
  return { ...policy, terms, parsed };
}

/** Each owner's keys and card; the card goes to the host. */
async function writeCards({ name, host, owners }: DealTerms): Promise<void> {
  for (const { environment, dataset } of owners) {
    const { party } = environment.profile;
    await runInit(
      { ...NO_FLAGS, name, party, roles: ['data-owner'], dataset: [dataset] },
      environment,
      environment.directory,
    );
    await handOver(cardName(environment), environment, host);
  }
}

async function writeContract({
  name,
  host,
  owners,
  summarizer,
  modelDirectory,
  limits,
  kubernetes = false,
}: DealTerms): Promise<void> {
  await runInit(
    {
      ...NO_FLAGS,
      name,
      party: host.profile.party,
      roles: ['host', 'recipient'],
      with: owners.map(({ environment }) => join(host.directory, cardName(environment))),
      summarizer,
      model: modelDirectory ?? undefined,
      kubernetes,
      script: limits.scripts,
      'max-characters': limits.maxCharacters,
      'max-share': String(limits.maxShareOfSource),
      'max-copied-words': limits.maxCopiedWords,
      'max-copied-share': String(limits.maxCopiedShare),
      'max-results': limits.maxResults,
    },
    host,
    host.directory,
  );
}

async function amendContract({ host, amend }: DealTerms): Promise<void> {
  if (amend === undefined) return;
  const path = join(host.directory, 'contract.yaml');
  await writeFileAtomic(path, amend(await readTextBounded(path, MAX_CONTRACT_BYTES)));
}

function cardName({ profile }: Environment): string {
  return `${profile.party}.party.json`;
}

/** Signs as `party`; the name of the signature's file. */
async function sign({ profile, directory }: Environment, parsed: ParsedContract): Promise<string> {
  const key = await readPartyKey(partyKeyPath(directory, profile.party, 'contract'));
  await writeConsent(join(directory, 'contract.yaml'), parsed, { party: profile.party, key, at: new Date() });
  return `contract.${profile.party}.consent.jws`;
}

function recompute(
  environment: Environment,
  parsed: ParsedContract,
  { cacheDirectory, progress, signal }: Stage,
): Promise<RoomPolicy> {
  return recomputeRoomPolicy({
    parsed,
    environment,
    imageFlags: undefined,
    cacheDirectory,
    progress,
    signal,
  });
}

// The parties agree: cards, contract, signatures, and a policy that each recomputes for itself.

import { join } from 'node:path';

import { runInit } from '../cli/actions/init.js';
import { readContract, type Environment } from '../cli/environment.js';
import { recomputeRoomPolicy, type RoomPolicy } from '../cli/room-policy.js';
import type { ParsedContract } from '../contract/check.js';
import type { ContractLimits } from '../contract/schema.js';
import { CleanroomError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { writeConsent } from '../workflows/consent-files.js';
import { partyKeyPath, readPartyKey } from '../workflows/init-party.js';
import { handOver, type Workspace } from './workspace.js';

export interface Agreement extends RoomPolicy {
  readonly parsed: ParsedContract;
  readonly dataset: string;
}

export interface AgreementTerms {
  readonly name: string;
  readonly dataset: string;
  readonly summarizer: string;
  readonly modelDirectory: string;
  readonly limits: ContractLimits;
}

const NO_FLAGS = { page: false, force: true };

/** Contract, consent and policy of one deal; afterwards both parties hold contract.yaml and policy.rego. */
export async function agree(workspace: Workspace, terms: AgreementTerms): Promise<Agreement> {
  const { contoso, fabrikam } = workspace;
  await runInit(
    { ...NO_FLAGS, name: terms.name, party: 'fabrikam', roles: ['data-owner'], dataset: [terms.dataset] },
    fabrikam,
    fabrikam.directory,
  );
  await handOver('fabrikam.party.json', fabrikam, contoso);
  const { limits } = terms;
  await runInit(
    {
      ...NO_FLAGS,
      name: terms.name,
      party: 'contoso',
      roles: ['host', 'recipient'],
      with: [join(contoso.directory, 'fabrikam.party.json')],
      summarizer: terms.summarizer,
      model: terms.modelDirectory,
      'max-tokens': limits.maxTokens,
      'max-share': String(limits.maxShareOfSource),
      'max-verbatim': limits.maxVerbatimTokens,
      'max-results': limits.maxResults,
    },
    contoso,
    contoso.directory,
  );
  await handOver('contract.yaml', contoso, fabrikam);
  const parsed = await readContract(undefined, contoso.directory);
  for (const party of [contoso, fabrikam]) await consent(party, parsed);
  await handOver('contract.fabrikam.consent.jws', fabrikam, contoso);
  await handOver('contract.contoso.consent.jws', contoso, fabrikam);
  const policy = await recompute(contoso, parsed, workspace);
  const again = await recompute(fabrikam, parsed, workspace);
  if (policy.policy.text !== again.policy.text)
    throw new CleanroomError('POLICY_DRIFT', 'the parties computed different policies');
  for (const party of [contoso, fabrikam])
    await writeFileAtomic(join(party.directory, 'policy.rego'), policy.policy.text);
  return { ...policy, parsed, dataset: terms.dataset };
}

async function consent({ profile, directory }: Environment, parsed: ParsedContract): Promise<void> {
  const key = await readPartyKey(partyKeyPath(directory, profile.party, 'contract'));
  await writeConsent(join(directory, 'contract.yaml'), parsed, { party: profile.party, key, at: new Date() });
}

function recompute(
  environment: Environment,
  parsed: ParsedContract,
  { cacheDirectory, progress, signal }: Workspace,
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

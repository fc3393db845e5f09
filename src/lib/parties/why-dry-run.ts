// `why --dry-run`: whether each dataset's key would be released to the room of a contract, before anything is deployed.

import type { ContractDataset } from '../contract/schema.js';
import { compareWithPolicy, expectedRoomClaims } from './diagnosis/compare-claims.js';
import type { ClaimComparison } from './diagnosis/diagnosis.js';
import { CleanroomError } from '../base/errors.js';
import { releasePolicyOf } from '../contract/release-policy/build.js';
import { evaluateReleasePolicy } from '../contract/release-policy/evaluate.js';
import type { ReleasePolicy } from '../contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../contract/release-policy/parse.js';
import type { Environment } from '../ports/environment.js';
import { policyBeside, readReferences, readReleasePolicyFile } from './why.js';

export interface DryRunRequest {
  readonly contract: string;
  readonly policy: string | undefined;
  readonly releasePolicy: string | undefined;
  /** Null: no vault is asked. */
  readonly environment: Environment | null;
  readonly now: Date;
}

/** What would become of one dataset's key. */
export interface DryRelease {
  readonly dataset: string;
  readonly outcome: 'released' | 'refused' | 'unread';
  /** Where its release policy was read: the vault, a file, or what `key create` would set. */
  readonly source: 'vault' | 'file' | 'contract';
  readonly reason: string | null;
  readonly claims: readonly ClaimComparison[];
}

export interface DryRun {
  readonly policyHash: string;
  readonly releases: readonly DryRelease[];
}

/** Tries every release. A key that could not be read is `unread`, never taken as good. */
export async function tryReleases(request: DryRunRequest): Promise<DryRun> {
  const policyPath = await policyBeside(request.contract, request.policy);
  const { contract, policy } = await readReferences({ ...request, policy: policyPath });
  if (contract === null || policy === null)
    throw new CleanroomError('USAGE', 'a dry run needs -f contract.yaml');
  const claims = expectedRoomClaims(contract, policy.hash);
  const { authorities } = contract.contract.attestation;
  const named =
    request.releasePolicy === undefined ? null : await readReleasePolicyFile(request.releasePolicy);
  const judge = (dataset: string, source: DryRelease['source'], release: ReleasePolicy): DryRelease => {
    const [issuer = ''] = authorities.filter(
      (authority) => evaluateReleasePolicy(release, claims, authority).satisfied,
    );
    const released = issuer !== '';
    const compared = compareWithPolicy(
      release,
      claims,
      released ? issuer : (authorities[0] ?? ''),
      'release policy',
    );
    return { dataset, outcome: released ? 'released' : 'refused', source, reason: null, claims: compared };
  };
  const demanded = releasePolicyOf(contract.contract, policy.hash);
  const tryDataset = async (dataset: ContractDataset): Promise<DryRelease> => {
    if (named !== null) return judge(dataset.id, 'file', named);
    const stored = request.environment === null ? NO_PROFILE : await readStored(request.environment, dataset);
    if (stored.kind === 'read') return judge(dataset.id, 'vault', stored.policy);
    if (stored.kind === 'absent')
      return {
        ...judge(dataset.id, 'contract', demanded),
        reason: `${stored.reason}: taken is the one that key create would set`,
      };
    return { dataset: dataset.id, outcome: 'unread', source: 'vault', reason: stored.reason, claims: [] };
  };
  return { policyHash: policy.hash, releases: await Promise.all(contract.contract.datasets.map(tryDataset)) };
}

type Stored =
  | { readonly kind: 'read'; readonly policy: ReleasePolicy }
  | { readonly kind: 'absent' | 'unread'; readonly reason: string };

const NO_PROFILE: Stored = { kind: 'absent', reason: 'no vault was asked, since there is no profile' };

async function readStored(environment: Environment, { key }: ContractDataset): Promise<Stored> {
  try {
    const stored = await (await environment.services.keyVault(key.vault)).get(key.name, null);
    if (stored === null) return { kind: 'absent', reason: `there is no key ${key.name} in ${key.vault} yet` };
    if (stored.releasePolicy === null)
      return {
        kind: 'unread',
        reason: `the key ${key.name} has no release policy: it can never be released`,
      };
    return { kind: 'read', policy: parseReleasePolicy(stored.releasePolicy.text) };
  } catch (cause) {
    if (cause instanceof CleanroomError) return { kind: 'unread', reason: `${cause.code}: ${cause.message}` };
    throw cause;
  }
}

// `deploy --no-confidential`: the sample's plain variant, a file share mounted into a group that is not confidential.

import { CleanroomError } from '../base/errors.js';
import { applyGroups, planGroups } from './deploy-plan.js';
import { describePlainGroup, type PlainGroupInput, requirePlainAllowed } from './plain-group.js';
import type { Environment } from '../ports/environment.js';
import { readSecret } from './secret-input.js';
import {
  DEFAULT_TIMEOUT_MS,
  type DeployActionInput,
  type DeployWatch,
  type PlannedDeployment,
  readHostContract,
  readRegistries,
  withNews,
} from './prepare-deployment.js';
import { containerGroups } from './rooms.js';

export interface PlainDeployInput extends Omit<
  DeployActionInput,
  'policyPath' | 'imageFlags' | 'parameters' | 'cacheDirectory' | 'pullsImages'
> {
  /** `ACCOUNT/SHARE`. */
  readonly fileShare: string | undefined;
  /** Where the account's key is read from; see secret-input.ts. */
  readonly storageKey: string | undefined;
  /** Whether the caller says that the host may read the text. */
  readonly understood: boolean;
}

/* Of the secret where the secret itself is not needed. */
const STAND_IN = 'parameter';

/** @throws CleanroomError NOT_THE_HOST, CONFIDENTIALITY_DEMANDED, USAGE, ROOM_NOT_OURS, and as readSecret */
export async function preparePlainDeployment(
  environment: Environment,
  action: PlainDeployInput,
  watch: DeployWatch,
): Promise<PlannedDeployment> {
  const parsed = await readHostContract(environment, action.contractPath);
  requirePlainAllowed(parsed, action.understood);
  const identity = environment.profile.roomIdentity ?? null;
  const images = parsed.contract.room.containers
    .filter(({ name }) => name === 'summarizer')
    .map(({ image }) => image);
  const input: PlainGroupInput = {
    name: action.name ?? parsed.contract.name,
    parsed,
    share: { ...splitShare(action.fileShare), accountKey: STAND_IN },
    dnsNameLabel: action.dnsNameLabel ?? null,
    identity,
    registries: await readRegistries(images, identity, action.registryLogins),
  };
  const described = [describePlainGroup(input)];
  const rooms = await containerGroups(environment.services);
  watch.progress.phase('comparing with what runs');
  const plan = await planGroups(input.name, described, { rooms, now: new Date() });
  return {
    name: input.name,
    parsed,
    policyHash: null,
    policyText: null,
    bindings: [],
    plan,
    memory: null,
    described,
    apply: () =>
      withNews(async (told) => {
        const accountKey = (await readSecret(required(action.storageKey, '--storage-key'))).trim();
        const group = describePlainGroup({ ...input, share: { ...input.share, accountKey } });
        return applyGroups(plan, [group], {
          rooms,
          ...watch,
          told,
          timeoutMs: action.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        });
      }),
  };
}

function splitShare(flag: string | undefined): { readonly account: string; readonly name: string } {
  const [, account, name] =
    /^([a-z0-9]{3,24})\/([a-z0-9](?:-?[a-z0-9]){2,62})$/.exec(required(flag, '--file-share')) ?? [];
  if (account === undefined || name === undefined)
    throw new CleanroomError('USAGE', '--file-share is not of the form ACCOUNT/SHARE');
  return { account, name };
}

function required(value: string | undefined, flag: string): string {
  if (value === undefined) throw new CleanroomError('USAGE', `--no-confidential needs ${flag}`);
  return value;
}

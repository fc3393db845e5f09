// `deploy`: a plan; then a template, or a look at it, or the question, the deployment and its entry in the log.

import { CleanroomError } from '../../base/errors.js';
import { PLAIN_NOTICE } from '../../contract/plain-notice.js';
import type { CostFacts, DeployAction, GroupPlan } from '../../parties/deploy-plan.js';
import type { KeyBinding } from '../../parties/deploy-room.js';
import type { RoomState } from '../../ports/ports.js';
import type { ActionContext } from '../action-context.js';
import type { Outcome } from '../base-command.js';
import { confirm } from '../../terminal/confirm.js';
import { openEnvironment } from '../environment.js';
import { openContractKey } from '../contract-key.js';
import { changesOf, renderDeployment, renderPlan } from '../render-deployment.js';
import {
  type AppliedDeployment,
  type DeployActionInput,
  type PlannedDeployment,
  prepareDeployment,
  readParameterFiles,
} from './deploy.js';
import { type PlainDeployInput, preparePlainDeployment } from './deploy-plain.js';
import { writeDeploymentTemplate } from './deploy-template.js';
import { deploymentArtefacts, logArtefacts } from './log.js';

export interface DeployRequest
  extends Omit<DeployActionInput, 'parameters' | 'cacheDirectory'>, PlainDeployInput {
  readonly confidential: boolean;
  /** How many rooms would share the work: refused in this version. */
  readonly replicas: number | undefined;
  /** `VARIABLE=FILE` each. */
  readonly parameterFiles: readonly string[] | undefined;
  readonly planOnly: boolean;
  /** Written instead of deploying. */
  readonly template: { readonly path: string; readonly form: 'arm' | 'bicep' } | null;
  /** Transparency log that the deployment goes into. */
  readonly log: string | undefined;
  readonly yes: boolean;
}

export interface DeployResult {
  readonly action: DeployAction;
  readonly applied: boolean;
  readonly confidential: boolean;
  readonly policyHash: string | null;
  readonly bindings: readonly KeyBinding[];
  readonly groups: readonly Omit<GroupPlan, 'existing'>[];
  /** Groups of this deployment that are one too many. */
  readonly surplus: readonly string[];
  readonly cost: CostFacts;
  readonly correlationIds: Readonly<Record<string, string>>;
  readonly rooms: readonly RoomState[];
}

/** @throws CleanroomError REPLICAS_UNAVAILABLE, CONFIRMATION_NEEDED, and as prepareDeployment, preparePlainDeployment and applyDeployment */
export async function runDeploy(
  request: DeployRequest,
  context: ActionContext,
): Promise<Outcome<DeployResult>> {
  refuseReplicas(request);
  const planned = await plan(request, context);
  for (const { dataset, ...binding } of planned.bindings) {
    if (binding.kind === 'unread')
      context.warn(`not checked: the release policy of ${dataset} (${binding.reason})`);
  }
  const { template, log } = request;
  if (template !== null) {
    await writeDeploymentTemplate(planned, template.path, template.form);
    return { result: describe(planned, null), text: `wrote ${template.path}` };
  }
  if (request.planOnly) return { result: describe(planned, null), text: renderPlan(planned) };
  if (!(await agreed(planned, request.yes, context)))
    return { result: describe(planned, null), text: 'nothing was changed' };
  const applied = await planned.apply();
  if (log !== undefined) await logDeployment(planned, log, context);
  return { result: describe(planned, applied), text: renderDeployment(planned, applied) };
}

function refuseReplicas({ replicas }: DeployRequest): void {
  if (replicas === undefined) return;
  throw new CleanroomError(
    'REPLICAS_UNAVAILABLE',
    'this version runs a contract in one room; --replicas comes back as shards',
    { hint: 'Deploy without --replicas: one room summarizes all documents.' },
  );
}

async function plan(request: DeployRequest, context: ActionContext): Promise<PlannedDeployment> {
  const environment = await openEnvironment(context.search);
  if (!request.confidential) {
    context.warn(PLAIN_NOTICE);
    return preparePlainDeployment(environment, request, context);
  }
  const { cacheDirectory } = context;
  const parameters = await readParameterFiles(request.parameterFiles);
  return prepareDeployment(environment, { ...request, parameters, cacheDirectory }, context);
}

/** Replacing or removing a room is asked for first; making one, or changing nothing, is what the command is for. */
async function agreed(
  planned: PlannedDeployment,
  yes: boolean,
  { interactive, progress }: ActionContext,
): Promise<boolean> {
  if (planned.plan.action !== 'replace') return true;
  progress.done();
  if (interactive) process.stderr.write(`${renderPlan(planned)}\n`);
  return confirm({
    interactive,
    yes,
    question: `Replace ${planned.name}?`,
    otherwise: `the room ${planned.name} runs something else (${changesOf(planned).join('; ')})`,
    hint: 'Look at it with --what-if, then add --yes to replace it.',
  });
}

async function logDeployment(
  { name, parsed, policyHash }: PlannedDeployment,
  log: string,
  { search }: ActionContext,
): Promise<void> {
  const key = await openContractKey(undefined, undefined, search);
  await logArtefacts(log, deploymentArtefacts(name, parsed.digest, policyHash), key, search);
}

function describe(
  { plan: { action, groups, surplus, cost }, policyHash, bindings }: PlannedDeployment,
  applied: AppliedDeployment | null,
): DeployResult {
  return {
    action,
    applied: applied !== null,
    confidential: policyHash !== null,
    policyHash,
    bindings,
    groups: groups.map(({ name, action: own, differences }) => ({ name, action: own, differences })),
    surplus,
    cost,
    correlationIds: applied?.correlationIds ?? {},
    rooms: applied?.rooms ?? [],
  };
}

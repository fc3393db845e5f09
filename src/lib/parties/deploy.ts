// `deploy`: a plan; then a template, or a look at it, or the question, the deployment and its entry in the log.

import { CleanroomError } from '../base/errors.js';
import { PLAIN_NOTICE } from '../contract/plain-notice.js';
import { type PodDeployment, deployPods } from './deploy-pods.js';
import type { Environment } from '../ports/environment.js';
import type { CostFacts, DeployAction, GroupPlan } from './deploy-plan.js';
import type { KeyBinding } from './deploy-room.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { takeReplies } from './agree/take-replies.js';
import { openContractKey } from './contract-key.js';
import {
  type AppliedDeployment,
  type DeployActionInput,
  type PlannedDeployment,
  prepareDeployment,
  readParameterFiles,
} from './prepare-deployment.js';
import { type PlainDeployInput, preparePlainDeployment } from './deploy-plain.js';
import { policyBesideContract } from './policy-beside.js';
import { briefRoom, type ShownRoom } from './shown-room.js';
import { writeDeploymentTemplate } from './deploy-template.js';
import { deploymentArtefacts, logArtefacts } from './log.js';

export interface DeployRequest
  extends Omit<DeployActionInput, 'parameters' | 'cacheDirectory' | 'pullsImages'>, PlainDeployInput {
  readonly confidential: boolean;
  /** Files with the owners' replies. */
  readonly replies: readonly string[];
  /** `VARIABLE=FILE` each. */
  readonly parameterFiles: readonly string[] | undefined;
  readonly planOnly: boolean;
  /** Written instead of deploying. */
  readonly template: { readonly path: string; readonly form: 'arm' | 'bicep' } | null;
  /** Pods on virtual nodes: the file that their manifest is written to, or null to create them; absent: container groups. */
  readonly pods: { readonly path: string | null } | null;
  /** Transparency log that the deployment goes into. */
  readonly log: string | undefined;
  /** Asked before a room is created or replaced. */
  readonly agrees: (planned: PlannedDeployment) => Promise<boolean>;
}

/** What came of it: the template was written, the plan is shown, nobody agreed, or the rooms are up. */
export type DeployOutcome =
  | { readonly kind: 'template'; readonly path: string; readonly result: DeployResult }
  | { readonly kind: 'manifest'; readonly pods: PodDeployment; readonly result: DeployResult }
  | { readonly kind: 'plan' | 'declined'; readonly planned: PlannedDeployment; readonly result: DeployResult }
  | {
      readonly kind: 'deployed';
      readonly planned: PlannedDeployment;
      readonly applied: AppliedDeployment;
      readonly result: DeployResult;
    };

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
  readonly rooms: readonly ShownRoom[];
}

/** @throws CleanroomError REPLICAS_UNAVAILABLE, CONFIRMATION_NEEDED, and as prepareDeployment, preparePlainDeployment and applyDeployment */
export async function runDeploy(request: DeployRequest, context: UseCaseContext): Promise<DeployOutcome> {
  if (request.pods !== null) return podsOf({ ...request, ...request.pods }, context);
  const planned = await plan(request, context);
  for (const { dataset, ...binding } of planned.bindings) {
    // Another owner's key is that owner's to check; the plan says that it was not read here.
    if (binding.kind === 'unread' && isOfHost(dataset, planned))
      context.warn(`not checked: the release policy of ${dataset} (${binding.reason})`);
  }
  const { template, log } = request;
  if (template !== null) {
    await writeDeploymentTemplate(planned, template.path, template.form);
    return { kind: 'template', path: template.path, result: describe(planned, null) };
  }
  if (request.planOnly) return { kind: 'plan', planned, result: describe(planned, null) };
  if (!(await agreed(planned, request, context)))
    return { kind: 'declined', planned, result: describe(planned, null) };
  const applied = await planned.apply();
  if (log !== undefined) await logDeployment(planned, log, context);
  return { kind: 'deployed', planned, applied, result: describe(planned, applied) };
}

function isOfHost(id: string, { parsed: { contract } }: PlannedDeployment): boolean {
  return contract.datasets.some((dataset) => dataset.id === id && dataset.owner === contract.room.host);
}

async function plan(request: DeployRequest, context: UseCaseContext): Promise<PlannedDeployment> {
  const environment = await context.desk.open();
  if (!request.confidential) {
    if (request.replicas !== undefined)
      throw new CleanroomError('USAGE', '--replicas shares the work of confidential rooms only');
    context.warn(PLAIN_NOTICE);
    return preparePlainDeployment(environment, request, context);
  }
  return prepareDeployment(environment, await actionOf(request, environment, context), context);
}

/* What the parties handed over, read: replies, files with values, the policy beside the contract. */
async function actionOf(
  request: DeployRequest,
  environment: Environment,
  { cacheDirectory, pullsImages }: UseCaseContext,
): Promise<DeployActionInput> {
  const parameters = new Map([
    ...(await takeReplies(request.replies, request.contractPath, environment)),
    ...(await readParameterFiles(request.parameterFiles)),
  ]);
  const policyPath = await policyBesideContract(request.contractPath, request.policyPath);
  return { ...request, policyPath, parameters, cacheDirectory, pullsImages };
}

async function podsOf(
  request: DeployRequest & { readonly path: string | null },
  context: UseCaseContext,
): Promise<DeployOutcome> {
  if (!request.confidential) throw new CleanroomError('USAGE', '--kubernetes deploys confidential pods only');
  const environment = await context.desk.open();
  const action = { ...(await actionOf(request, environment, context)), path: request.path };
  const pods = await deployPods(environment, action, context);
  const result: DeployResult = {
    action: 'create',
    applied: request.path === null,
    confidential: true,
    policyHash: pods.policyHash,
    bindings: pods.bindings,
    groups: [{ name: pods.name, action: 'create', differences: [] }],
    surplus: [],
    cost: pods.cost,
    correlationIds: {},
    rooms: pods.rooms.map(briefRoom),
  };
  return { kind: 'manifest', pods, result };
}

/** A room that is created costs money, and one that is replaced is lost: both are asked for. */
async function agreed(
  planned: PlannedDeployment,
  { agrees }: DeployRequest,
  { progress }: UseCaseContext,
): Promise<boolean> {
  if (planned.plan.action === 'none') return true;
  progress.done();
  return agrees(planned);
}

async function logDeployment(
  { name, parsed, policyHash, policyText }: PlannedDeployment,
  log: string,
  { desk }: UseCaseContext,
): Promise<void> {
  const key = await openContractKey(undefined, undefined, desk);
  await logArtefacts(log, deploymentArtefacts(name, parsed.digest, policyHash, policyText), key, desk);
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
    rooms: (applied?.rooms ?? []).map(briefRoom),
  };
}

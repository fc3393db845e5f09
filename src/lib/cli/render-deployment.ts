// A deployment's plan and outcome, for people.

import { describeRoomCost } from '../parties/cost.js';
import type { DeployOutcome } from '../parties/deploy.js';
import type { PodDeployment } from '../parties/deploy-pods.js';
import type { GroupPlan } from '../parties/deploy-plan.js';
import type { Difference } from '../ports/ports.js';
import { PLAIN_NOTICE } from '../contract/plain-notice.js';
import type { AppliedDeployment, PlannedDeployment } from '../parties/prepare-deployment.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderRoomMemory } from './render-memory.js';
import { renderRoom } from './render-room.js';

const ACTION = { create: 'create', replace: 'replace', none: 'leave as it is' } as const;

/** What `deploy` did, for people. */
/** Whether a person has seen the plan already, when asked about it. */
export type PlanSeen = 'plan shown' | 'plan not shown';

export function renderDeployOutcome(outcome: DeployOutcome, seen: PlanSeen): string {
  switch (outcome.kind) {
    case 'template':
      return `wrote ${outcome.path}`;
    case 'manifest':
      return renderManifests(outcome.pods);
    case 'plan':
      return renderPlan(outcome.planned);
    case 'declined':
      return 'nothing was changed\nnext: run the same command again to create the room';
    case 'deployed':
      return renderDeployment(outcome.planned, outcome.applied, seen);
  }
}

function renderManifests({
  name,
  path,
  accessPath,
  policyHash,
  cost: { groups, vcpu, memoryGiB },
}: PodDeployment): string {
  const room = `${groups} pod${groups === 1 ? '' : 's'}, ${vcpu} vCPU and ${memoryGiB} GiB, policy hash ${policyHash}`;
  if (path === null) return escapeTerminal(`created the Job ${name}: ${room}\nnext: cleanroom summary`);
  const files = accessPath === null ? [path] : [accessPath, path];
  const apply = files.map((file) => `-f ${file}`).join(' ');
  return escapeTerminal(
    [
      `wrote ${path}: ${room}`,
      ...(accessPath === null
        ? []
        : [`wrote ${accessPath}: the room's access to storage, secret, for a day`]),
      `next: kubectl apply ${apply}`,
    ].join('\n'),
  );
}

export function renderPlan(planned: PlannedDeployment): string {
  const { plan, parsed, policyHash, bindings, memory } = planned;
  const { region } = plan.cost;
  const lines = [
    ...(policyHash === null ? [PLAIN_NOTICE] : []),
    ...plan.groups.flatMap((group) => renderGroupPlan(group, region)),
    ...plan.surplus.map((name) => `plan: remove the container group ${name}: it is one too many`),
    `  contract     ${parsed.digest}`,
    `  policy hash  ${policyHash ?? 'none: nothing is measured or attested'}`,
    ...parsed.contract.room.containers
      .filter(({ name }) => policyHash !== null || name === 'summarizer')
      .map(
        ({ name, image, cpu, memoryGiB: memory }) =>
          `  container    ${name}: ${cpu} vCPU, ${memory} GiB, ${image}`,
      ),
    ...(memory === null ? [] : [`  ${renderRoomMemory(memory)}`]),
    `  cost         ${describeRoomCost(plan.cost)}`,
    ...bindings.map((binding) => `  key          ${binding.dataset}: ${describeBinding(binding)}`),
  ];
  return escapeTerminal(lines.join('\n'));
}

/* That a host cannot read an owner's key is how it should be. */
function describeBinding(binding: PlannedDeployment['bindings'][number]): string {
  if (binding.kind === 'bound') return 'released to this policy only';
  if (binding.kind === 'unread' && binding.reason.startsWith('KEY_ACCESS_DENIED'))
    return "in its owner's vault, not readable by you, as intended";
  return `${binding.kind} (${binding.reason})`;
}

function renderGroupPlan({ name, action, differences }: GroupPlan, region: string): readonly string[] {
  return [
    `plan: ${ACTION[action]} the container group ${name} in ${region}`,
    ...differences.map((difference) => `  differs      ${renderDifference(difference)}`),
  ];
}

/** One sentence. */
export function renderDifference({ what, from, to }: Difference): string {
  if (from === null) return `${what}: ${to ?? ''} is new`;
  return to === null ? `${what}: ${from} goes` : `${what}: ${from} becomes ${to}`;
}

/** Everything that a plan would change of what runs. */
export function changesOf({ plan }: PlannedDeployment): readonly string[] {
  const { groups, surplus } = plan;
  return [
    ...groups.flatMap(({ name, differences }) =>
      differences.map(
        (difference) => `${groups.length === 1 ? '' : `${name}: `}${renderDifference(difference)}`,
      ),
    ),
    ...surplus.map((name) => `${name} is removed`),
  ];
}

export function renderDeployment(
  planned: PlannedDeployment,
  applied: AppliedDeployment,
  seen: PlanSeen = 'plan not shown',
): string {
  const { plan, policyHash, name } = planned;
  const made =
    policyHash === null
      ? 'the plain room is created; it summarizes the file share'
      : 'the room is created; it attests, gets the keys and summarizes';
  const head = plan.action === 'none' ? 'nothing to change: the room is as the contract defines it' : made;
  const ids = Object.entries(applied.correlationIds).map(
    ([group, id]) => `correlation id of ${group}: ${id}`,
  );
  const next = `next: cleanroom status ${name}${policyHash === null ? '' : ', then cleanroom summary'}`;
  const opening = seen === 'plan shown' ? [] : [renderPlan(planned), ''];
  return [...opening, head, ...ids, '', ...applied.rooms.map(renderRoom), next].join('\n');
}

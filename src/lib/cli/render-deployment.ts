// A deployment's plan and outcome, for people.

import type { RoomState } from '../workflows/ports.js';
import type { PlannedDeployment } from './actions/deploy.js';
import { escapeTerminal } from './escape-terminal.js';
import { renderRoom } from './render-room.js';

const ACTION = { create: 'create', replace: 'replace', none: 'leave as it is' } as const;

export function renderPlan({ input, plan }: PlannedDeployment): string {
  const { contract, digest } = input.parsed;
  const lines = [
    `plan: ${ACTION[plan.action]} the container group ${input.name} in ${contract.room.region}`,
    `  contract     ${digest}`,
    `  policy hash  ${plan.policyHash}`,
    ...contract.room.containers.map(
      ({ name, image, cpu, memoryGiB }) => `  container    ${name}: ${cpu} CPU, ${memoryGiB} GiB, ${image}`,
    ),
    `  cost         confidential SKU: ${contract.room.containers.reduce((sum, { cpu }) => sum + cpu, 0)} CPU and ${contract.room.containers.reduce((sum, { memoryGiB }) => sum + memoryGiB, 0)} GiB for as long as it runs`,
    ...plan.bindings.map(
      (binding) =>
        `  key          ${binding.dataset}: ${binding.kind === 'bound' ? 'released to this policy only' : `${binding.kind} (${binding.reason})`}`,
    ),
    ...plan.differences.map((difference) => `  differs      ${difference}`),
  ];
  return escapeTerminal(lines.join('\n'));
}

export function renderDeployment(planned: PlannedDeployment, room: RoomState): string {
  const head =
    planned.plan.action === 'none'
      ? 'nothing to change: the room is what the contract says'
      : 'the room is there; it attests, gets the keys and summarizes on its own';
  return `${renderPlan(planned)}\n\n${head}\n\n${renderRoom(room)}\nnext: cleanroom status, then cleanroom summary`;
}

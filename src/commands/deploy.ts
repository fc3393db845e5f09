import { Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { imageFlag, yesFlag } from '../lib/cli/flags.js';
import type { PlannedDeployment } from '../lib/cli/actions/deploy.js';
import type { DeployAction, KeyBinding } from '../lib/workflows/deploy-room.js';
import type { RoomState } from '../lib/workflows/ports.js';

interface DeployResult {
  readonly action: DeployAction;
  readonly applied: boolean;
  readonly policyHash: string;
  readonly bindings: readonly KeyBinding[];
  readonly differences: readonly string[];
  readonly room: RoomState | null;
}

export default class Deploy extends BaseCommand<typeof Deploy, DeployResult> {
  static override summary = 'Plan and make the confidential container group of a contract.';
  static override description = `Recomputes the CCE policy from contract and images and sends exactly that. Refuses where it is not the policy the parties hold, or not the one every readable release policy names.
The same inputs again change nothing; where something differs, it says what and asks.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --what-if --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({
      description: 'policy that the parties hold: must be equal byte for byte',
      helpValue: 'FILE',
    }),
    image: imageFlag,
    name: Flags.string({ description: "name of the container group; else the contract's" }),
    dns: Flags.string({ description: 'DNS name label', helpValue: 'LABEL' }),
    'parameter-file': Flags.string({
      description: 'file with the value of a room variable (a SAS)',
      helpValue: 'VARIABLE=FILE',
      multiple: true,
    }),
    'what-if': Flags.boolean({ description: 'plan only' }),
    out: Flags.string({
      char: 'o',
      description: 'write an ARM template instead of deploying',
      helpValue: 'FILE',
      exclusive: ['what-if'],
    }),
    bicep: Flags.boolean({ description: 'with --out: write Bicep', dependsOn: ['out'] }),
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<DeployResult>> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { prepareDeployment, readParameterFiles } = await import('../lib/cli/actions/deploy.js');
    const { renderDeployment, renderPlan } = await import('../lib/cli/render-deployment.js');
    const planned = await prepareDeployment(
      await openEnvironment(this.environmentSearch),
      {
        contractPath: this.flags.file,
        policyPath: this.flags.policy,
        imageFlags: this.flags.image,
        name: this.flags.name,
        dnsNameLabel: this.flags.dns,
        parameters: await readParameterFiles(this.flags['parameter-file']),
        cacheDirectory: this.config.cacheDir,
      },
      { progress: await this.progress(), signal: this.signal },
    );
    for (const { dataset, ...binding } of planned.plan.bindings) {
      if (binding.kind === 'unread')
        this.warn(`not checked: the release policy of ${dataset} (${binding.reason})`);
    }
    if (this.flags.out !== undefined) return this.writeTemplate(planned, this.flags.out);
    if (this.flags['what-if'] || !(await this.agreed(planned))) {
      return { result: this.describe(planned, null), text: renderPlan(planned) };
    }
    const room = await planned.apply();
    return { result: this.describe(planned, room), text: renderDeployment(planned, room) };
  }

  /** Replacing a room is asked for first; making one, or changing nothing, is what the command is for. */
  private async agreed({ plan, input }: PlannedDeployment): Promise<boolean> {
    if (plan.action !== 'replace' || this.flags.yes) return true;
    const { CleanroomError } = await import('../lib/errors.js');
    if (!this.interactive) {
      throw new CleanroomError(
        'CONFIRMATION_NEEDED',
        `the room ${input.name} runs something else (${plan.differences.join('; ')})`,
        {
          hint: 'Look at it with --what-if, then add --yes to replace it.',
        },
      );
    }
    const { default: inquirer } = await import('inquirer');
    const { replace } = await inquirer.prompt<{ replace: boolean }>([
      {
        type: 'confirm',
        name: 'replace',
        message: `Replace ${input.name}? ${plan.differences.join('; ')}`,
        default: false,
      },
    ]);
    return replace;
  }

  private async writeTemplate(planned: PlannedDeployment, path: string): Promise<Outcome<DeployResult>> {
    const { writeDeploymentTemplate } = await import('../lib/cli/actions/deploy-template.js');
    await writeDeploymentTemplate(planned, path, this.flags.bicep ? 'bicep' : 'arm');
    return { result: this.describe(planned, null), text: `wrote ${path}` };
  }

  private describe({ plan }: PlannedDeployment, room: RoomState | null): DeployResult {
    const { action, policyHash, bindings, differences } = plan;
    return { action, applied: room !== null, policyHash, bindings, differences, room };
  }
}

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { deployFlags, deployRequest } from '../lib/cli/deploy-flags.js';
import type { DeployResult } from '../lib/parties/deploy.js';
import { Args } from '../lib/cli/oclif.js';
import type { PlannedDeployment } from '../lib/parties/prepare-deployment.js';

export default class Deploy extends BaseCommand<typeof Deploy, DeployResult> {
  static override summary = 'Plan and create the confidential container group of a contract.';
  static override description = `Recomputes the CCE policy from contract and images and sends exactly that. Refuses a policy that differs from the parties' policy.rego, or that a readable release policy does not name.
The same inputs again change nothing. If something differs, it shows what and asks.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> reply.cleanroom',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --what-if --json',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --replicas 4',
    '<%= config.bin %> <%= command.id %> reply.cleanroom --kubernetes --replicas 8 --out job.yaml',
    '<%= config.bin %> <%= command.id %> reply.cleanroom --kubernetes --replicas 8 --apply',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --no-confidential --file-share contosodata/notes --storage-key env:STORAGE_KEY',
  ];
  static override strict = false;
  static override args = {
    reply: Args.string({ description: "an owner's reply, reply.cleanroom; may be given more than once" }),
  };
  static override flags = deployFlags;

  protected async execute(): Promise<Outcome<DeployResult>> {
    const { runDeploy } = await import('../lib/parties/deploy.js');
    const shown = new Set<PlannedDeployment>();
    const request = {
      ...deployRequest(this.flags, this.operands),
      agrees: async (planned: PlannedDeployment) => {
        if (this.interactive) shown.add(planned);
        return this.ask(planned);
      },
    };
    const outcome = await runDeploy(request, await this.useCaseContext());
    const { renderDeployOutcome } = await import('../lib/cli/render-deployment.js');
    return {
      result: outcome.result,
      text: renderDeployOutcome(outcome, shown.size > 0 ? 'plan shown' : 'plan not shown'),
    };
  }

  /* Creating a room is what the command is for: where nobody can be asked, it does it. */
  private async ask(planned: PlannedDeployment): Promise<boolean> {
    const { confirm } = await import('../lib/terminal/confirm.js');
    const { changesOf, renderPlan } = await import('../lib/cli/render-deployment.js');
    const creates = planned.plan.action === 'create';
    if (this.interactive) this.say(renderPlan(planned));
    return confirm({
      interactive: this.interactive,
      yes: this.flags.yes || (creates && !this.interactive),
      question: creates ? `Create ${planned.name}?` : `Replace ${planned.name}?`,
      otherwise: `the room ${planned.name} runs something else (${changesOf(planned).join('; ')})`,
      hint: 'See the plan with --what-if, then add --yes to replace it.',
    });
  }
}

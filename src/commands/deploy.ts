import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { imageFlags, logFlag, trustProgramFlag, yesFlag } from '../lib/cli/flags.js';
import type { DeployResult } from '../lib/parties/deploy.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { PlannedDeployment } from '../lib/parties/prepare-deployment.js';
import { SECRET_HELP } from '../lib/parties/secret-input.js';

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
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({
      description: 'agreed policy; must be equal byte for byte',
      helpValue: 'FILE',
    }),
    ...imageFlags,
    name: Flags.string({ description: "name of the container group; default: the contract's" }),
    dns: Flags.string({ description: 'DNS name label', helpValue: 'LABEL' }),
    replicas: Flags.integer({
      description: 'number of rooms that share the documents; default: one that does all',
      min: 1,
      max: 100,
    }),
    'parameter-file': Flags.string({
      description: 'file with the value of a variable of the room (a SAS)',
      helpValue: 'VARIABLE=FILE',
      multiple: true,
    }),
    'registry-login': Flags.string({
      description: "file with USERNAME:PASSWORD of a registry; default: the room's identity",
      helpValue: 'SERVER=FILE',
      multiple: true,
    }),
    timeout: Flags.integer({ description: 'minutes to wait until the group runs', default: 30, min: 1 }),
    confidential: Flags.boolean({
      description: 'create a confidential group; --no-confidential: a plain one that reads a file share',
      default: true,
      allowNo: true,
    }),
    'file-share': Flags.string({
      description: 'with --no-confidential: Azure file share with the text',
      helpValue: 'ACCOUNT/SHARE',
    }),
    'storage-key': Flags.string({
      description: 'with --no-confidential: account key of the file share',
      helpValue: SECRET_HELP,
    }),
    'i-understand-no-confidentiality': Flags.boolean({
      description: 'with --no-confidential: go on although the contract hides data from the host',
    }),
    'what-if': Flags.boolean({ description: 'show the plan and change nothing' }),
    out: Flags.string({
      char: 'o',
      description: 'write an ARM template (Bicep for FILE.bicep) instead of deploying',
      helpValue: 'FILE',
      exclusive: ['what-if'],
    }),
    kubernetes: Flags.boolean({
      description:
        'pods on virtual nodes: with --out write an Indexed Job, and its secret beside it; with --apply create them',
      exclusive: ['bicep', 'dns', 'log'],
      relationships: [{ type: 'some', flags: ['out', 'apply'] }],
    }),
    apply: Flags.boolean({
      description: 'with --kubernetes: create the Job in the cluster that the profile names',
      dependsOn: ['kubernetes'],
      exclusive: ['out', 'what-if'],
    }),
    bicep: Flags.boolean({ description: 'with --out: write Bicep', dependsOn: ['out'] }),
    log: logFlag,
    'trust-program': trustProgramFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<DeployResult>> {
    const { runDeploy } = await import('../lib/parties/deploy.js');
    const { flags } = this;
    const shown = new Set<PlannedDeployment>();
    const request = {
      contractPath: flags.file,
      replies: this.operands,
      policyPath: flags.policy,
      imageFlags: flags.image,
      name: flags.name,
      dnsNameLabel: flags.dns,
      replicas: flags.replicas,
      parameterFiles: flags['parameter-file'],
      registryLogins: flags['registry-login'],
      timeoutMs: flags.timeout * 60_000,
      confidential: flags.confidential,
      fileShare: flags['file-share'],
      storageKey: flags['storage-key'],
      understood: flags['i-understand-no-confidentiality'],
      planOnly: flags['what-if'],
      template:
        flags.out === undefined || flags.kubernetes
          ? null
          : ({
              path: flags.out,
              form: flags.bicep || /\.bicep$/i.test(flags.out) ? 'bicep' : 'arm',
            } as const),
      pods: flags.kubernetes ? { path: flags.out ?? null } : null,
      log: flags.log,
      trusted: flags['trust-program'],
      agrees: async (planned: PlannedDeployment) => {
        const { confirm } = await import('../lib/terminal/confirm.js');
        const { changesOf, renderPlan } = await import('../lib/cli/render-deployment.js');
        const creates = planned.plan.action === 'create';
        if (this.interactive) {
          this.say(renderPlan(planned));
          shown.add(planned);
        }
        return confirm({
          interactive: this.interactive,
          // Creating a room is what the command is for: where nobody can be asked, it does it.
          yes: flags.yes || (creates && !this.interactive),
          question: creates ? `Create ${planned.name}?` : `Replace ${planned.name}?`,
          otherwise: `the room ${planned.name} runs something else (${changesOf(planned).join('; ')})`,
          hint: 'Look at it with --what-if, then add --yes to replace it.',
        });
      },
    };
    const outcome = await runDeploy(request, await this.useCaseContext());
    const { renderDeployOutcome } = await import('../lib/cli/render-deployment.js');
    return {
      result: outcome.result,
      text: renderDeployOutcome(outcome, shown.size > 0 ? 'plan shown' : 'plan not shown'),
    };
  }
}

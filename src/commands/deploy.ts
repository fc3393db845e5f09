import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { imageFlag, logFlag, yesFlag } from '../lib/cli/flags.js';
import type { DeployResult } from '../lib/parties/deploy.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { PlannedDeployment } from '../lib/parties/prepare-deployment.js';
import { SECRET_HELP } from '../lib/parties/secret-input.js';

export default class Deploy extends BaseCommand<typeof Deploy, DeployResult> {
  static override summary = 'Plan and make the confidential container group of a contract.';
  static override description = `Recomputes the CCE policy from contract and images and sends exactly that. Refuses where it is not the policy the parties hold, or not the one every readable release policy names.
The same inputs again change nothing; where something differs, it says what and asks.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> reply.cleanroom',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --what-if --json',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --no-confidential --file-share contosodata/notes --storage-key env:STORAGE_KEY',
  ];
  static override strict = false;
  static override args = {
    reply: Args.string({ description: "an owner's reply, reply.cleanroom; may be given more than once" }),
  };
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({
      description: 'policy that the parties hold: must be equal byte for byte',
      helpValue: 'FILE',
    }),
    image: imageFlag,
    name: Flags.string({ description: "name of the container group; else the contract's" }),
    dns: Flags.string({ description: 'DNS name label', helpValue: 'LABEL' }),
    replicas: Flags.integer({
      description: 'refused in this version: it comes back as shards',
      min: 1,
      max: 100,
    }),
    'parameter-file': Flags.string({
      description: 'file with the value of a room variable (a SAS)',
      helpValue: 'VARIABLE=FILE',
      multiple: true,
    }),
    'registry-login': Flags.string({
      description: "file with USERNAME:PASSWORD of a registry; Azure's take the room's identity if absent",
      helpValue: 'SERVER=FILE',
      multiple: true,
    }),
    timeout: Flags.integer({ description: 'minutes to wait until a group is up', default: 30, min: 1 }),
    confidential: Flags.boolean({
      description: 'a confidential group; --no-confidential: a plain one that reads a file share',
      default: true,
      allowNo: true,
    }),
    'file-share': Flags.string({
      description: 'with --no-confidential: Azure file share with the text',
      helpValue: 'ACCOUNT/SHARE',
    }),
    'storage-key': Flags.string({
      description: "with --no-confidential: where the account's key is read from",
      helpValue: SECRET_HELP,
    }),
    'i-understand-no-confidentiality': Flags.boolean({
      description: 'with --no-confidential: also where the contract keeps data from the host',
    }),
    'what-if': Flags.boolean({ description: 'plan only' }),
    out: Flags.string({
      char: 'o',
      description: 'write an ARM template (Bicep for FILE.bicep) instead of deploying',
      helpValue: 'FILE',
      exclusive: ['what-if'],
    }),
    bicep: Flags.boolean({ description: 'with --out: write Bicep', dependsOn: ['out'] }),
    log: logFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<DeployResult>> {
    const { runDeploy } = await import('../lib/parties/deploy.js');
    const { flags } = this;
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
        flags.out === undefined
          ? null
          : ({
              path: flags.out,
              form: flags.bicep || /\.bicep$/i.test(flags.out) ? 'bicep' : 'arm',
            } as const),
      log: flags.log,
      agrees: async (planned: PlannedDeployment) => {
        const { confirm } = await import('../lib/terminal/confirm.js');
        const { changesOf, renderPlan } = await import('../lib/cli/render-deployment.js');
        if (this.interactive) process.stderr.write(`${renderPlan(planned)}\n`);
        return confirm({
          interactive: this.interactive,
          yes: flags.yes,
          question: `Replace ${planned.name}?`,
          otherwise: `the room ${planned.name} runs something else (${changesOf(planned).join('; ')})`,
          hint: 'Look at it with --what-if, then add --yes to replace it.',
        });
      },
    };
    const outcome = await runDeploy(request, await this.useCaseContext());
    const { renderDeployOutcome } = await import('../lib/cli/render-deployment.js');
    return { result: outcome.result, text: renderDeployOutcome(outcome) };
  }
}

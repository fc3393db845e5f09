import { Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { imageFlag, logFlag, yesFlag } from '../lib/cli/flags.js';
import type { AppliedDeployment, DeployWatch, PlannedDeployment } from '../lib/cli/actions/deploy.js';
import type { PlainDeployInput } from '../lib/cli/actions/deploy-plain.js';
import type { Environment } from '../lib/cli/environment.js';
import { SECRET_HELP } from '../lib/cli/secret-input.js';
import type { CostFacts, DeployAction, GroupPlan } from '../lib/workflows/deploy-plan.js';
import type { KeyBinding } from '../lib/workflows/deploy-room.js';
import type { RoomState } from '../lib/workflows/ports.js';

interface DeployResult {
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

export default class Deploy extends BaseCommand<typeof Deploy, DeployResult> {
  static override summary = 'Plan and make the confidential container group of a contract.';
  static override description = `Recomputes the CCE policy from contract and images and sends exactly that. Refuses where it is not the policy the parties hold, or not the one every readable release policy names.
The same inputs again change nothing; where something differs, it says what and asks.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --what-if --json',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --replicas 4',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --no-confidential --file-share contosodata/notes --storage-key env:STORAGE_KEY',
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
    replicas: Flags.integer({
      description: 'how many rooms share the documents of the run',
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
      description: 'write an ARM template instead of deploying',
      helpValue: 'FILE',
      exclusive: ['what-if'],
    }),
    bicep: Flags.boolean({ description: 'with --out: write Bicep', dependsOn: ['out'] }),
    log: logFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<DeployResult>> {
    const { renderDeployment, renderPlan } = await import('../lib/cli/render-deployment.js');
    const planned = await this.plan();
    for (const { dataset, ...binding } of planned.bindings) {
      if (binding.kind === 'unread')
        this.warn(`not checked: the release policy of ${dataset} (${binding.reason})`);
    }
    if (this.flags.out !== undefined) return this.writeTemplate(planned, this.flags.out);
    if (this.flags['what-if']) return { result: this.describe(planned, null), text: renderPlan(planned) };
    if (!(await this.agreed(planned)))
      return { result: this.describe(planned, null), text: 'nothing was changed' };
    const applied = await planned.apply();
    if (this.flags.log !== undefined) await this.logDeployment(planned, this.flags.log);
    return { result: this.describe(planned, applied), text: renderDeployment(planned, applied) };
  }

  private async plan(): Promise<PlannedDeployment> {
    const { openEnvironment } = await import('../lib/cli/environment.js');
    const { prepareDeployment, readParameterFiles } = await import('../lib/cli/actions/deploy.js');
    const { flags } = this;
    const common = {
      contractPath: flags.file,
      name: flags.name,
      dnsNameLabel: flags.dns,
      registryLogins: flags['registry-login'],
      timeoutMs: flags.timeout * 60_000,
    };
    const environment = await openEnvironment(this.environmentSearch);
    const watch = { progress: await this.progress(), signal: this.signal };
    if (!flags.confidential) return this.planPlain(environment, common, watch);
    return prepareDeployment(
      environment,
      {
        ...common,
        policyPath: flags.policy,
        imageFlags: flags.image,
        replicas: flags.replicas,
        parameters: await readParameterFiles(flags['parameter-file']),
        cacheDirectory: this.config.cacheDir,
      },
      watch,
    );
  }

  private async planPlain(
    environment: Environment,
    common: Omit<PlainDeployInput, 'fileShare' | 'storageKey' | 'understood'>,
    watch: DeployWatch,
  ): Promise<PlannedDeployment> {
    const { preparePlainDeployment } = await import('../lib/cli/actions/deploy-plain.js');
    const { PLAIN_NOTICE } = await import('../lib/contract/plain-notice.js');
    this.warn(PLAIN_NOTICE);
    const plain = {
      fileShare: this.flags['file-share'],
      storageKey: this.flags['storage-key'],
      understood: this.flags['i-understand-no-confidentiality'],
    };
    return preparePlainDeployment(environment, { ...common, ...plain }, watch);
  }

  /** Replacing or removing a room is asked for first; making one, or changing nothing, is what the command is for. */
  private async agreed(planned: PlannedDeployment): Promise<boolean> {
    if (planned.plan.action !== 'replace') return true;
    const { confirm } = await import('../lib/cli/confirm.js');
    const { changesOf, renderPlan } = await import('../lib/cli/render-deployment.js');
    const changes = changesOf(planned).join('; ');
    (await this.progress()).done();
    if (this.interactive) process.stderr.write(`${renderPlan(planned)}\n`);
    return confirm({
      interactive: this.interactive,
      yes: this.flags.yes,
      question: `Replace ${planned.name}?`,
      otherwise: `the room ${planned.name} runs something else (${changes})`,
      hint: 'Look at it with --what-if, then add --yes to replace it.',
    });
  }

  private async logDeployment({ name, parsed, policyHash }: PlannedDeployment, log: string): Promise<void> {
    const { deploymentArtefacts, logArtefacts } = await import('../lib/cli/actions/log.js');
    const { openContractKey } = await import('../lib/cli/log-key.js');
    const key = await openContractKey(undefined, undefined, this.environmentSearch);
    const artefacts = deploymentArtefacts(name, parsed.digest, policyHash);
    await logArtefacts(log, artefacts, key.privateKey, this.environmentSearch);
  }

  private async writeTemplate(planned: PlannedDeployment, path: string): Promise<Outcome<DeployResult>> {
    const { writeDeploymentTemplate } = await import('../lib/cli/actions/deploy-template.js');
    await writeDeploymentTemplate(planned, path, this.flags.bicep ? 'bicep' : 'arm');
    return { result: this.describe(planned, null), text: `wrote ${path}` };
  }

  private describe(
    { plan, policyHash, bindings }: PlannedDeployment,
    applied: AppliedDeployment | null,
  ): DeployResult {
    const { action, groups, surplus, cost } = plan;
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
}

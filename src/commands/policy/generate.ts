import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { GeneratedPolicyResult } from '../../lib/parties/write-policy.js';
import { contractFlag, imageFlags, outFlag, yesFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';

/* A contract decides these itself; a flag that changed nothing would look as if it had. */
const NOT_OF_A_CONTRACT = { exclusive: ['file'] };

export default class PolicyGenerate extends BaseCommand<typeof PolicyGenerate, GeneratedPolicyResult> {
  static override summary =
    'Generate the CCE policy of a contract, an ARM template, a pod or confcom’s input.';
  static override description =
    'The same input gives the same bytes; for templates they equal those of az confcom acipolicygen. Every image is read from its archive, or pulled by digest from its registry; Docker is not needed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --image summarizer=summarizer.oci.tar --image skr=skr.oci.tar --out policy.rego',
    '<%= config.bin %> <%= command.id %> --pod job.yaml --image app=app.oci.tar --disable-stdio --inject',
    '<%= config.bin %> <%= command.id %> --template room.json --parameters room.parameters.json --image web=web.oci.tar --inject',
  ];
  static override flags = {
    file: contractFlag,
    ...imageFlags,
    out: outFlag,
    yes: yesFlag,
    template: Flags.string({ description: 'ARM template', helpValue: 'FILE' }),
    parameters: Flags.string({
      description: 'parameters of the template',
      helpValue: 'FILE',
      dependsOn: ['template'],
    }),
    pod: Flags.string({
      description: 'Kubernetes manifest of a pod on virtual nodes (Pod, Deployment, Job, …)',
      helpValue: 'FILE',
    }),
    input: Flags.string({ description: 'input file of az confcom acipolicygen', helpValue: 'FILE' }),
    group: Flags.string({
      description: 'container group of a template, or workload of a manifest, if there are several',
      helpValue: 'NAME',
    }),
    inject: Flags.boolean({
      description: 'write the policy into the template or the manifest',
    }),
    'policy-version': Flags.option({
      options: ['2.0', '1.x', '1.x-early', '2.1', '2.2', '2.2-prerelease', 'vn2', 'next'] as const,
      description: 'confcom version whose text is written; default: 2.0, for a manifest vn2',
    })(),
    pretty: Flags.boolean({ description: 'write one item a line; gives another text and hash' }),
    'debug-mode': Flags.boolean({
      description: 'allow shells, stacks and logs (templates and confcom input)',
      ...NOT_OF_A_CONTRACT,
    }),
    'disable-stdio': Flags.boolean({
      description: 'hide stdio from the host (a contract states this itself)',
      exclusive: ['file', 'enable-stdio'],
    }),
    'enable-stdio': Flags.boolean({
      description: 'let stdio reach the host without a warning',
      ...NOT_OF_A_CONTRACT,
    }),
    'omit-id': Flags.boolean({
      description: 'omit image references, so that the policy does not depend on the registry',
      ...NOT_OF_A_CONTRACT,
    }),
    'with-containers': Flags.string({
      description: 'JSON of container rules to add',
      helpValue: 'FILE',
      ...NOT_OF_A_CONTRACT,
    }),
    'include-fragments': Flags.boolean({
      description: 'accepted for compatibility with az confcom; --fragments-json is enough',
      dependsOn: ['fragments-json'],
    }),
    'infrastructure-svn': Flags.string({
      description: 'minimum SVN of the infrastructure fragment',
      helpValue: 'N',
      ...NOT_OF_A_CONTRACT,
    }),
    'exclude-default-fragments': Flags.boolean({
      description: 'omit the infrastructure fragment',
      ...NOT_OF_A_CONTRACT,
    }),
    'fragments-json': Flags.string({
      description: 'further fragments to import',
      helpValue: 'FILE',
      ...NOT_OF_A_CONTRACT,
    }),
    'allow-missing-command': Flags.boolean({
      description: 'write null for a container without command, as confcom does',
      ...NOT_OF_A_CONTRACT,
    }),
  };

  protected async execute(): Promise<Outcome<GeneratedPolicyResult>> {
    const { runPolicyGenerate } = await import('../../lib/parties/write-policy.js');
    const { flags } = this;
    if (flags.file === undefined && !flags['disable-stdio'] && !flags['enable-stdio']) {
      this.warn(
        'stdio of every container reaches the host: add --disable-stdio, or --enable-stdio if this is intended',
      );
    }
    const request = {
      contract: flags.file,
      template: flags.template,
      parameters: flags.parameters,
      confcomInput: flags.input,
      pod: flags.pod,
      group: flags.group,
      images: flags.image ?? [],
      fragmentsFile: flags['fragments-json'],
      containersFile: flags['with-containers'],
      unresolved: flags.yes ? 'any-value' : 'refuse',
      layout: flags.pretty ? 'pretty' : 'compact',
      options: {
        profile: flags['policy-version'] ?? (flags.pod === undefined ? '2.0' : 'vn2'),
        stdio: !flags['disable-stdio'],
        debug: flags['debug-mode'],
        infrastructureSvn: flags['infrastructure-svn'] ?? null,
        excludeDefaultFragments: flags['exclude-default-fragments'],
        omitIds: flags['omit-id'],
        missingCommand: flags['allow-missing-command'] ? 'as-confcom' : 'refuse',
      },
      inject: flags.inject,
      out: flags.out === '-' ? undefined : flags.out,
    } as const;
    const { result, written, text } = await runPolicyGenerate(request, await this.useCaseContext());
    if (written) return { result, text: result.policyHash };
    // Not as the outcome's text: a line break more would be another policy.
    if (!this.jsonEnabled()) process.stdout.write(text);
    return { result };
  }
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { GeneratedPolicyResult } from '../../lib/parties/write-policy.js';
import { contractFlag, imageFlag, outFlag, yesFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';

/* A contract decides these itself; a flag that changed nothing would look as if it had. */
const NOT_OF_A_CONTRACT = { exclusive: ['file'] };

export default class PolicyGenerate extends BaseCommand<typeof PolicyGenerate, GeneratedPolicyResult> {
  static override summary =
    'Compute the CCE policy of a contract, an ARM template or confcom’s input, without Docker.';
  static override description =
    'The same input gives the same bytes, for templates those of az confcom acipolicygen. Nothing about an image is taken on trust: every image is read from its archive.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --image summarizer=summarizer.oci.tar --image skr=skr.oci.tar --out policy.rego',
    '<%= config.bin %> <%= command.id %> --template room.json --parameters room.parameters.json --image web=web.oci.tar --inject',
  ];
  static override flags = {
    file: contractFlag,
    image: imageFlag,
    out: outFlag,
    yes: yesFlag,
    template: Flags.string({ description: 'ARM template', helpValue: 'FILE' }),
    parameters: Flags.string({
      description: 'parameters of the template',
      helpValue: 'FILE',
      dependsOn: ['template'],
    }),
    input: Flags.string({ description: 'input file of az confcom acipolicygen', helpValue: 'FILE' }),
    group: Flags.string({ description: 'container group of a template with several', helpValue: 'NAME' }),
    inject: Flags.boolean({ description: 'write the policy into the template', dependsOn: ['template'] }),
    'policy-version': Flags.option({
      options: ['2.0', '1.x', '1.x-early', '2.1', '2.2', '2.2-prerelease', 'vn2', 'next'] as const,
      default: '2.0' as const,
      description: 'confcom version whose text is written',
    })(),
    pretty: Flags.boolean({ description: 'write the containers over several lines: another text and hash' }),
    'debug-mode': Flags.boolean({
      description: 'allow shells, stacks and logs (templates and confcom input)',
      ...NOT_OF_A_CONTRACT,
    }),
    'disable-stdio': Flags.boolean({
      description: 'keep stdio from the host (templates and confcom input)',
      ...NOT_OF_A_CONTRACT,
    }),
    'infrastructure-svn': Flags.string({
      description: 'least SVN of the infrastructure fragment',
      helpValue: 'N',
      ...NOT_OF_A_CONTRACT,
    }),
    'exclude-default-fragments': Flags.boolean({
      description: 'leave the infrastructure fragment out',
      ...NOT_OF_A_CONTRACT,
    }),
    'fragments-json': Flags.string({
      description: 'fragments to import besides',
      helpValue: 'FILE',
      ...NOT_OF_A_CONTRACT,
    }),
    'allow-missing-command': Flags.boolean({
      description: 'write null, as confcom does, where a container has no command',
      ...NOT_OF_A_CONTRACT,
    }),
  };

  protected async execute(): Promise<Outcome<GeneratedPolicyResult>> {
    const { runPolicyGenerate } = await import('../../lib/parties/write-policy.js');
    const { flags } = this;
    const request = {
      contract: flags.file,
      template: flags.template,
      parameters: flags.parameters,
      confcomInput: flags.input,
      group: flags.group,
      images: flags.image ?? [],
      fragmentsFile: flags['fragments-json'],
      unresolved: flags.yes ? 'any-value' : 'refuse',
      layout: flags.pretty ? 'pretty' : 'compact',
      options: {
        profile: flags['policy-version'],
        stdio: !flags['disable-stdio'],
        debug: flags['debug-mode'],
        infrastructureSvn: flags['infrastructure-svn'] ?? null,
        excludeDefaultFragments: flags['exclude-default-fragments'],
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

import { Flags } from '@oclif/core';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { contractFlag, imageFlag, outFlag, yesFlag } from '../../lib/cli/flags.js';

interface GenerateResult {
  /** SHA-256 of the text: HOST_DATA of a room under it. */
  readonly policyHash: string;
  /** In the order of the policy, the pause container included. */
  readonly containers: readonly {
    readonly name: string;
    readonly image: string | null;
    readonly layers: readonly string[];
  }[];
  /** The policy in base64, the value of ccePolicy. */
  readonly ccePolicy: string;
}

/* A contract decides these itself; a flag that changed nothing would look as if it had. */
const NOT_OF_A_CONTRACT = { exclusive: ['file'] };

export default class PolicyGenerate extends BaseCommand<typeof PolicyGenerate, GenerateResult> {
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
      options: ['2.0', '1.x', '1.x-early', 'next'] as const,
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

  protected async execute(): Promise<Outcome<GenerateResult>> {
    const { generatePolicy, injectIntoTemplate } = await import('../../lib/cli/policy-generation.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { flags } = this;
    const generation = await generatePolicy(
      {
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
      },
      {
        search: this.environmentSearch,
        cacheDirectory: this.config.cacheDir,
        progress: await this.progress(),
        signal: this.signal,
      },
    );
    const { text, hash, base64 } = generation.policy;
    if (flags.inject) await injectIntoTemplate(flags.template, generation);
    const out = flags.out === '-' ? undefined : flags.out;
    if (out !== undefined) {
      const { writeFileAtomic } = await import('../../lib/files/atomic-write.js');
      await writeFileAtomic(out, text);
    }
    const model = parsePolicy(text);
    const containers = (model.form === 'known' ? model.containers : []).map(({ name, id, layers }) => ({
      name: name ?? id ?? '',
      image: id ?? null,
      layers,
    }));
    const result = { policyHash: hash, containers, ccePolicy: base64 };
    if (flags.inject || out !== undefined) return { result, text: hash };
    // Not through the log: a line break more would be another policy.
    if (!this.jsonEnabled()) process.stdout.write(text);
    return { result };
  }
}

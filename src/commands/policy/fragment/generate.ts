import { BaseCommand, type Outcome } from '../../../lib/cli/base-command.js';
import { imageFlags, outFlag, yesFlag } from '../../../lib/cli/flags.js';
import { Flags } from '../../../lib/cli/oclif.js';

interface FragmentResult {
  /** SHA-256 of the text. */
  readonly sha256: string;
  readonly containers: readonly string[];
}

export default class PolicyFragmentGenerate extends BaseCommand<
  typeof PolicyFragmentGenerate,
  FragmentResult
> {
  static override summary = 'Write a policy fragment.';
  static override description =
    'A policy that imports a fragment stays the same while the images of the fragment change, and so does the release policy of a key. The price: the signer under that issuer and feed decides what runs. policy show --lint reports it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --namespace web --svn 1 --image contoso.azurecr.io/web@sha256:…=web.oci.tar --out web.rego',
    '<%= config.bin %> <%= command.id %> --namespace web --svn 2 --pod job.yaml --image app=app.oci.tar --out web.rego',
  ];
  static override flags = {
    namespace: Flags.string({ description: 'Rego package', helpValue: 'NAME', required: true }),
    svn: Flags.integer({
      description: 'SVN of the fragment; imports state a minimum',
      helpValue: 'N',
      required: true,
      min: 0,
    }),
    ...imageFlags,
    out: outFlag,
    yes: yesFlag,
    template: Flags.string({ description: 'ARM template', helpValue: 'FILE' }),
    parameters: Flags.string({
      description: 'parameters of the template',
      helpValue: 'FILE',
      dependsOn: ['template'],
    }),
    pod: Flags.string({ description: 'Kubernetes manifest', helpValue: 'FILE' }),
    input: Flags.string({ description: 'input file of az confcom', helpValue: 'FILE' }),
    group: Flags.string({
      description: 'container group or workload, if there are several',
      helpValue: 'NAME',
    }),
    'with-containers': Flags.string({ description: 'JSON of container rules, to add', helpValue: 'FILE' }),
    'fragments-json': Flags.string({ description: 'fragments that it imports', helpValue: 'FILE' }),
    'policy-version': Flags.option({
      options: ['2.0', '2.1', '2.2', '2.2-prerelease'] as const,
      default: '2.2' as const,
      description: 'confcom version whose text is written',
    })(),
    'enable-stdio': Flags.boolean({ description: 'let stdio reach the host' }),
    'omit-id': Flags.boolean({ description: 'leave image references out' }),
  };

  protected async execute(): Promise<Outcome<FragmentResult>> {
    const { generateFragment } = await import('../../../lib/parties/policy-fragment.js');
    const { sha256Hex } = await import('../../../lib/base/bytes/digest.js');
    const { writeFileAtomic } = await import('../../../lib/base/files/atomic-write.js');
    const { flags } = this;
    const request = {
      contract: undefined,
      template: flags.template,
      parameters: flags.parameters,
      confcomInput: flags.input,
      pod: flags.pod,
      group: flags.group,
      images: flags.image ?? [],
      fragmentsFile: flags['fragments-json'],
      containersFile: flags['with-containers'],
      unresolved: flags.yes ? 'any-value' : 'refuse',
      layout: 'compact',
      options: {
        profile: flags['policy-version'],
        stdio: flags['enable-stdio'],
        debug: false,
        infrastructureSvn: null,
        excludeDefaultFragments: true,
        omitIds: flags['omit-id'],
        missingCommand: 'refuse',
      },
    } as const;
    const { text, containers } = await generateFragment(request, flags, await this.useCaseContext());
    const out = flags.out === '-' ? undefined : flags.out;
    const sha256 = sha256Hex(text);
    if (out !== undefined) {
      await writeFileAtomic(out, text);
      return { result: { sha256, containers }, text: sha256 };
    }
    if (!this.jsonEnabled()) process.stdout.write(text);
    return { result: { sha256, containers } };
  }
}

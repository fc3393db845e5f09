import type { ContainerRule, FragmentImport } from '../../lib/cce-policy/policy-document.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface ShowResult {
  readonly policyHash: string;
  /** unknown: the text is not wholly understood, and the rest is missing. */
  readonly form: 'known' | 'unknown';
  readonly problem?: string;
  readonly apiVersion?: string | null;
  readonly frameworkVersion?: string | null;
  readonly containers?: readonly ContainerRule[];
  readonly fragments?: readonly FragmentImport[];
  readonly flags?: Readonly<Record<string, boolean>>;
  /** What each enforcement point answers: framework, or always allowed or denied. */
  readonly points?: Readonly<Record<string, string>>;
}

export default class PolicyShow extends BaseCommand<typeof PolicyShow, ShowResult> {
  static override summary = 'Show the content of a CCE policy.';
  static override description =
    'Human text, or with --json the whole content as data. --rego prints the exact text.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> policy.rego',
    '<%= config.bin %> <%= command.id %> template.json --rego > policy.rego',
  ];
  static override args = { file: Args.string({ description: 'policy, base64 or template; - for stdin' }) };
  static override flags = {
    group: Flags.string({ description: 'container group of a template with several', helpValue: 'NAME' }),
    rego: Flags.boolean({ description: 'print the text that is hashed, and nothing else' }),
    room: Flags.string({ description: 'take the policy of a running room', helpValue: 'NAME' }),
  };

  protected async execute(): Promise<Outcome<ShowResult>> {
    const { readPolicySource } = await import('../../lib/cli/policy-source.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { describeModel, renderModel } = await import('../../lib/cli/render-policy.js');
    const { group, room } = this.flags;
    const policy = await readPolicySource({ file: this.args.file, room, group }, this.environmentSearch);
    if (this.flags.rego && !this.jsonEnabled()) process.stdout.write(policy.text);
    const model = parsePolicy(policy.text);
    return {
      result: describeModel(model),
      ...(this.flags.rego ? {} : { text: renderModel(model) }),
    };
  }
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { ModelDescription } from '../../lib/cli/render-policy.js';

export default class PolicyShow extends BaseCommand<typeof PolicyShow, ModelDescription> {
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

  protected async execute(): Promise<Outcome<ModelDescription>> {
    const { readPolicySource } = await import('../../lib/parties/policy-source.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { describeModel, renderModel } = await import('../../lib/cli/render-policy.js');
    const { group, room } = this.flags;
    const policy = await readPolicySource({ file: this.args.file, room, group }, this.desk);
    if (this.flags.rego && !this.jsonEnabled()) process.stdout.write(policy.text);
    const model = parsePolicy(policy.text);
    return {
      result: describeModel(model),
      ...(this.flags.rego ? {} : { text: renderModel(model) }),
    };
  }
}

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface HashResult {
  /** SHA-256 of the policy's text: HOST_DATA of a group under it. */
  readonly policyHash: string;
  /** Form of the input. */
  readonly form: 'rego' | 'base64' | 'template';
}

export default class PolicyHash extends BaseCommand<typeof PolicyHash, HashResult> {
  static override hidden = true;
  static override summary = 'Print the hash of a CCE policy, which a room has as HOST_DATA.';
  static override description =
    'Reads Rego text, its base64 (the value of ccePolicy), an ARM template or a running room. The bytes are hashed as they are.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> policy.rego',
    '<%= config.bin %> <%= command.id %> template.json --group room --json',
  ];
  static override args = { file: Args.string({ description: 'policy, base64 or template; - for stdin' }) };
  static override flags = {
    group: Flags.string({ description: 'container group, if the template has several', helpValue: 'NAME' }),
    room: Flags.string({ description: 'use the policy of a running room', helpValue: 'NAME' }),
  };

  protected async execute(): Promise<Outcome<HashResult>> {
    const { lineBreakWarning, readPolicySource } = await import('../../lib/parties/policy-source.js');
    const { group, room } = this.flags;
    const policy = await readPolicySource({ file: this.args.file, room, group }, this.desk);
    const warning = lineBreakWarning(policy);
    if (warning !== null) this.warn(warning);
    return { result: { policyHash: policy.hash, form: policy.form }, text: policy.hash };
  }
}

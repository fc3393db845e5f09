import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';

interface ExplainResult {
  readonly policyHash: string;
  /** Plain sentences in sections. */
  readonly explanation: string;
}

export default class PolicyExplain extends BaseCommand<typeof PolicyExplain, ExplainResult> {
  static override hidden = true;
  static override summary = 'Explain a CCE policy in plain words.';
  static override description =
    'For readers who do not program: what may run, what it receives, and what can leave. The sentences come from the model that the local room host enforces.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> policy.rego',
    '<%= config.bin %> <%= command.id %> --room quarterly-notes',
  ];
  static override args = { file: Args.string({ description: 'policy, base64 or template; - for stdin' }) };
  static override flags = {
    group: Flags.string({ description: 'container group, if the template has several', helpValue: 'NAME' }),
    room: Flags.string({ description: 'use the policy of a running room', helpValue: 'NAME' }),
  };

  protected async execute(): Promise<Outcome<ExplainResult>> {
    const { readPolicySource } = await import('../../lib/parties/policy-source.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { explainPolicy } = await import('../../lib/cce-policy/explain/explain-policy.js');
    const { escapeTerminal } = await import('../../lib/terminal/escape-terminal.js');
    const { group, room } = this.flags;
    const policy = await readPolicySource({ file: this.args.file, room, group }, this.desk);
    const explanation = explainPolicy(parsePolicy(policy.text));
    return { result: { policyHash: policy.hash, explanation }, text: escapeTerminal(explanation) };
  }
}

import type { PolicyDifference } from '../../lib/cce-policy/compare/difference.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { EXIT } from '../../lib/base/error-codes.js';

interface DiffResult {
  readonly before: string;
  readonly after: string;
  readonly differences: readonly PolicyDifference[];
}

export default class PolicyDiff extends BaseCommand<typeof PolicyDiff, DiffResult> {
  static override summary = 'Compare what two CCE policies allow.';
  static override description =
    'Compares containers, layers, variables, mounts, fragments and switches. Each difference shows whether the second policy allows more or less.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> agreed.rego deployed.rego',
    '<%= config.bin %> <%= command.id %> policy.rego template.json --exit-code --json',
  ];
  static override args = {
    before: Args.string({ description: 'policy, base64 or template', required: true }),
    after: Args.string({ description: 'policy, base64 or template; - for stdin', required: true }),
  };
  static override flags = {
    'exit-code': Flags.boolean({ description: 'exit 4 if they differ' }),
    group: Flags.string({ description: 'container group, if the template has several', helpValue: 'NAME' }),
  };

  protected async execute(): Promise<Outcome<DiffResult>> {
    const { readPolicySource } = await import('../../lib/parties/policy-source.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { diffPolicies } = await import('../../lib/cce-policy/compare/diff-policies.js');
    const { renderDifferences } = await import('../../lib/cli/render-policy.js');
    const { group } = this.flags;
    const search = this.desk;
    const before = await readPolicySource({ file: this.args.before, room: undefined, group }, search);
    const after = await readPolicySource({ file: this.args.after, room: undefined, group }, search);
    const differences = diffPolicies(parsePolicy(before.text), parsePolicy(after.text));
    return {
      result: { before: before.hash, after: after.hash, differences },
      text: renderDifferences(differences),
      exitCode: this.flags['exit-code'] && differences.length > 0 ? EXIT.unsafe : EXIT.ok,
    };
  }
}

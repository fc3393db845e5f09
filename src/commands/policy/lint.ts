import type { JudgedFinding } from '../../lib/cce-policy/lint/acceptance.js';
import type { Severity } from '../../lib/base/verdict/finding.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { EXIT } from '../../lib/base/error-codes.js';

interface LintResult {
  readonly policyHash: string;
  /** Gravest first; `accepted` holds the reason where --accepted names the finding. */
  readonly findings: readonly JudgedFinding[];
  /** Whether a finding that is not accepted is at least as grave as --fail-on. */
  readonly unsafe: boolean;
}

export default class PolicyLint extends BaseCommand<typeof PolicyLint, LintResult> {
  static override hidden = true;
  static override summary = 'Find what a CCE policy allows that a clean room must not allow.';
  static override description =
    'Every finding has an id, an example of what a host may do, and a remedy. Exit 4: a finding is as severe as --fail-on. Text in an unknown form is unsafe.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> policy.rego',
    '<%= config.bin %> <%= command.id %> template.json --fail-on warning --json',
  ];
  static override args = { file: Args.string({ description: 'policy, base64 or template; - for stdin' }) };
  static override flags = {
    'fail-on': Flags.option({
      options: ['note', 'warning', 'error'] as const,
      default: 'error' as const,
      description: 'lowest severity that makes the policy unsafe',
    })(),
    accepted: Flags.string({
      description: 'JSON of reviewed findings: {"accepted": [{"id", "digest", "reason"}]}',
      helpValue: 'FILE',
    }),
    group: Flags.string({ description: 'container group, if the template has several', helpValue: 'NAME' }),
    room: Flags.string({ description: 'use the policy of a running room', helpValue: 'NAME' }),
  };

  protected async execute(): Promise<Outcome<LintResult>> {
    const { readPolicySource } = await import('../../lib/parties/policy-source.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { isAtLeast } = await import('../../lib/base/verdict/finding.js');
    const { lintReviewed } = await import('../../lib/cli/lint-reviewed.js');
    const { renderFindings } = await import('../../lib/cli/render-policy.js');
    const { group, room, accepted } = this.flags;
    const policy = await readPolicySource({ file: this.args.file, room, group }, this.desk);
    const { findings, warnings } = await lintReviewed(parsePolicy(policy.text), accepted);
    for (const warning of warnings) this.warn(warning);
    const floor: Severity = this.flags['fail-on'];
    const unsafe = findings.some(
      (finding) => finding.accepted === null && isAtLeast(finding.severity, floor),
    );
    return {
      result: { policyHash: policy.hash, findings, unsafe },
      text: renderFindings(findings, unsafe),
      exitCode: unsafe ? EXIT.unsafe : EXIT.ok,
    };
  }
}

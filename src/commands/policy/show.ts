import type { JudgedFinding } from '../../lib/cce-policy/lint/acceptance.js';
import type { RecognisedProfile } from '../../lib/cce-policy/read/recognise-profile.js';
import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { EXIT } from '../../lib/base/error-codes.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { ModelDescription } from '../../lib/cli/render-policy.js';

interface ShowResult extends ModelDescription {
  /** With --text-profile: every form of confcom's text that gives exactly these bytes. */
  readonly textProfiles?: readonly RecognisedProfile[];
  /** With --explain: plain sentences in sections. */
  readonly explanation?: string;
  /** With --lint: gravest first; `accepted` holds the reason where --accepted names the finding. */
  readonly findings?: readonly JudgedFinding[];
  /** With --lint: whether a finding that is not accepted is at least as grave as --fail-on. */
  readonly unsafe?: boolean;
}

const VIEWS = ['rego', 'hash', 'explain', 'lint', 'text-profile'] as const;

function view(name: (typeof VIEWS)[number], description: string): ReturnType<typeof Flags.boolean> {
  return Flags.boolean({ description, exclusive: VIEWS.filter((other) => other !== name) });
}

export default class PolicyShow extends BaseCommand<typeof PolicyShow, ShowResult> {
  static override summary = 'Show a CCE policy, what it means, or what is unsafe in it.';
  static override description =
    'Prints text, or with --json the whole content as data. --rego prints the exact text. --lint ends with exit 4 if a finding is as severe as --fail-on and not in --accepted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> policy.rego',
    '<%= config.bin %> <%= command.id %> template.json --rego > policy.rego',
    '<%= config.bin %> <%= command.id %> policy.rego --lint --accepted accepted.json',
  ];
  static override args = { file: Args.string({ description: 'policy, base64 or template; - for stdin' }) };
  static override flags = {
    group: Flags.string({ description: 'container group, if the template has several', helpValue: 'NAME' }),
    rego: view('rego', 'print only the text that is hashed'),
    hash: view('hash', 'print the hash, which a room has as HOST_DATA'),
    explain: view('explain', 'explain in plain words what may run, what it receives and what can leave'),
    lint: view('lint', 'find what it allows that a clean room must not allow'),
    'text-profile': view('text-profile', 'show which version of confcom writes this text'),
    accepted: Flags.string({
      description: 'JSON of reviewed findings: {"accepted": [{"id", "digest", "reason"}]}',
      helpValue: 'FILE',
      dependsOn: ['lint'],
    }),
    'fail-on': Flags.option({
      options: ['note', 'warning', 'error'] as const,
      description: 'lowest severity that makes the policy unsafe; default: error',
      dependsOn: ['lint'],
    })(),
    room: Flags.string({ description: 'use the policy of a running room', helpValue: 'NAME' }),
  };

  protected async execute(): Promise<Outcome<ShowResult>> {
    const { readPolicySource } = await import('../../lib/parties/policy-source.js');
    const { parsePolicy } = await import('../../lib/cce-policy/read/policy-model.js');
    const { describeModel, renderModel } = await import('../../lib/cli/render-policy.js');
    const { flags } = this;
    const source = { file: this.args.file, room: flags.room, group: flags.group };
    const policy = await readPolicySource(source, this.desk);
    const model = parsePolicy(policy.text);
    const result = describeModel(model);
    if (flags.rego) {
      if (!this.jsonEnabled()) process.stdout.write(policy.text);
      return { result };
    }
    if (flags.hash) return { result, text: policy.hash };
    if (flags.explain) {
      const { explainPolicy } = await import('../../lib/cce-policy/explain/explain-policy.js');
      const { escapeTerminal } = await import('../../lib/terminal/escape-terminal.js');
      const explanation = explainPolicy(model);
      return { result: { ...result, explanation }, text: escapeTerminal(explanation) };
    }
    if (flags['text-profile']) {
      const { recogniseProfile } = await import('../../lib/cce-policy/read/recognise-profile.js');
      const { renderProfiles } = await import('../../lib/cli/render-profiles.js');
      const textProfiles = recogniseProfile(model);
      return { result: { ...result, textProfiles }, text: renderProfiles(textProfiles) };
    }
    if (flags.lint) {
      const { lintReviewed } = await import('../../lib/cli/lint-reviewed.js');
      const { renderFindings } = await import('../../lib/cli/render-policy.js');
      const { findings, warnings } = await lintReviewed(model, flags.accepted);
      for (const warning of warnings) this.warn(warning);
      const { isAtLeast } = await import('../../lib/base/verdict/finding.js');
      const floor = flags['fail-on'] ?? 'error';
      const unsafe = findings.some(
        ({ severity, accepted }) => accepted === null && isAtLeast(severity, floor),
      );
      return {
        result: { ...result, findings, unsafe },
        text: renderFindings(findings, unsafe),
        exitCode: unsafe ? EXIT.unsafe : EXIT.ok,
      };
    }
    return { result, text: renderModel(model) };
  }
}

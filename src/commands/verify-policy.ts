import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { imageFlags, requiredContractFlag, trustProgramFlag } from '../lib/cli/flags.js';
import { Flags } from '../lib/cli/oclif.js';
import type { PolicyVerification } from '../lib/parties/verify-policy.js';

export default class VerifyPolicy extends BaseCommand<typeof VerifyPolicy, PolicyVerification> {
  static override summary =
    'Recompute the policy of a contract and check that policy file, keys and room match it.';
  static override description =
    'States what can be proven before anything runs. PROGRAM and CONTRACT are demanded, and for a data owner the KEYS of its own datasets; add --require for more. Works offline with the files given. Exit 4: lint errors, or a policy file that differs. Exit 5: a statement is refuted or unproven.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --image summarizer=summarizer.oci.tar --image skr=skr.oci.tar --policy policy.rego',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego --release-policy notes=release-policy.json --json',
  ];
  static override flags = {
    file: requiredContractFlag,
    'host-data': Flags.string({
      description: 'HOST_DATA of a report that verify accepted',
      helpValue: 'HEX',
    }),
    ...imageFlags,
    key: Flags.string({
      description: 'URL of a key whose release policy is read',
      helpValue: 'URL',
      multiple: true,
    }),
    policy: Flags.string({
      description: 'policy file to compare: Rego, base64 or ARM template',
      helpValue: 'FILE',
    }),
    'release-policy': Flags.string({
      description: 'release policy of a dataset’s key (JSON)',
      helpValue: 'DATASET=FILE',
      multiple: true,
    }),
    require: Flags.string({
      description:
        'further statements (POLICY, CONSENT, KEYS, …) or checks that must be proven, separated by commas',
      helpValue: 'ID,…',
      multiple: true,
    }),
    room: Flags.string({
      description: 'running room to compare, with its report; a URL for another party’s room',
      helpValue: 'NAME|URL',
    }),
    'trust-program': trustProgramFlag,
    verbose: Flags.boolean({ description: 'list every check' }),
  };

  protected async execute(): Promise<Outcome<PolicyVerification>> {
    const { renderJudgement } = await import('../lib/cli/render-verdict.js');
    const { PLAIN_NOTICE } = await import('../lib/contract/plain-notice.js');
    const { verifyPolicy } = await import('../lib/parties/verify-policy.js');
    const { flags } = this;
    const result = await verifyPolicy({
      contractPath: flags.file,
      environment: await this.desk.openIfThere(),
      images: flags.image,
      policyFile: flags.policy,
      releasePolicies: flags['release-policy'] ?? [],
      keyUrls: flags.key ?? [],
      room: flags.room,
      hostData: flags['host-data'],
      require: flags.require ?? [],
      trusted: flags['trust-program'] ?? [],
      ...(await this.useCaseContext()),
    });
    if (result.plain) this.warn(PLAIN_NOTICE);
    const detail = flags.verbose ? 'every check' : 'statements';
    const text = `${renderJudgement(result, detail)}\npolicy ${result.policyHash}`;
    return {
      result,
      text: result.plain ? `${PLAIN_NOTICE}\n${text}` : text,
      exitCode: result.exitCode,
    };
  }
}

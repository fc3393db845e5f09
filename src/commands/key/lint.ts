// Every way to a key's plaintext that does not go through attestation.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { datasetFlag } from '../../lib/cli/flags.js';
import { Flags } from '../../lib/cli/oclif.js';
import { EXIT } from '../../lib/base/error-codes.js';
import type { Finding } from '../../lib/base/verdict/finding.js';

interface KeyLintResult {
  readonly findings: readonly Finding[];
  /** Hash of the CCE policy that the key's release policy was compared with; null where none was given. */
  readonly policyHash: string | null;
  readonly unsafe: boolean;
}

export default class KeyLint extends BaseCommand<typeof KeyLint, KeyLintResult> {
  static override summary = "List every way to a dataset's plaintext that needs no attestation.";
  static override description =
    'Checks key attributes, operations, release policy and roles, in the live vault or in an exported file, and names what to remove. Exit 4: there is such a way.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --exposure exposure.json --json',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    dataset: datasetFlag,
    exposure: Flags.string({
      description: 'exported key, roles and SAS (JSON) instead of live ones',
      helpValue: 'FILE',
      exclusive: ['dataset'],
    }),
    policy: Flags.string({
      description:
        'CCE policy that the key must be bound to; default: policy.rego beside the contract, if it exists',
      helpValue: 'FILE',
    }),
    owner: Flags.string({
      description: "principal of the key's owner besides the present login; may be given more than once",
      helpValue: 'PRINCIPAL-ID',
      multiple: true,
      default: [],
    }),
    sas: Flags.string({
      description: 'shared access signature that others have; may be given more than once',
      helpValue: 'FILE|env:NAME|fd:N',
      multiple: true,
      default: [],
    }),
  };

  protected async execute(): Promise<Outcome<KeyLintResult>> {
    const { lintExportedKey, lintLiveKey } = await import('../../lib/parties/lint-key.js');
    const { renderPaths } = await import('../../lib/cli/render-key.js');
    const { isUnsafe } = await import('../../lib/base/verdict/finding.js');
    const { file, dataset, exposure, owner, policy, sas } = this.flags;
    const { findings, policyHash } =
      exposure !== undefined
        ? await lintExportedKey({ exposurePath: exposure, policyPath: policy })
        : await lintLiveKey(this.desk, {
            contractPath: file,
            policyPath: policy,
            dataset,
            owners: owner,
            sas,
          });
    const unsafe = isUnsafe(findings);
    return {
      result: { findings, policyHash, unsafe },
      text: renderPaths(findings),
      exitCode: unsafe ? EXIT.unsafe : EXIT.ok,
    };
  }
}

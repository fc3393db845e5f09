import { existsSync } from 'node:fs';

import type { WhyRequest } from '../lib/parties/why.js';
import type { DryRelease, DryRun } from '../lib/parties/why-dry-run.js';
import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { contractFlag } from '../lib/cli/flags.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { Diagnosis } from '../lib/parties/diagnosis/diagnosis.js';
import { EXIT } from '../lib/base/error-codes.js';
import { CleanroomError } from '../lib/base/errors.js';

/* Azure's container group names: lower case, so that no error code is one. */
const ROOM_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

type WhyResult = { readonly diagnoses: readonly Diagnosis[] } | DryRun;

export default class Why extends BaseCommand<typeof Why, WhyResult> {
  static override summary = 'Explain a failure and show how to fix it.';
  static override description = `Without an argument it explains why this directory's room gave no result. A data owner reads the cause that was sealed to it: each limit beside the measured value.
With an argument it explains an error of Azure (nested JSON, container group events, a complete or truncated policy decision), of the HSM or of the attestation service, a token, a key release, an error of cleanroom, or an error code.
With contract, policy and release policy it compares claim by claim. Nothing is verified, and no token is printed.
With --dry-run it shows for every dataset's key whether it would be released to the room, and which clause would fail.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> quarterly-notes',
    '<%= config.bin %> <%= command.id %> KEY_RELEASE_DENIED',
    'az container show -g rooms -n quarterly-notes | <%= config.bin %> <%= command.id %> - --policy policy.rego',
    '<%= config.bin %> <%= command.id %> --dry-run -f contract.yaml --policy policy.rego',
  ];
  static override args = {
    failure: Args.string({
      description: "room, file, - for stdin, or an error code; default: this directory's room",
      required: false,
    }),
  };
  static override flags = {
    file: contractFlag,
    policy: Flags.string({ description: 'CCE policy that should run', helpValue: 'FILE' }),
    'release-policy': Flags.string({
      description: "release policy of a dataset's key (JSON)",
      helpValue: 'FILE',
    }),
    'dry-run': Flags.boolean({ description: 'try the release of every key before a deployment' }),
  };

  protected async execute(): Promise<Outcome<WhyResult>> {
    const { file, policy, 'release-policy': releasePolicy } = this.flags;
    const references = { policy, releasePolicy, now: new Date() };
    if (this.flags['dry-run']) return this.dryRun(file ?? 'contract.yaml', references);
    const { renderDiagnoses } = await import('../lib/cli/render-diagnosis.js');
    const diagnoses =
      this.args.failure === undefined
        ? await this.ofRoom(file ?? 'contract.yaml')
        : await this.ofFailure(this.args.failure, { contract: file, ...references });
    return { result: { diagnoses }, text: renderDiagnoses(diagnoses) };
  }

  private async ofRoom(contractPath: string): Promise<readonly Diagnosis[]> {
    const { explainRoom } = await import('../lib/parties/why-room.js');
    if (!existsSync(contractPath))
      throw new CleanroomError(
        'USAGE',
        `there is nothing to explain: no failure is given, and no ${contractPath} is here`,
        {
          hint: 'Run it in the directory of a contract, or give a room, a file, - for stdin, or a code: cleanroom why KEY_RELEASE_DENIED',
        },
      );
    return explainRoom(await this.desk.open(), { contractPath });
  }

  private async ofFailure(
    input: string,
    references: Omit<WhyRequest, 'input'>,
  ): Promise<readonly Diagnosis[]> {
    const { explainFailure, readReferences } = await import('../lib/parties/why.js');
    if (!ROOM_NAME.test(input) || existsSync(input)) return explainFailure({ input, ...references });
    const { explainRoomState } = await import('../lib/parties/why-room.js');
    return explainRoomState(await this.desk.open(), input, await readReferences(references));
  }

  private async dryRun(
    contract: string,
    references: {
      readonly policy: string | undefined;
      readonly releasePolicy: string | undefined;
      readonly now: Date;
    },
  ): Promise<Outcome<WhyResult>> {
    const { tryReleases } = await import('../lib/parties/why-dry-run.js');
    const { renderDryRun } = await import('../lib/cli/render-dry-run.js');
    const environment = await this.desk.openIfThere();
    const result = await tryReleases({ contract, environment, ...references });
    const outcomes = result.releases.map(({ outcome }) => outcome);
    for (const { dataset, outcome, reason } of result.releases)
      if (outcome === 'unread' && reason !== null) this.warn(`${dataset}: not tried: ${reason}`);
    return { result, text: renderDryRun(result), exitCode: exitCodeOf(outcomes) };
  }
}

/* Nothing is taken as good that was not tried. */
function exitCodeOf(outcomes: readonly DryRelease['outcome'][]): number {
  if (outcomes.includes('refused')) return EXIT.refused;
  return outcomes.includes('unread') ? EXIT.service : EXIT.ok;
}

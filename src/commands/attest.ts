import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { contractFlag, fullVerdictFlag, logFlag } from '../lib/cli/flags.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import { EXIT } from '../lib/base/error-codes.js';
import { shellWord } from '../lib/base/shell-word.js';
import type { VerifiedFile } from '../lib/evidence/verify-evidence-file.js';
import type { LogStore } from '../lib/parties/log-store.js';

interface AttestResult {
  readonly room: string;
  readonly bundle: string;
  readonly nonce: string;
  /** Null without a contract. Its checks are those that failed; with `--full` all. */
  readonly verdict: VerifiedFile | null;
}

export default class Attest extends BaseCommand<typeof Attest, AttestResult> {
  static override summary = 'Fetch fresh evidence from a room into a bundle that can be verified offline.';
  static override description =
    'Sends a nonce and checks that the TLS connection ends in the attested key. With a contract it also prints a verdict. ROOM is a name or an https URL; default: the only room.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes -f contract.yaml --out room.evidence.json',
    '<%= config.bin %> <%= command.id %> https://notes.westeurope.azurecontainer.io:8501 --out room.evidence.json',
  ];
  static override args = { room: Args.string({ description: 'room or its URL; default: the only one' }) };
  static override flags = {
    file: contractFlag,
    out: Flags.string({ char: 'o', description: 'file to write', helpValue: 'FILE' }),
    log: logFlag,
    full: fullVerdictFlag,
    jwks: Flags.string({
      description: 'key set of the attestation service (ISSUER/certs), to include in the bundle',
      helpValue: 'FILE',
    }),
    statement: Flags.string({
      description:
        'transparent statement of what the attestation service or the HSMs run, to include in the bundle; may be given more than once',
      helpValue: 'FILE',
      multiple: true,
    }),
  };

  protected async execute(): Promise<Outcome<AttestResult>> {
    const { readContract } = await import('../lib/parties/environment.js');
    const { attestRoom, readKeySet, readStatements, writeBundle } =
      await import('../lib/parties/attest-room.js');
    const { findConsents } = await import('../lib/parties/consent-files.js');
    const { locateRoom } = await import('../lib/parties/locate-room.js');
    const { withFailedChecks } = await import('../lib/cli/short-verdict.js');
    const { renderJudgement } = await import('../lib/cli/render-verdict.js');
    const parsed = this.flags.file === undefined ? null : await readContract(this.flags.file);
    const environment = await this.desk.openIfThere();
    const { name, address } = await locateRoom(this.args.room, environment);
    (await this.progress()).phase(`asking ${name} for evidence`);
    const log = this.flags.log === undefined ? null : await this.openLog(this.flags.log);
    const { bundle, nonce, verdict } = await attestRoom(address, parsed, environment?.profile ?? null, {
      log,
      jwks: this.flags.jwks === undefined ? null : await readKeySet(this.flags.jwks),
      statements: await readStatements(this.flags.statement ?? []),
      consents: this.flags.file === undefined ? [] : await findConsents(this.flags.file),
    });
    const path = this.flags.out ?? `${name}.evidence.json`;
    await writeBundle(path, bundle);
    const judged =
      verdict === null
        ? 'no contract given: see cleanroom verify'
        : renderJudgement(verdict, 'statements', 'cleanroom verify --verbose lists them');
    return {
      result: {
        room: name,
        bundle: path,
        nonce,
        verdict: verdict === null || this.flags.full ? verdict : withFailedChecks(verdict),
      },
      text: `${judged}\nwrote ${path}\nnext: an auditor verifies it with ${verifyLine(path, environment?.profile.anchors)}`,
      exitCode: verdict === null || verdict.verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    };
  }

  private async openLog(location: string): Promise<LogStore> {
    const { openLog } = await import('../lib/parties/log-location.js');
    return openLog(location, this.desk);
  }
}

/* Evidence of a local Azure has roots of its own, which its verifier names. */
function verifyLine(path: string, anchors: string | undefined): string {
  const emulated = anchors === undefined ? '' : ` --anchors ${shellWord(anchors)} --allow-emulated`;
  return `cleanroom verify ${shellWord(path)} -f contract.yaml${emulated}`;
}

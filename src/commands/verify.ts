import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args } from '../lib/cli/oclif.js';
import { verifyFlags } from '../lib/cli/verify-flags.js';
import type { VerifyResult } from '../lib/parties/verify-request.js';

export default class Verify extends BaseCommand<typeof Verify, VerifyResult> {
  static override summary = 'Verify evidence of a room, or an offer or a reply, offline.';
  static override description =
    'Takes an evidence bundle, answers of the SKR sidecar, security-context files, CCF or MAA evidence, an attestation ' +
    'token, a directory of these, or pieces named by flags; or the offer or reply of another party (*.cleanroom), which ' +
    'it checks as far as possible before anything runs. Lists every check, also those that were not made. ' +
    'Expectations come from -f, --appraisal and flags, never from the evidence. Exit code: 0 accepted, 5 refused, ' +
    '3 not evidence, 6 a room that cannot be reached.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> room.evidence.json -f contract.yaml --html verdict.html',
    '<%= config.bin %> <%= command.id %> quarterly-notes.cleanroom --allow-emulated',
    '<%= config.bin %> <%= command.id %> --report report.bin --certs chain.pem --uvm uvm.cose --policy policy.rego',
    '<%= config.bin %> <%= command.id %> --maa-token token.jwt --jwks certs.json --issuer https://sharedweu.weu.attest.azure.net',
  ];
  static override args = {
    evidence: Args.string({
      description: 'evidence file, offer, reply, directory, URL of a room, or - for stdin',
    }),
  };
  static override flags = verifyFlags;

  protected async execute(): Promise<Outcome<VerifyResult>> {
    const { runVerification } = await import('../lib/parties/verify-request.js');
    const outcome = await runVerification(this.args.evidence, this.flags, {
      progress: () => this.progress(),
      signal: this.signal,
      root: this.config.root,
      cacheDirectory: this.config.cacheDir,
      desk: this.desk,
    });
    for (const warning of outcome.warnings) this.warn(warning);
    const { renderVerification } = await import('../lib/cli/render-verify-summary.js');
    return {
      result: outcome.result,
      text: renderVerification(outcome, this.flags.verbose ? 'every check' : 'statements'),
      exitCode: outcome.exitCode,
    };
  }
}

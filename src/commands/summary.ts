import type { Receipt } from '../lib/evidence/receipt.js';
import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { fullVerdictFlag } from '../lib/cli/flags.js';
import { Flags } from '../lib/cli/oclif.js';
import { EXIT } from '../lib/base/error-codes.js';
import type { ResultDocument } from '../lib/summarizer/result-document.js';
import type { VerifiedFile } from '../lib/evidence/verify-evidence-file.js';
import type { ReceivedSummary } from '../lib/parties/receive-summary.js';

interface SummaryResult {
  /** Null where the verdict is a refusal: text from nobody knows where is not shown. */
  readonly summary: string | null;
  readonly documents: ResultDocument['documents'];
  readonly method: string;
  /** Null where the verdict is not `accepted`: nobody vouches for it. */
  readonly receipt: Receipt | null;
  /** Its checks are those that failed; with `--full` all. */
  readonly verdict: VerifiedFile;
}

export default class Summary extends BaseCommand<typeof Summary, SummaryResult> {
  static override summary = 'Fetch the summary, decrypt it and verify its receipt.';
  static override description =
    'Waits while the room works, and shows its phases. Prints the summary only if receipt and evidence are accepted under your contract. Exit 5: they are refused. Exit 6: there is no result.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --no-wait --json',
    '<%= config.bin %> <%= command.id %> --open',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({ description: 'policy that the room must have run', helpValue: 'FILE' }),
    open: Flags.boolean({
      description: 'also show the summary in the browser; nothing of it is written to disk',
    }),
    wait: Flags.boolean({
      description: 'wait while the room works (at most ten minutes if your login does not see the room)',
      default: true,
      allowNo: true,
    }),
    identity: Flags.string({
      description: 'private result key (JWK); default: keys/PARTY.result.jwk',
      helpValue: 'FILE',
    }),
    full: fullVerdictFlag,
  };

  protected async execute(): Promise<Outcome<SummaryResult>> {
    const { awaitSummary } = await import('../lib/parties/await-summary.js');
    const { withFailedChecks } = await import('../lib/cli/short-verdict.js');
    const { renderSummary } = await import('../lib/cli/render-received-summary.js');
    const environment = await this.desk.open();
    const wanted = {
      contractPath: this.flags.file,
      policyPath: this.flags.policy,
      resultKeyPath: this.flags.identity,
    };
    const received = await awaitSummary(environment, wanted, {
      wait: this.flags.wait,
      progress: await this.progress(),
      signal: this.signal,
    });
    const { document, receipt, verdict } = received;
    const accepted = verdict.verdict === 'accepted';
    for (const sentence of received.beside) this.warn(sentence);
    if (accepted && this.flags.open) await this.show(received);
    const result: SummaryResult = {
      summary: accepted ? document.summary.text : null,
      documents: accepted ? document.documents : [],
      method: document.method,
      receipt: accepted ? receipt : null,
      verdict: this.flags.full ? verdict : withFailedChecks(verdict),
    };
    return { result, text: renderSummary(received), exitCode: accepted ? EXIT.ok : EXIT.refused };
  }

  private async show(received: ReceivedSummary): Promise<void> {
    const { renderSummaryPage } = await import('../lib/cli/render-summary-page.js');
    const { showPage } = await import('../lib/terminal/show-page.js');
    const { CONTENT_SECURITY_POLICY } = await import('../lib/pages/style.js');
    const progress = await this.progress();
    const seen = await showPage(renderSummaryPage(received), {
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      environment: process.env,
      signal: this.signal,
      announce: (url) => progress.phase(`waiting for the browser at ${url}`),
    });
    if (!seen) this.warn('no browser fetched the page within two minutes');
  }
}

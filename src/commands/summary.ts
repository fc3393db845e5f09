import type { Receipt } from '../lib/evidence/receipt.js';
import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
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
  readonly receipt: Receipt;
  readonly verdict: VerifiedFile;
}

const WAIT_MS = 10 * 60_000;

export default class Summary extends BaseCommand<typeof Summary, SummaryResult> {
  static override summary = 'Fetch the summary, decrypt it and verify its receipt.';
  static override description =
    'Prints the summary only where receipt and evidence hold under the contract that you have. Exit 5 where they do not, 6 where there is no result yet.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --wait',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --policy policy.rego --json',
    '<%= config.bin %> <%= command.id %> -f contract.yaml --open',
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
    policy: Flags.string({ description: 'policy that the room must have run', helpValue: 'FILE' }),
    open: Flags.boolean({
      description: 'also show the summary in the browser; nothing of it is written to disk',
    }),
    wait: Flags.boolean({ description: 'wait until the room is done, at most ten minutes' }),
    identity: Flags.string({
      description: 'private result key (JWK); default: keys/PARTY.result.jwk',
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Outcome<SummaryResult>> {
    const { fetchSummary } = await import('../lib/parties/fetch-summary.js');
    const { renderSummary } = await import('../lib/cli/render-received-summary.js');
    const { retryWhile } = await import('../lib/parties/retry-while.js');
    const environment = await this.desk.open();
    const wanted = {
      contractPath: this.flags.file,
      policyPath: this.flags.policy,
      resultKeyPath: this.flags.identity,
    };
    if (this.flags.wait) (await this.progress()).phase('waiting for the result');
    const received = await retryWhile('RESULT_NOT_THERE', () => fetchSummary(environment, wanted), {
      forMs: this.flags.wait ? WAIT_MS : 0,
      everyMs: 1_000,
      signal: this.signal,
    });
    const { document, receipt, verdict } = received;
    const accepted = verdict.verdict === 'accepted';
    if (accepted && this.flags.open) await this.show(received);
    const result: SummaryResult = {
      summary: accepted ? document.summary.text : null,
      documents: accepted ? document.documents : [],
      method: document.method,
      receipt,
      verdict,
    };
    return { result, text: renderSummary(received), exitCode: accepted ? EXIT.ok : EXIT.refused };
  }
  private async show(received: ReceivedSummary): Promise<void> {
    const { renderSummaryPage } = await import('../lib/cli/render-summary-page.js');
    const { showPage } = await import('../lib/terminal/show-page.js');
    const { CONTENT_SECURITY_POLICY } = await import('../lib/room/web/style.js');
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

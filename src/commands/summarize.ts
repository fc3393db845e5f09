// Summarizes local text with the code that runs in the room.

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { modelFlag } from '../lib/cli/flags.js';
import { DEFAULT_SCRIPTS, SCRIPTS } from '../lib/contract/limits/alphabet.js';
import { escapeTerminal } from '../lib/terminal/escape-terminal.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { FailureSign } from '../lib/summarizer/output-signs.js';
import type { SourceDocument, SummaryResult } from '../lib/summarizer/summarizer.js';
import type { LimitTrial } from '../lib/parties/try-limits.js';

export default class Summarize extends BaseCommand<typeof Summarize, SummaryResult | LimitTrial> {
  static override summary = "Summarize local text with the room's summarizer.";
  static override description =
    "With --model it uses a T5 model, a BART model or a chain of both from a local directory; nothing is fetched. Without a model, and where the model's text shows signs of failure, it selects sentences of the text, labelled extractive. A directory is summarized file by file and as a whole.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> brief.txt --model t5-demo',
    'cat notes.txt | <%= config.bin %> <%= command.id %> - --max-tokens 60 --format markdown',
    '<%= config.bin %> <%= command.id %> notes.txt --limits-of contract.yaml',
  ];
  static override args = {
    file: Args.string({ description: 'text file, directory, pattern, or - for stdin', required: true }),
  };
  static override flags = {
    model: modelFlag({ description: 'model directory, or the name of a shipped model' }),
    'max-tokens': Flags.integer({
      description: "longest summary in the model's tokens (words without a model); default: the model's own",
      min: 1,
      max: 4096,
    }),
    beams: Flags.integer({
      description: "number of beams; 1 is greedy; default: the model's own",
      min: 1,
      max: 8,
    }),
    script: Flags.option({ options: SCRIPTS, multiple: true })({
      description: 'script of the summary; default: Latin; may be given more than once',
    }),
    'limits-of': Flags.string({
      description:
        'contract whose limits to try without any room: its model and lengths, and each measured value beside its limit; the documents count as one dataset',
      helpValue: 'FILE',
      exclusive: ['max-tokens', 'beams', 'script'],
    }),
    format: Flags.string({
      description: 'output format',
      options: ['text', 'json', 'markdown'],
      default: 'text',
    }),
  };

  protected async execute(): Promise<Outcome<SummaryResult | LimitTrial>> {
    const { readDocuments } = await import('../lib/summarizer/read-documents.js');
    const progress = await this.progress();
    progress.phase('reading the text');
    const documents = await readDocuments(this.args.file, process.stdin);
    const contract = this.flags['limits-of'];
    if (contract !== undefined) return this.tryLimits(contract, documents);
    const { summarizeLocally } = await import('../lib/parties/summarize-locally.js');
    const { 'max-tokens': maxTokens, beams, model = null, script = DEFAULT_SCRIPTS } = this.flags;
    const result = await summarizeLocally({
      documents,
      modelDirectory: model,
      scripts: script,
      maxTokens,
      beams,
      signal: this.signal,
      progress,
    });
    if (result.modelFailure !== null) this.warn(await describeFallback(result.modelFailure));
    return { result, text: await this.render(result) };
  }

  private async tryLimits(
    contractPath: string,
    documents: readonly SourceDocument[],
  ): Promise<Outcome<LimitTrial>> {
    const { tryLimits } = await import('../lib/parties/try-limits.js');
    const { renderLimits } = await import('../lib/cli/render-limits.js');
    const progress = await this.progress();
    progress.phase('summarizing as a room of the contract would');
    const result = await tryLimits({
      contractPath,
      documents,
      modelDirectory: this.flags.model ?? null,
      packageRoot: this.config.root,
      signal: this.signal,
      progress,
    });
    if (!result.limits.kept) this.warn('A room would give no result: a limit of the contract is exceeded.');
    return { result, text: `${await this.render(result)}\n\n${renderLimits(result.limits.checks)}` };
  }

  private async render(result: SummaryResult): Promise<string> {
    const { renderSummaryMarkdown, renderSummaryText } = await import('../lib/summarizer/render-summary.js');
    if (this.flags.format === 'json') return JSON.stringify(result, null, 2);
    return escapeTerminal(
      this.flags.format === 'markdown' ? renderSummaryMarkdown(result) : renderSummaryText(result),
    );
  }
}

async function describeFallback(sign: FailureSign): Promise<string> {
  const { describeFailure } = await import('../lib/summarizer/output-signs.js');
  return `What the model wrote shows a sign of failure (${describeFailure(sign)}): sentences of the text are given instead.`;
}

// What a model directory holds, and the digest that a contract names it by.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { escapeTerminal } from '../../lib/terminal/escape-terminal.js';
import { Args } from '../../lib/cli/oclif.js';
import type { ModelInspection } from '../../lib/summarizer/inspect-model.js';

export default class ModelInspect extends BaseCommand<typeof ModelInspect, ModelInspection> {
  static override summary = 'Show the content of a model directory and its digest for the contract.';
  static override description =
    'Reads the JSON files and hashes every file, without loading the weights. The digest goes into the contract as model.digest.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> models/t5-demo',
    '<%= config.bin %> <%= command.id %> models/bart-demo --json',
  ];
  static override args = {
    directory: Args.string({ description: 'model directory', required: true }),
  };

  protected async execute(): Promise<Outcome<ModelInspection>> {
    const { inspectModel, renderModelInspection } = await import('../../lib/summarizer/inspect-model.js');
    const result = await inspectModel(this.args.directory);
    return { result, text: escapeTerminal(renderModelInspection(result)) };
  }
}

// Fetches a model for the summarizer from a hub.

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import { type Weights, WEIGHTS } from '../../lib/summarizer/graph-files.js';
import type { FetchedModel } from '../../lib/parties/fetch-model.js';

export default class ModelFetch extends BaseCommand<typeof ModelFetch, FetchedModel> {
  static override summary = 'Fetch a T5 or BART model from a hub.';
  static override description =
    'NAME is t5-small, t5-base, flan-t5-small, distilbart-cnn, bart-large-cnn, or OWNER/REPOSITORY in the layout of transformers.js. Every file is checked against the digest that the hub lists. The printed model digest is the one for the contract; --digest demands it. An interrupted fetch resumes, and a complete model is not fetched again. --model NAME finds it in models/NAME.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> t5-small --out models/t5-small',
    '<%= config.bin %> <%= command.id %> distilbart-cnn --hub https://hub.contoso.example --digest sha256:…',
  ];
  static override args = {
    name: Args.string({ description: 'name of the model, or OWNER/REPOSITORY', required: true }),
  };
  static override flags = {
    out: Flags.string({
      char: 'o',
      description: 'directory to create; default: models/NAME',
      helpValue: 'DIR',
    }),
    hub: Flags.string({
      description: 'address of the hub',
      default: 'https://huggingface.co',
      env: 'HF_ENDPOINT',
    }),
    weights: Flags.option({
      description: 'precision of the weights',
      options: WEIGHTS,
      default: 'fp32' as Weights,
    })(),
    revision: Flags.string({ description: 'branch, tag or commit', default: 'main' }),
    digest: Flags.string({ description: 'digest that the model must have', helpValue: 'sha256:…' }),
  };

  protected async execute(): Promise<Outcome<FetchedModel>> {
    const { fetchModel } = await import('../../lib/parties/fetch-model.js');
    const { name } = this.args;
    const { out, hub, revision, weights, digest } = this.flags;
    const result = await fetchModel({
      name,
      hub: hub.replace(/\/+$/, ''),
      revision,
      weights,
      directory: out ?? `models/${name.split('/').at(-1) ?? name}`,
      expectedDigest: digest,
      signal: this.signal,
      progress: await this.progress(),
    });
    return {
      result,
      text: [
        result.digest,
        `${result.directory}  (${result.repository} at ${result.commit}; licence: ${result.licence ?? 'not stated'})`,
        `try: cleanroom summarize FILE --model ${result.directory.replace(/^models\//, '')}`,
      ].join('\n'),
    };
  }
}

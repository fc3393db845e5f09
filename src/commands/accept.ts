import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { datasetFlag, imageFlags, trustProgramFlag, yesFlag } from '../lib/cli/flags.js';
import { Args } from '../lib/cli/oclif.js';
import type { AcceptResult } from '../lib/parties/agree/accept.js';

export default class Accept extends BaseCommand<typeof Accept, AcceptResult> {
  static override summary = 'Check an offer, sign it, seal your text and write the reply.';
  static override description = `Every owner runs it. It compares the contract with your card, and the program and policy with what this installation builds itself. Then it shows what you agree to, asks, signs, creates the key, seals and uploads the text, and writes reply.cleanroom for the host.
Exit 5: the offer is refused; nothing was signed, sealed or uploaded.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> quarterly-notes.cleanroom notes.txt',
    '<%= config.bin %> <%= command.id %> quarterly-notes.cleanroom notes/ --dataset notes --yes',
  ];
  static override args = {
    offer: Args.string({ description: "the host's offer, NAME.cleanroom", required: true }),
    text: Args.string({ description: 'text file, directory or pattern', required: true }),
  };
  static override flags = {
    dataset: datasetFlag,
    ...imageFlags,
    'trust-program': trustProgramFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<AcceptResult>> {
    const { accept } = await import('../lib/parties/agree/accept.js');
    const { askToReopen } = await import('../lib/cli/ask-reopen.js');
    const { renderAccepted, renderAgreement } = await import('../lib/cli/render-agreement.js');
    const result = await accept(
      {
        ...this.args,
        dataset: this.flags.dataset,
        images: this.flags.image,
        trusted: this.flags['trust-program'] ?? [],
        reopens: askToReopen({ interactive: this.interactive, yes: this.flags.yes }),
        agrees: async (parsed, judgement, warning) => {
          const { confirm } = await import('../lib/terminal/confirm.js');
          if (!this.jsonEnabled()) this.say(renderAgreement(parsed, judgement));
          if (warning !== null) this.warn(warning);
          return confirm({
            interactive: this.interactive,
            yes: this.flags.yes || !this.interactive,
            question: 'Sign the contract and seal the text?',
            otherwise: 'the contract is not signed',
          });
        },
      },
      await this.useCaseContext(),
    );
    return { result, text: renderAccepted(result) };
  }
}

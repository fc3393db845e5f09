import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { modelFlag, yesFlag } from '../lib/cli/flags.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import { termsFlags } from '../lib/cli/terms-flags.js';
import type { ProposeResult } from '../lib/parties/agree/propose.js';

export default class Propose extends BaseCommand<typeof Propose, ProposeResult> {
  static override summary = 'Build the room, write the contract, sign it, and write the offer.';
  static override description = `The host runs it. It builds and pushes the room's image, writes contract.yaml and policy.rego, shows what all parties would agree to, asks, signs, and writes the offer NAME.cleanroom for the other parties.
Creates the host's own keys and card if they are missing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> fabrikam.cleanroom',
    '<%= config.bin %> <%= command.id %> fabrikam.cleanroom tailspin.cleanroom --name quarterly-notes --max-characters 600 --yes',
  ];
  static override strict = false;
  static override args = {
    card: Args.string({
      description: "another party's card, PARTY.cleanroom; may be given more than once",
      required: true,
    }),
  };
  static override flags = {
    model: modelFlag({ description: 'model directory, or the name of a shipped model; default: t5-demo' }),
    extractive: Flags.boolean({
      description: 'select sentences of the text, without a model',
      exclusive: ['model'],
    }),
    image: Flags.string({
      description: 'pushed image, by digest, instead of building one',
      helpValue: 'REFERENCE',
    }),
    registry: Flags.string({
      description: "registry and repository to push to; default: the local Azure's registry",
      helpValue: 'REGISTRY/REPOSITORY',
    }),
    kubernetes: Flags.boolean({
      description: 'agree on pods on virtual nodes (AKS) instead of container groups',
    }),
    ...termsFlags,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<ProposeResult>> {
    const { propose } = await import('../lib/parties/agree/propose.js');
    const { findModelDirectory } = await import('../lib/parties/model-directory.js');
    const { lockedBase, usualBase } = await import('../lib/cli/room-base.js');
    const { renderContractShown, renderProposed } = await import('../lib/cli/render-agreement.js');
    const { name, model, extractive, image, registry, force, yes, ...others } = this.flags;
    const { 'trust-program': trusted = [], ...terms } = others;
    const result = await propose(
      {
        cards: this.operands,
        name,
        modelDirectory: extractive ? null : (model ?? findModelDirectory('t5-demo', this.config.root)),
        image: image ?? null,
        repository: registry,
        terms,
        trusted,
        force,
        base: await lockedBase(this.config.cacheDir, usualBase()),
        packageRoot: this.config.root,
        version: this.config.version,
        agrees: async (parsed, policyHash) => {
          const { confirm } = await import('../lib/terminal/confirm.js');
          if (!this.jsonEnabled()) this.say(renderContractShown(parsed, policyHash));
          return confirm({
            interactive: this.interactive,
            yes: yes || !this.interactive,
            question: 'Sign this contract?',
            otherwise: 'the contract is not signed',
          });
        },
      },
      await this.useCaseContext(),
    );
    return { result, text: renderProposed(result) };
  }
}

import { basename } from 'node:path';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import type { InitResult } from '../lib/parties/init.js';
import { modelFlag, yesFlag } from '../lib/cli/flags.js';
import { Flags } from '../lib/cli/oclif.js';
import { termsFlags } from '../lib/cli/terms-flags.js';

const ROLES = ['host', 'data-owner', 'model-owner', 'recipient', 'auditor'] as const;

export default class Init extends BaseCommand<typeof Init, InitResult> {
  static override summary = "Create a party's keys and card.";
  static override description = `Every party runs it in a directory of its own. It creates the party's keys (existing ones are kept), its card PARTY.cleanroom, which contains no secret and goes to the host, and cleanroom.config.yaml.
Without flags the party has the name of the directory and owns a text named notes. On a terminal it asks for what is not given.
With the other parties' cards (--with) and the images of the room it also writes the contract; propose does this and more.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --party fabrikam --role data-owner --dataset notes --profile fabrikam',
    '<%= config.bin %> <%= command.id %> --party contoso --role host --role recipient --with fabrikam.party.json --summarizer summarizer.oci.tar --profile contoso',
  ];
  static override flags = {
    party: Flags.string({ description: 'id of your party; default: the name of the directory' }),
    role: Flags.option({ options: ROLES, multiple: true })({
      description: 'role of your party; may be given more than once',
    }),
    dataset: Flags.string({
      description: 'id of a text that your party owns; may be given more than once',
      multiple: true,
    }),
    'model-dataset': Flags.string({
      description: 'id of a secret model that your party owns',
      multiple: true,
    }),
    vault: Flags.string({ description: "host of your Managed HSM or vault; default: the profile's" }),
    'storage-account': Flags.string({
      description: "URL of your storage account; default: the profile's",
    }),
    'release-login': Flags.string({
      description: 'client id with which a room of another tenant logs in to your vault',
      helpValue: 'CLIENT-ID',
    }),
    'contract-key': Flags.string({
      description: 'contract key in a vault, created there if missing; default: a file in keys/',
      helpValue: 'https://VAULT/keys/NAME',
    }),
    with: Flags.string({
      description: "another party's card: also write the contract; may be given more than once",
      helpValue: 'CARD',
      multiple: true,
    }),
    summarizer: Flags.string({
      description: 'image of the room: an archive or a reference by digest',
      helpValue: 'IMAGE',
    }),
    model: modelFlag({
      description: 'model directory: of the image, or of --model-dataset; default: none, extractive',
    }),
    page: Flags.boolean({
      description: "deliver in clear on the room's page instead of sealed to the recipients",
    }),
    ...termsFlags,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<InitResult>> {
    const { answerInit } = await import('../lib/cli/init-answers.js');
    const { runInit, writesAContract } = await import('../lib/parties/init.js');
    const { askHost, askOwner } = await import('../lib/cli/ask-init.js');
    const { renderInit } = await import('../lib/cli/render-init.js');
    const { readDirectoryConfig } = await import('../lib/parties/profile.js');
    const { readOwnCard } = await import('../lib/parties/agree/own-card.js');
    const directory = process.cwd();
    const answers = await answerInit(this.flags, this.interactive, {
      id: (await readDirectoryConfig(directory))?.party ?? basename(directory),
      cardOf: (party) => readOwnCard(directory, party),
    });
    const desk = this.deskOf(answers.party);
    const profile = (await desk.openIfThere())?.profile ?? null;
    const own = { ...this.flags, ...answers };
    const places = this.interactive ? await askOwner(own, profile) : {};
    const terms = this.interactive ? await askHost(own, directory, this.config.root) : null;
    const flags = { ...own, ...places, ...terms?.flags };
    const environment = await (writesAContract(flags) ? desk.open() : desk.openIfThere());
    const result = await runInit(flags, environment, directory);
    for (const limit of result.contract?.tightLimits ?? []) this.warn(limit);
    return { result, text: renderInit(result, directory, terms?.next ?? null) };
  }
}

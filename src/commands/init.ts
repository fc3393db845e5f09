import { basename } from 'node:path';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import type { InitResult } from '../lib/parties/init.js';
import { modelFlag, yesFlag } from '../lib/cli/flags.js';
import { Flags } from '../lib/cli/oclif.js';
import { SCRIPTS } from '../lib/contract/limits/alphabet.js';

const ROLES = ['host', 'data-owner', 'model-owner', 'recipient', 'auditor'] as const;

export default class Init extends BaseCommand<typeof Init, InitResult> {
  static override summary = 'Make a party its keys and card, and write the contract.';
  static override description = `Run by every party, each in a directory of its own. It makes the party's keys (kept if there are any) and its card, PARTY.cleanroom, which holds no secret and goes to whoever proposes the contract.
Without flags the party has the name of the directory and brings a text, notes.
Whoever writes the contract also gives the other parties' cards (--with) and the images of the room.
Asks for what is not given when it runs on a terminal.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --party fabrikam --role data-owner --dataset notes --profile fabrikam',
    '<%= config.bin %> <%= command.id %> --party contoso --role host --role recipient --with fabrikam.party.json --summarizer summarizer.oci.tar --profile contoso',
  ];
  static override flags = {
    party: Flags.string({ description: 'id of the party that runs this' }),
    role: Flags.option({ options: ROLES, multiple: true })({
      description: 'role of the party; may be given more than once',
    }),
    dataset: Flags.string({ description: 'id of a text that the party brings', multiple: true }),
    'model-dataset': Flags.string({
      description: 'id of a secret model that the party brings',
      multiple: true,
    }),
    vault: Flags.string({ description: "host of the party's Managed HSM or vault; else the profile's" }),
    'storage-account': Flags.string({
      description: "URL of the party's storage account; else the profile's",
    }),
    'release-login': Flags.string({
      description:
        "where the room is in another tenant: client id of its application, as which it logs in to the party's vault",
      helpValue: 'CLIENT-ID',
    }),
    'contract-key': Flags.string({
      description:
        'contract key that stays in a vault, made there if it is missing; a file in keys/ if absent',
      helpValue: 'https://VAULT/keys/NAME',
    }),
    with: Flags.string({
      description: "another party's card: write the contract; a single party gives --summarizer alone",
      helpValue: 'CARD',
      multiple: true,
    }),
    name: Flags.string({ description: 'name of the contract', default: 'quarterly-notes' }),
    summarizer: Flags.string({
      description: 'summarizer image: an archive, or a reference by digest',
      helpValue: 'IMAGE',
    }),
    sidecar: Flags.string({
      description: "sidecar image; the local Azure's own if absent",
      helpValue: 'IMAGE',
    }),
    model: modelFlag({
      description: 'model directory: of the summarizer image, or of --model-dataset; none: extractive',
    }),
    region: Flags.string({ description: "Azure region; else the profile's" }),
    script: Flags.option({ options: SCRIPTS, multiple: true })({
      description: 'script of the summary; Latin if absent; may be given more than once',
    }),
    'max-characters': Flags.integer({
      description: 'longest result, in characters that are not white space',
      min: 1,
    }),
    'max-share': Flags.string({ description: 'largest share of the source, 0 to 1' }),
    'max-copied-words': Flags.integer({
      description: 'longest run of words copied from the source',
      min: 1,
    }),
    'max-copied-share': Flags.string({
      description: 'largest share of the result in copied runs of three words or more, 0 to 1',
    }),
    'max-results': Flags.integer({ description: 'how many results may ever be given', min: 1 }),
    page: Flags.boolean({
      description: 'deliver on the page, in clear, instead of sealed to the recipients',
    }),
    force: Flags.boolean({ description: 'replace a contract.yaml that is there' }),
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<InitResult>> {
    const { answerInit } = await import('../lib/cli/init-answers.js');
    const { runInit, writesAContract } = await import('../lib/parties/init.js');
    const answers = await answerInit(this.flags, this.interactive, basename(process.cwd()));
    const desk = this.deskOf(answers.party);
    const environment = await (writesAContract(this.flags) ? desk.open() : desk.openIfThere());
    const { renderInit } = await import('../lib/cli/render-init.js');
    const result = await runInit({ ...this.flags, ...answers }, environment, process.cwd());
    for (const limit of result.contract?.tightLimits ?? []) this.warn(limit);
    return { result, text: renderInit(result, process.cwd()) };
  }
}

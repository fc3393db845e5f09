// Seals text: to public keys without Azure, or for a contract's room.

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import {
  CONTRACT_KEY_HELP,
  contractFlag,
  imageFlags,
  logFlag,
  trustProgramFlag,
  yesFlag,
} from '../lib/cli/flags.js';
import { shellWord } from '../lib/base/shell-word.js';
import { Args, Flags } from '../lib/cli/oclif.js';
import type { EncryptResult as EncryptDatasetResult } from '../lib/parties/encrypt-dataset.js';
import type { EncryptionPreview } from '../lib/parties/plan-encryption.js';
import type { SealedFile } from '../lib/parties/seal-file.js';

type EncryptOutcome = SealedFile | EncryptDatasetResult | EncryptionPreview;

export default class Encrypt extends BaseCommand<typeof Encrypt, EncryptOutcome> {
  static override summary = "Encrypt a text for a contract's clean room.";
  static override description =
    'It creates the key of your dataset, seals the text and uploads it; with --to instead of --dataset it seals any bytes for public keys, without Azure. The input is a file of any size, a directory or a pattern (file names stay encrypted), or stdin. Texts are UTF-8; hidden files of a directory of texts are left out. A failed or interrupted run leaves nothing behind.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> notes.txt',
    '<%= config.bin %> <%= command.id %> notes.txt -f contract.yaml --dataset notes --policy policy.rego',
    '<%= config.bin %> <%= command.id %> notes/ -f contract.yaml --dataset notes --sas env:UPLOAD_SAS --dry-run',
    '<%= config.bin %> <%= command.id %> notes.txt --to fabrikam.pub.jwk --out notes.sealed',
    'cat notes.txt | <%= config.bin %> <%= command.id %> - --to a.pub.jwk --to b.pub.jwk > notes.sealed',
  ];
  static override args = {
    file: Args.string({ description: 'text file, directory, pattern, or - for stdin', required: true }),
  };
  static override flags = {
    to: Flags.string({
      description:
        "public key to seal to (JWK), with --dataset besides the vault's key; may be given more than once",
      helpValue: 'KEY.jwk',
      multiple: true,
    }),
    file: contractFlag,
    dataset: Flags.string({
      description: 'dataset of the contract; default: your only one',
      helpValue: 'ID',
    }),
    policy: Flags.string({
      description: 'agreed policy; must be equal byte for byte',
      helpValue: 'FILE',
    }),
    ...imageFlags,
    'contract-key': Flags.string({
      description:
        'contract key: a private JWK or the URL of a key in a vault; default: keys/PARTY.contract.jwk',
      helpValue: CONTRACT_KEY_HELP,
    }),
    mutable: Flags.string({
      description: 'let the release policy be changed later, for this reason; unsafe, and a lint finding',
      helpValue: 'REASON',
    }),
    key: Flags.string({
      description: 'existing key version to seal to; an older blob can then be put back',
      helpValue: 'URL',
    }),
    sas: Flags.string({
      description: 'shared access signature to upload with instead of the login',
      helpValue: 'FILE|env:NAME|fd:N',
    }),
    'dry-run': Flags.boolean({
      description: 'show what would be done; change nothing',
    }),
    out: Flags.string({ char: 'o', description: 'file to write; default: stdout', helpValue: 'FILE' }),
    log: logFlag,
    'trust-program': trustProgramFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Outcome<EncryptOutcome>> {
    const { file } = this.args;
    const { dataset, to, ...flags } = this.flags;
    const context = await this.useCaseContext();
    if (dataset === undefined && to !== undefined) return this.sealToKeys(to);
    const { encryptForRoom } = await import('../lib/parties/encrypt-for-room.js');
    const { askToReopen } = await import('../lib/cli/ask-reopen.js');
    const request = {
      file,
      contractPath: flags.file ?? 'contract.yaml',
      dataset,
      policyPath: flags.policy,
      imageFlags: flags.image,
      contractKeyPath: flags['contract-key'],
      mutableReason: flags.mutable,
      key: flags.key,
      sas: flags.sas,
      alsoTo: to,
      trusted: flags['trust-program'],
      log: flags.log,
      reopens: askToReopen({ interactive: this.interactive, yes: flags.yes }),
      previewOnly: flags['dry-run'],
    };
    const { renderEncrypted, renderPreview } = await import('../lib/cli/render-encrypted.js');
    const outcome = await encryptForRoom(request, context);
    return outcome.kind === 'preview'
      ? { result: outcome.result, text: renderPreview(outcome.result) }
      : { result: outcome.result, text: renderEncrypted(outcome.result) };
  }
  private async sealToKeys(to: readonly string[]): Promise<Outcome<SealedFile>> {
    const { encryptToKeys } = await import('../lib/parties/encrypt-to-keys.js');
    const { outputOf } = await import('../lib/terminal/stdout-writer.js');
    const output = outputOf(this.flags.out, this.jsonEnabled() ? 'json' : 'text');
    const result = await encryptToKeys({ file: this.args.file, to, output }, await this.useCaseContext());
    if (typeof output !== 'string') return { result };
    return {
      result,
      text: `sealed ${result.bytes} bytes to ${output} for ${to.length} recipient(s)\nnext: each recipient runs cleanroom decrypt ${shellWord(output)} --identity PRIVATE.jwk --out FILE`,
    };
  }
}

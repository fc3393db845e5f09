import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Flags } from '../lib/cli/oclif.js';

interface PrereqsResult {
  readonly directory: string;
  readonly files: readonly string[];
  /** Types of the resources that the template makes. */
  readonly resources: readonly string[];
  readonly names: Readonly<Record<string, string>>;
}

export default class Prereqs extends BaseCommand<typeof Prereqs, PrereqsResult> {
  static override summary = 'Write Bicep, ARM and az commands for what a party needs in Azure.';
  static override description = `Party I gets a registry, storage and the identity of its rooms; party II a Managed HSM (or a Premium key vault) and storage. Roles are the least that the flow needs, on container and key.
Nothing is sent to Azure: read the files, then run setup.sh.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --as party-1 --name contoso --out prereqs-contoso',
    '<%= config.bin %> <%= command.id %> --as party-2 --name fabrikam --dataset notes --cross-tenant federated --cross-tenant sas --out prereqs-fabrikam',
  ];
  static override flags = {
    as: Flags.option({
      description: 'party: party-1 hosts the room, party-2 owns the data',
      options: ['party-1', 'party-2'] as const,
      required: true,
    })(),
    name: Flags.string({
      description: 'prefix of every resource name: 3 to 16 lower-case letters and digits',
      required: true,
    }),
    out: Flags.string({
      char: 'o',
      description: 'directory to write to',
      helpValue: 'DIR',
      required: true,
    }),
    location: Flags.string({ description: 'Azure region', default: 'westeurope' }),
    'resource-group': Flags.string({ description: 'resource group', default: 'cleanroom' }),
    'keyvault-premium': Flags.boolean({ description: 'create a Premium key vault instead of a Managed HSM' }),
    dataset: Flags.string({
      description: 'dataset whose key the room requests; may be given more than once',
      helpValue: 'ID',
      multiple: true,
      default: ['notes'],
    }),
    'cross-tenant': Flags.option({
      description:
        'if the parties have different tenants: federated or access-token for the key, sas for the blobs; may be given more than once',
      options: ['federated', 'access-token', 'sas'] as const,
      multiple: true,
      default: [],
    })(),
    'account-key-sas': Flags.boolean({
      description: 'let SAS be made with the account key',
      default: false,
    }),
    recipient: Flags.string({
      description:
        'object id, in your tenant, of a further recipient of results; may be given more than once; party-1 only',
      helpValue: 'OBJECT-ID',
      multiple: true,
      default: [],
    }),
    force: Flags.boolean({ description: 'overwrite existing files' }),
  };

  protected async execute(): Promise<Outcome<PrereqsResult>> {
    const { renderPrerequisites } = await import('../lib/parties/prerequisites/render-prerequisites.js');
    const { writeNewFiles } = await import('../lib/base/files/write-new-files.js');
    const { flags } = this;
    const { files, resources, names } = renderPrerequisites({
      party: flags.as,
      name: flags.name,
      resourceGroup: flags['resource-group'],
      location: flags.location,
      keyService: flags['keyvault-premium'] ? 'key-vault-premium' : 'managed-hsm',
      crossTenant: flags['cross-tenant'],
      datasets: flags.dataset,
      sasByAccountKey: flags['account-key-sas'],
      recipients: flags.recipient,
    });
    await writeNewFiles(flags.out, files, flags.force ? 'replace' : 'refuse');
    const written = files.map(({ name }) => name);
    return {
      result: { directory: flags.out, files: written, resources, names: { ...names } },
      text: `wrote ${written.join(', ')} in ${flags.out}\nnext: read them, then  bash ${flags.out}/setup.sh`,
    };
  }
}

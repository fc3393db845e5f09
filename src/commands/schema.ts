import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Args } from '../lib/cli/oclif.js';

interface SchemaResult {
  /** Commands that have a schema; absent where one was named. */
  readonly commands?: readonly string[];
  /** JSON Schema (draft 2020-12) of what the named command prints with --json. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

export default class Schema extends BaseCommand<typeof Schema, SchemaResult> {
  static override summary = "Print the JSON Schema of a command's --json output.";
  static override description =
    'JSON Schema, draft 2020-12: the envelope, its error form, and the result of that command. Without a command: the commands that have one.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> verify',
    '<%= config.bin %> <%= command.id %> key show > key-show.schema.json',
  ];
  static override strict = false;
  static override args = {
    command: Args.string({ description: 'command, such as verify or key show' }),
  };

  protected async execute(): Promise<Outcome<SchemaResult>> {
    const { commandsOf, envelopeSchema, readResultSchemas } = await import('../lib/cli/result-schemas.js');
    const schemas = await readResultSchemas(this.config.root);
    const name = this.operands.join(' ').replaceAll(':', ' ');
    if (name === '') {
      const commands = commandsOf(schemas);
      return { result: { commands }, text: commands.join('\n') };
    }
    const schema = envelopeSchema(name, schemas);
    return { result: { schema }, text: JSON.stringify(schema, null, 2) };
  }
}

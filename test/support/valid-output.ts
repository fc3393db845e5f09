// What a command prints with --json is what its schema says: looked at wherever a test runs one.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

import { envelopeSchema } from '../../src/lib/cli/result-schemas.js';

type Schemas = Parameters<typeof envelopeSchema>[1];

/* Longer results are for `--full`: a list that fills a screen buffer, or a pipe, helps nobody. A script is its own result. */
const LONGEST = 64 * 1024;
const SCRIPTS = ['completion'];
const SCHEMAS = resolve('dist', 'result-schemas.json');
const ajv = new Ajv2020({ strict: false });
const compiled = new Map<string, ValidateFunction>();
let schemas: Schemas | undefined;

/** @throws Error where the envelope that `argv` with --json printed is not as the schema of that command has it, or is too long */
export function requireValidOutput(argv: readonly string[], stdout: string): void {
  if (!argv.includes('--json') || !stdout.startsWith('{')) return;
  const isScript = SCRIPTS.includes(argv[0] ?? '');
  if (stdout.length > LONGEST && !argv.includes('--full') && !isScript)
    throw new Error(`cleanroom ${argv.join(' ')} prints ${stdout.length} characters without --full`);
  const validate = validatorOf(argv);
  if (validate === null || validate(JSON.parse(stdout))) return;
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath} ${message ?? ''}`,
  );
  throw new Error(`the output of cleanroom ${argv.join(' ')} is not of its schema: ${problems.join('; ')}`);
}

/* Null for what is no command, and where nothing was built: then the test of the schemas themselves fails. */
function validatorOf(argv: readonly string[]): ValidateFunction | null {
  if (schemas === undefined && !existsSync(SCHEMAS)) return null;
  schemas ??= JSON.parse(readFileSync(SCHEMAS, 'utf8')) as Schemas;
  const { commands } = schemas;
  const words = argv.slice(0, 3);
  const name = [3, 2, 1].map((count) => words.slice(0, count).join(' ')).find((one) => one in commands);
  if (name === undefined) return null;
  const known = compiled.get(name) ?? ajv.compile(envelopeSchema(name, schemas));
  compiled.set(name, known);
  return known;
}

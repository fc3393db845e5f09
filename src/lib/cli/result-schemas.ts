// The JSON Schema of what `--json` prints: the envelope of every command, around the result of one. Results are described by
// dist/result-schemas.json, which the build makes from the commands' own types.

import { join } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { nearestWord } from './nearest.js';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

interface ResultSchemas {
  readonly $defs: Readonly<Record<string, unknown>>;
  readonly commands: Readonly<Record<string, unknown>>;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** @param packageRoot - of this package @throws CleanroomError FILE_NOT_FOUND where it was not built */
export async function readResultSchemas(packageRoot: string): Promise<ResultSchemas> {
  const text = await readTextBounded(join(packageRoot, 'dist', 'result-schemas.json'), MAX_BYTES);
  return JSON.parse(text) as ResultSchemas;
}

/** Names of the commands, with spaces. */
export function commandsOf({ commands }: ResultSchemas): readonly string[] {
  return Object.keys(commands);
}

/** The schema of what `cleanroom NAME --json` prints. @throws CleanroomError USAGE for a command that is not there */
export function envelopeSchema(name: string, schemas: ResultSchemas): JsonSchema {
  if (!Object.hasOwn(schemas.commands, name)) {
    const nearest = nearestWord(name, Object.keys(schemas.commands));
    throw new CleanroomError('USAGE', `there is no command '${name}'`, {
      hint:
        nearest === null
          ? 'List the commands: cleanroom schema'
          : `Did you mean: cleanroom schema ${nearest}`,
    });
  }
  const result = schemas.commands[name];
  const warnings = { type: 'array', items: { type: 'string' } };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `cleanroom ${name} --json`,
    oneOf: [
      {
        type: 'object',
        properties: { ok: { const: true }, result, warnings },
        required: ['ok', 'result', 'warnings'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { ok: { const: false }, error: ERROR, warnings },
        required: ['ok', 'error', 'warnings'],
        additionalProperties: false,
      },
    ],
    $defs: reachable(result, schemas.$defs),
  };
}

const text = (description: string): JsonSchema => ({ type: 'string', description });
const ERROR: JsonSchema = {
  type: 'object',
  properties: {
    code: text('stable: docs/reference/errors.md'),
    message: text('what is so, and why'),
    hint: text('what to do next; may be empty'),
    statements: {
      type: 'array',
      items: { type: 'string' },
      description: 'ids of statements that were not proven',
    },
  },
  required: ['code', 'message', 'hint'],
  additionalProperties: false,
};

/* Those definitions that the schema uses, and those that they use. */
function reachable(schema: unknown, all: ResultSchemas['$defs']): ResultSchemas['$defs'] {
  const found = new Map<string, unknown>();
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part ?? null).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.set(name, all[name]);
      visit(all[name]);
    }
  };
  visit(schema);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

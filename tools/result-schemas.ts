// templates/result-schemas.json: the JSON Schema of each command's result, from the types that the commands are written in.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { TypeSchemas } from './type-schemas.js';

const COMMANDS = join('src', 'commands');

/** The file's text: `$defs`, and under `commands` the schema of each result by the command's name with spaces. */
export function renderResultSchemas(): string {
  const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(
    files.map((name) => join(COMMANDS, name)),
    options,
  );
  const schemas = new TypeSchemas(program.getTypeChecker());
  const commands = Object.fromEntries(
    files.map((name) => {
      const source = program.getSourceFile(join(COMMANDS, name));
      if (source === undefined) throw new Error(`${name} is not in the program`);
      return [name.slice(0, -'.ts'.length).replaceAll(/[\\/]/g, ' '), schemas.of(resultType(source))];
    }),
  );
  return `${JSON.stringify({ $defs: schemas.definitions(), commands }, null, 1)}\n`;
}

/* The last type argument of what the command's class extends. */
function resultType(source: ts.SourceFile): ts.TypeNode {
  for (const statement of source.statements) {
    if (!ts.isClassDeclaration(statement)) continue;
    const [base] = statement.heritageClauses?.flatMap(({ types }) => [...types]) ?? [];
    const result = base?.typeArguments?.at(-1);
    if (result !== undefined) return result;
  }
  throw new Error(`${source.fileName} has no class with a result`);
}

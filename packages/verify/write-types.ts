// Declarations of the package: those that the build made, for all that the public face reaches. Types that are inferred from
// schemas are written out, since the schema library is not a dependency of whoever installs this.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';

import ts from 'typescript';

const DECLARATIONS = 'dist/lib';
const FACE = 'packages/verify/src/index.ts';
const INFERRED_FROM = 'valibot';
const IMPORT = /(?:from |import\()\s*['"](\.[^'"]+)['"]/g;

/* A type alias is not to be written as its own name, and nothing is to be shortened. */
const IN_FULL: ts.TypeFormatFlags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;

/** Writes `index.d.ts` and `lib/` under `dist`. */
export async function writeTypes(dist: string): Promise<void> {
  const face = (await readFile(FACE, 'utf8')).replaceAll('../../../src/lib/', './lib/');
  await writeFile(
    join(dist, 'index.d.ts'),
    `${face}\nexport declare const signatureCrypto: import('./lib/attestation/crypto/signature-crypto.js').SignatureCrypto;\n`,
  );
  const entries = [...face.matchAll(IMPORT)].map(([, path = '']) =>
    declarationOf(DECLARATIONS, path.slice(6)),
  );
  for (const path of await reachable(entries)) {
    const target = join(dist, 'lib', relative(DECLARATIONS, path));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await withoutInference(path));
  }
}

function declarationOf(directory: string, specifier: string): string {
  return normalize(join(directory, specifier.replace(/\.js$/, '.d.ts')));
}

async function reachable(entries: readonly string[]): Promise<readonly string[]> {
  const found = new Set(entries);
  for (const path of found) {
    for (const [, specifier = ''] of (await readFile(path, 'utf8')).matchAll(IMPORT))
      found.add(declarationOf(dirname(path), specifier));
  }
  return [...found].sort();
}

/* Each type that a schema gives, in full; the schemas themselves are left out. */
async function withoutInference(path: string): Promise<string> {
  const text = (await readFile(path, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
  if (!text.includes(`'${INFERRED_FROM}'`)) return text;
  const program = ts.createProgram([path], {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`${path} is not there`);
  const kept = source.statements.flatMap((statement) => {
    const written = statement.getFullText(source);
    if (ts.isImportDeclaration(statement) && written.includes(INFERRED_FROM)) return [];
    if (ts.isVariableStatement(statement) && /\bv\.\w/.test(written)) return [];
    if (!ts.isTypeAliasDeclaration(statement) || !/\bv\.\w/.test(written)) return [written];
    const type = checker.getTypeAtLocation(statement.name);
    return [`\nexport type ${statement.name.text} = ${checker.typeToString(type, statement, IN_FULL)};`];
  });
  return `${kept.join('')}\n`;
}

// Who may import whom (DESIGN §7). Read from the import statements of the sources, type imports included.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SOURCE = 'src';

/* Domains, lowest first: a domain imports itself and those before it, never a later one. */
const DOMAINS = [
  'error-codes',
  'bytes',
  'verdict',
  'files',
  'contract',
  'images',
  'cce-policy',
  'release-policy',
  'attestation',
  'sealed-blob',
  'key-release',
  'summary',
  'audit',
  'arm',
  'prerequisites',
  'diagnosis',
];

const LAYERS_ABOVE = [
  'workflows',
  'azure',
  'room-client',
  'stage',
  'attacks',
  'demo',
  'emulator',
  'summarizer',
  'cli',
];

interface SourceFile {
  readonly path: string;
  readonly area: string;
  readonly imports: readonly string[];
}

function sourceFiles(directory: string): readonly SourceFile[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(directory, name);
      return { path, area: areaOf(path), imports: importsOf(path) };
    });
}

function areaOf(path: string): string {
  const parts = relative(SOURCE, path).split('/');
  if (parts[0] === 'commands') return 'commands';
  return parts.length > 2 ? (parts[1] ?? '') : 'root';
}

function importsOf(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  const specifiers = [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? join(dirname(path), specifier) : specifier,
  );
}

function areasImported(file: SourceFile): readonly string[] {
  return file.imports.filter((path) => path.startsWith(`${SOURCE}/`)).map(areaOf);
}

describe('architecture', () => {
  const files = sourceFiles(SOURCE);

  it('knows every folder of src/lib', () => {
    const known = [...DOMAINS, ...LAYERS_ABOVE];
    const folders = readdirSync(join(SOURCE, 'lib'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    assert.deepEqual(
      folders.map((entry) => entry.name).filter((name) => !known.includes(name)),
      [],
    );
  });

  it('lets a domain import only the domains below it', () => {
    const violations = files
      .filter((file) => DOMAINS.includes(file.area))
      .flatMap((file) =>
        areasImported(file)
          .filter((area) => area !== 'root' && DOMAINS.indexOf(area) > DOMAINS.indexOf(file.area))
          .concat(areasImported(file).filter((area) => LAYERS_ABOVE.includes(area) || area === 'commands'))
          .map((area) => `${file.path} imports ${area}`),
      );
    assert.deepEqual(violations, []);
  });

  it('keeps adapters and the emulator out of the workflows', () => {
    const violations = files
      .filter((file) => file.area === 'workflows')
      .flatMap((file) =>
        areasImported(file).filter((area) => ['azure', 'emulator', 'cli', 'commands'].includes(area)),
      );
    assert.deepEqual(violations, []);
  });

  it('keeps the Azure SDKs in src/lib/azure', () => {
    const violations = files
      .filter((file) => file.area !== 'azure')
      .filter((file) => file.imports.some((specifier) => specifier.startsWith('@azure/')))
      .map((file) => file.path);
    assert.deepEqual(violations, []);
  });

  it('lets only the emulator commands and demo import the emulator', () => {
    const violations = files
      .filter((file) => file.area !== 'emulator' && areasImported(file).includes('emulator'))
      .map((file) => file.path)
      .filter((path) => !/^src\/(?:commands\/emulator\/|commands\/demo\.ts|lib\/demo\/)/.test(path));
    assert.deepEqual(violations, []);
  });

  it('keeps oclif and the Azure SDKs out of the room', () => {
    const violations = files
      .filter((file) => file.area === 'summarizer')
      .filter((file) => file.imports.some((specifier) => /^@(?:oclif|azure)\//.test(specifier)))
      .map((file) => file.path);
    assert.deepEqual(violations, []);
  });
});

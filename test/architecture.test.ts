// Who may import whom (docs/design.md). Read from the import statements of the sources, type imports included.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SOURCE = 'src';

/* The rooms of the house, lowest first: each imports itself and those before it, never a later one. */
const ROOMS = [
  'base',
  'contract',
  'cce-policy',
  'images',
  'attestation',
  'evidence',
  'sealed-blob',
  'summarizer',
  'room',
  'ports',
  'azure',
  'parties',
  'emulator',
  'attack-kit',
  'terminal',
  'cli',
  'commands',
];

/* What still stands against the order, and goes next: the attack kit plays through the command line's wiring, adapters take
   types of use cases. */
const EXCEPTIONS: readonly RegExp[] = [
  /^src\/lib\/attack-kit\/\S+ imports cli$/,
  /^src\/lib\/azure\/(?:block-uploader|stored-blob)\.ts imports parties$/,
  /^src\/lib\/ports\/azure-probe\.ts imports parties$/,
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
    const folders = readdirSync(join(SOURCE, 'lib'), { withFileTypes: true });
    assert.deepEqual(
      folders.map((entry) => entry.name).filter((name) => !ROOMS.includes(name)),
      [],
    );
  });

  it('lets a room import only the rooms below it', () => {
    const violations = files.flatMap((file) =>
      areasImported(file)
        .filter((area) => ROOMS.indexOf(area) > ROOMS.indexOf(file.area))
        .map((area) => `${file.path} imports ${area}`),
    );
    assert.deepEqual(
      [...new Set(violations)].filter((line) => !EXCEPTIONS.some((exception) => exception.test(line))),
      [],
    );
  });

  it('keeps adapters and the emulator out of the use cases', () => {
    const violations = files
      .filter((file) => file.area === 'parties')
      .flatMap((file) =>
        file.imports.filter((path) =>
          /^src\/(?:lib\/(?:azure\/(?!arm\/)|emulator|cli)|commands)\//.test(path),
        ),
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
      .filter(
        (path) => !/^src\/(?:commands\/emulator\/|commands\/demo\.ts|lib\/attack-kit\/demo\/)/.test(path),
      );
    assert.deepEqual(violations, []);
  });

  it('keeps oclif and the Azure SDKs out of the room', () => {
    const violations = files
      .filter((file) => file.area === 'room')
      .filter((file) => file.imports.some((specifier) => /^@(?:oclif|azure)\//.test(specifier)))
      .map((file) => file.path);
    assert.deepEqual(violations, []);
  });
});

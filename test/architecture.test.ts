// Who may import whom: the rooms of the house in their order, no circles, pure rooms, and who may know which library.
// Read from the import statements of the sources, type imports included.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { circlesOf } from './support/import-circles.js';

const SOURCE = 'src';

/* The rooms of the house, lowest first: each imports itself and those before it, never a later one. */
const ROOMS = [
  'base',
  'contract',
  'keys',
  'pages',
  'cce-policy',
  'http',
  'images',
  'attestation',
  'evidence',
  'sealed-blob',
  'summarizer',
  'room',
  'ports',
  'azure',
  'kubernetes',
  'parties',
  'emulator',
  'attack-kit',
  'terminal',
  'cli',
  'commands',
];

/* A browser can run these: no built-in module of Node.js. */
const PURE =
  /^src\/lib\/(?:base\/(?!files\/)|contract\/|pages\/|cce-policy\/|attestation\/|evidence\/|sealed-blob\/format\/)/;

interface Exception {
  /** As a violation is worded below. */
  readonly stands: RegExp;
  readonly because: string;
}

/* What still stands against a rule. One that is no longer needed fails a test: the lists only become shorter. */
const OUT_OF_ORDER: readonly Exception[] = [];

const BUILT_INS: readonly Exception[] = [
  {
    stands: /^src\/lib\/attestation\/crypto\/node-crypto\.ts /,
    because: 'the implementation of SignatureCrypto for Node.js; browsers take the one beside it',
  },
  {
    stands: /^src\/lib\/base\/bytes\/digest\.ts /,
    because: 'hashes what is long with the processor; `browser` in package.json names its portable twin',
  },
];

interface SourceFile {
  readonly path: string;
  readonly room: string;
  /** Paths of sources, names of packages. */
  readonly imports: readonly string[];
}

function sourceFiles(): readonly SourceFile[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(SOURCE, name);
      return { path, room: roomOf(path), imports: importsOf(path) };
    });
}

function roomOf(path: string): string {
  const parts = relative(SOURCE, path).split('/');
  if (parts[0] === 'commands') return 'commands';
  return parts.length > 2 ? (parts[1] ?? '') : 'no room';
}

const IMPORT = /(?:from\s+|import\s*\(\s*|import\s+)'([^']+)'/g;

function importsOf(path: string): readonly string[] {
  const specifiers = [...readFileSync(path, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? join(dirname(path), specifier).replace(/\.js$/, '.ts') : specifier,
  );
}

function roomsImported(file: SourceFile): readonly string[] {
  return file.imports.filter((path) => path.startsWith(`${SOURCE}/`)).map(roomOf);
}

/** Asserts that nothing violates a rule but what is excepted, and that each exception is still needed. */
function assertNoneBut(exceptions: readonly Exception[], violations: readonly string[]): void {
  const unexpected = violations.filter((line) => !exceptions.some(({ stands }) => stands.test(line)));
  assert.deepEqual([...new Set(unexpected)], []);
  const needless = exceptions.filter(({ stands }) => !violations.some((line) => stands.test(line)));
  assert.deepEqual(
    needless.map(({ stands }) => `no longer needed: ${stands.source}`),
    [],
  );
}

describe('architecture', () => {
  const files = sourceFiles();
  const sources = new Set(files.map(({ path }) => path));

  const importersOutside = (room: string, of: (specifier: string) => boolean): readonly string[] =>
    files.filter((file) => file.room !== room && file.imports.some(of)).map(({ path }) => path);

  it('has every source in a room that it knows', () => {
    assert.deepEqual(
      files.filter(({ room }) => !ROOMS.includes(room)).map(({ path }) => path),
      [],
    );
  });

  it('finds the file of every import', () => {
    const lost = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target.startsWith(`${SOURCE}/`) && target.endsWith('.ts') && !sources.has(target))
        .map((target) => `${path} imports ${target}`),
    );
    assert.deepEqual(lost, []);
  });

  it('lets a room import only the rooms below it', () => {
    assertNoneBut(
      OUT_OF_ORDER,
      files.flatMap((file) =>
        roomsImported(file)
          .filter((room) => ROOMS.indexOf(room) > ROOMS.indexOf(file.room))
          .map((room) => `${file.path} imports ${room}`),
      ),
    );
  });

  it('has no circle of imports, types included', () => {
    assert.deepEqual(circlesOf(new Map(files.map(({ path, imports }) => [path, imports]))), []);
  });

  it('keeps the built-in modules of Node.js out of what a browser runs', () => {
    assertNoneBut(
      BUILT_INS,
      files
        .filter(({ path }) => PURE.test(path))
        .flatMap(({ path, imports }) =>
          imports.filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
        ),
    );
  });

  it('lets what a browser runs stand on nothing but what a browser runs', () => {
    const impure = (name: string): boolean => name.startsWith(`${SOURCE}/`) && !PURE.test(name);
    assert.deepEqual(
      files
        .filter(({ path }) => PURE.test(path))
        .flatMap(({ path, imports }) => imports.filter(impure).map((name) => `${path} imports ${name}`)),
      [],
    );
  });

  it('keeps the network out of what a browser runs', () => {
    const network = /^(?:src\/lib\/http\/|(?:node:)?(?:https?|http2|net|tls|dgram)$)/;
    assert.deepEqual(
      files
        .filter(({ path, imports }) => PURE.test(path) && imports.some((name) => network.test(name)))
        .map(({ path }) => path),
      [],
    );
  });

  it('makes HTTP requests in one room: only servers import the modules of Node.js for it', () => {
    /* What attackers run in rooms of their own is a text in the attack kit; a mirror's files stream into the cache. */
    const serving =
      /^src\/lib\/(?:http|emulator|attack-kit\/attacks)\/|^src\/lib\/(?:room\/(?:web|plain)\/|room\/room\.ts|room\/storage-exchange\.ts|images\/base\/debian-mirror\.ts|terminal\/show-page\.ts)/;
    assert.deepEqual(
      importersOutside('http', (name) => /^node:https?$/.test(name)).filter((path) => !serving.test(path)),
      [],
    );
  });

  it('makes new keys in one file, where Node.js cannot lock itself over them', () => {
    const makers = [...sources].filter((path) =>
      /\bgenerateKeyPair(?:Sync)?\b/.test(readFileSync(path, 'utf8')),
    );
    assert.deepEqual(makers, ['src/lib/keys/fresh-key.ts']);
  });

  it('keeps adapters out of the use cases', () => {
    const adapter = /^src\/lib\/(?:azure\/(?!arm\/)|kubernetes\/(?!manifest\/))/;
    assert.deepEqual(
      files.filter(({ room, imports }) => room === 'parties' && imports.some((path) => adapter.test(path))),
      [],
    );
  });

  it('keeps the Azure SDKs in src/lib/azure, but for types of what an attacker sends', () => {
    assert.deepEqual(
      importersOutside('azure', (name) => name.startsWith('@azure/')).filter(
        (path) => !/^src\/lib\/attack-kit\/attacks\/send-/.test(path),
      ),
      [],
    );
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => /^src\/lib\/azure\/.*attack/.test(path)),
      [],
    );
  });

  it('loads an Azure SDK from src/lib/azure/sdk only, whose built form is one file each', () => {
    const loads = /import\('@azure\/|^(?:import|export)\s+(?!type\b)[^;]*from '@azure\//m;
    const loading = files
      .map(({ path }) => path)
      .filter((path) => loads.test(readFileSync(path, 'utf8')))
      .filter((path) => !path.startsWith('src/lib/azure/sdk/'));
    assert.deepEqual(loading, []);
  });

  it('loads the client of a cluster from src/lib/kubernetes/sdk only, whose built form is one file', () => {
    const loads = /import\('@kubernetes\/|^(?:import|export)\s+(?!type\b)[^;]*from '@kubernetes\//m;
    const loading = files.map(({ path }) => path).filter((path) => loads.test(readFileSync(path, 'utf8')));
    assert.deepEqual(loading, ['src/lib/kubernetes/sdk/client.ts']);
  });

  it('lets only the emulator commands and demo import the emulator', () => {
    const allowed = /^src\/(?:commands\/emulator\/|commands\/demo\.ts|lib\/attack-kit\/)/;
    assert.deepEqual(
      importersOutside('emulator', (path) => path.startsWith('src/lib/emulator/')).filter(
        (path) => !allowed.test(path),
      ),
      [],
    );
  });

  it('keeps the makers of certificates in the emulator', () => {
    assert.deepEqual(
      importersOutside('emulator', (name) =>
        /^(?:node-forge|@peculiar\/|reflect-metadata|azurite)/.test(name),
      ),
      [],
    );
  });

  it('lets a command line import nothing of the room but what starts it', () => {
    assert.deepEqual(
      files
        .filter(
          ({ room, path }) =>
            ['cli', 'terminal', 'commands'].includes(room) && path !== 'src/commands/summarizer.ts',
        )
        .filter(({ imports }) => imports.some((path) => path.startsWith('src/lib/room/')))
        .map(({ path }) => path),
      [],
    );
  });

  it('keeps oclif and the Azure SDKs out of the room', () => {
    assert.deepEqual(
      files
        .filter(
          ({ room, imports }) => room === 'room' && imports.some((name) => /^@(?:oclif|azure)\//.test(name)),
        )
        .map(({ path }) => path),
      [],
    );
  });
});

describe('the circles of an import graph', () => {
  it('are found whatever their length, each once', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'outside']],
      ['c', ['a']],
      ['d', ['a', 'e']],
      ['e', ['d']],
      ['f', ['a']],
    ]);
    assert.deepEqual(circlesOf(graph), [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });
});

// @cleanroom/cli as its users get it: packed with its shrinkwrap, installed globally into an empty prefix, run from there
// in an empty directory and home.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { runProcess } from '../support/cleanroom-process.js';
import { lendKeys } from '../support/local-azure.js';
import { npm, packInto } from '../support/npm-install.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const EVIDENCE = resolve('test/vectors/attestation/sets/aci-milan-v3-svn103-ec');
const TEXT = [
  'The ferry of Fabrikam leaves the northern harbour at six and carries crates of apples to the market.',
  'In winter the ferry leaves an hour later, because ice has to be cleared from the basin first.',
  'The harbour master keeps a book in which every crate is written down by weight and by orchard.',
].join(' ');

const CYRILLIC =
  'Город решил построить новый мост через реку. Работы начнутся в мае и продлятся два года. Стоимость составит сорок миллионов. Жители района опасаются шума и пыли.';

interface DemoResult {
  readonly summary: string;
  readonly method: string;
  readonly verdict: { readonly verdict: string };
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly resolved?: string }>
  >;
}

describe('the package @cleanroom/cli', function () {
  this.timeout(600_000);
  const root = useTemporaryDirectory();
  const at = (name: string): string => join(root(), name);
  const modules = (): string => at('prefix/lib/node_modules/@cleanroom/cli');

  before(() => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { files: readonly string[] };
    const shipped = manifest.files.filter((name) => name !== 'npm-shrinkwrap.json');
    for (const name of [
      'package.json',
      'package-lock.json',
      'README.md',
      'LICENSE',
      'tools/write-shrinkwrap.js',
      ...shipped,
    ])
      cpSync(name, join(at('staged'), name), { recursive: true });
    execFileSync(process.execPath, ['tools/write-shrinkwrap.js'], { cwd: at('staged') });
    const archive = packInto(root(), at('staged'));
    for (const name of ['home', 'desk', 'prefix']) mkdirSync(at(name));
    npm(root(), 'install', '--global', '--prefix', at('prefix'), '--prefer-offline', archive);
  });

  const run = (program: string, argv: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(program, argv, {
      cwd: at('desk'),
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: at('home'),
        TMPDIR: root(),
        TZ: 'Pacific/Kiritimati',
        NO_COLOR: '1',
      },
      timeout: 280_000,
    });
    return { status, stdout, stderr };
  };
  const cleanroom = (...argv: readonly string[]) => run(at('prefix/bin/cleanroom'), argv);
  const underUmask = (umask: string, ...argv: readonly string[]) =>
    run('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', at('prefix/bin/cleanroom'), ...argv]);
  const resultOf = (...argv: readonly string[]): Readonly<Record<string, unknown>> => {
    const { status, stdout, stderr } = cleanroom(...argv, '--json');
    assert.equal(status, 0, stdout + stderr);
    return (JSON.parse(stdout) as { result: Readonly<Record<string, unknown>> }).result;
  };

  it('may be published, and says where it came from to nobody: its shrinkwrap names no registry', () => {
    const manifest = JSON.parse(readFileSync(join(modules(), 'package.json'), 'utf8')) as {
      private?: boolean;
    };
    assert.equal(manifest.private, undefined);
    const text = readFileSync(join(modules(), 'npm-shrinkwrap.json'), 'utf8');
    assert.doesNotMatch(text, /https?:\/\/|"resolved"/);
  });

  it('X6: brings the versions that were tested, and nothing that only development needs', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
    const shrunk = JSON.parse(readFileSync(join(modules(), 'npm-shrinkwrap.json'), 'utf8')) as Lock;
    const versionOf = (path: string): string =>
      (JSON.parse(readFileSync(join(modules(), path, 'package.json'), 'utf8')) as { version: string })
        .version;
    for (const name of ['valibot', 'jose', '@oclif/core', '@azure/core-rest-pipeline', 'onnxruntime-node']) {
      const path = `node_modules/${name}`;
      assert.equal(versionOf(path), packages[path]?.version, name);
    }
    assert.deepEqual(
      Object.values(shrunk.packages).filter(({ dev }) => dev === true),
      [],
    );
    for (const name of ['mocha', 'typescript', 'eslint', 'esbuild'])
      assert.throws(() => versionOf(`node_modules/${name}`), { code: 'ENOENT' }, name);
  });

  it('runs --version', () => {
    const { status, stdout } = cleanroom('--version');
    assert.equal(status, 0);
    assert.match(stdout, /^@cleanroom\/cli\/\d+\.\d+\.\d+ /);
  });

  it('verifies real evidence', () => {
    const { verdict, trust } = resultOf(
      ...['verify', '--report', join(EVIDENCE, 'report.bin'), '--certs', join(EVIDENCE, 'endorsements.pem')],
      ...['--uvm', join(EVIDENCE, 'reference-info.cose'), '--at', '2026-11-23T00:00:00Z'],
    );
    assert.deepEqual([verdict, trust], ['accepted', 'hardware']);
  });

  it('summarizes with the model that comes with it', () => {
    writeFileSync(at('desk/notes.txt'), TEXT);
    const { summary, method } = resultOf(...['summarize', 'notes.txt', '--model', 't5-demo']);
    assert.ok(String(summary).length > 10);
    assert.equal(method, 't5');
  });

  it('I12: builds the room to the same bytes as this checkout, whatever umask, time zone and directory', async () => {
    const build = ['image', 'build', '--local-only', '--model', 't5-demo', '--json'];
    const here = await runProcess([...build, '--out', at('here.tar')], { cwd: root() });
    const { result } = JSON.parse(here.stdout) as { result: { manifestDigest: string } };
    const installed = underUmask('077', ...build, '--out', at('there.tar'));
    assert.deepEqual((JSON.parse(installed.stdout) as { result: object }).result, {
      ...result,
      path: at('there.tar'),
    });
  });

  it('runs the demo, whatever umask, on a text that no model of ours reads, in its own script', async () => {
    await lendKeys(at('home'));
    const text = at('text.txt');
    writeFileSync(text, `${CYRILLIC}\n\n\u2022 ${CYRILLIC.replaceAll('мост', 'порт')} \u{1f69a}\n`);
    const { status, stdout, stderr } = underUmask('077', 'demo', '--text', text, '--json');
    assert.equal(status, 0, stdout + stderr);
    const { result } = JSON.parse(stdout) as { result: DemoResult };
    assert.deepEqual([result.verdict.verdict, result.method], ['accepted', 'extractive']);
    assert.match(result.summary, /[а-я]{4,}/);
  });
});

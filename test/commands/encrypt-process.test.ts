// encrypt and decrypt as processes: pipes, Ctrl-C, and a disk that is full.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { requireTool } from '../support/tools.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const PROGRAM = resolve('bin/run.js');

describe('encrypt and decrypt as processes', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);

  before(() => {
    const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    writeFileSync(at('key.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
    writeFileSync(at('pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
    writeFileSync(at('text'), 'Fabrikam notes, line after line.\n'.repeat(700_000));
  });

  it('work in a pipe, for a text of many segments', () => {
    const command = `"$0" ${PROGRAM} encrypt - --to pub.jwk < text | "$0" ${PROGRAM} decrypt - --identity key.jwk | cmp - text`;
    const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', command, process.execPath], {
      cwd: directory(),
    });
    assert.equal(status, 0, stderr.toString());
  });

  it('take the private key from a file descriptor', () => {
    run(['encrypt', 'text', '--to', 'pub.jwk', '--out', 'fd.sealed']);
    const command = `"$0" ${PROGRAM} decrypt fd.sealed --identity fd:3 --out fd.text 3< key.jwk && cmp fd.text text`;
    assert.equal(spawnSync('bash', ['-c', command, process.execPath], { cwd: directory() }).status, 0);
  });

  it('leave nothing when they are interrupted, and exit with 130', async () => {
    const argv = [PROGRAM, 'encrypt', '-', '--to', 'pub.jwk', '--out', 'interrupted.sealed'];
    const child = spawn(process.execPath, argv, { cwd: directory() });
    child.stdin.on('error', () => undefined);
    const feed = setInterval(() => child.stdin.write('text\n'.repeat(100_000)), 20);
    await until(() => readdirSync(directory()).some((name) => name.startsWith('interrupted.sealed.')));
    child.kill('SIGINT');
    const code = await new Promise((done) => child.on('exit', done));
    clearInterval(feed);
    assert.equal(code, 130);
    assert.deepEqual(leftovers('interrupted'), []);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const) {
    it(`keep what was at the output when sealing a large file ends by ${signal}`, async () => {
      writeFileSync(at('endless'), '');
      for (let part = 0; part < 16; part++) appendFileSync(at('endless'), 'a line of text\n'.repeat(2 ** 22));
      writeFileSync(at('kept.sealed'), 'precious');
      const argv = [PROGRAM, 'encrypt', 'endless', '--to', 'pub.jwk', '--out', 'kept.sealed'];
      const child = spawn(process.execPath, argv, { cwd: directory(), stdio: 'ignore' });
      const ended = new Promise((done) => child.on('exit', done));
      const temporary = (): readonly string[] => leftovers('kept').filter((name) => name.endsWith('.tmp'));
      await until(() => temporary().some((name) => statSync(at(name)).size > 1024 ** 2));
      child.kill(signal);
      assert.equal(await ended, code);
      assert.equal(readFileSync(at('kept.sealed'), 'utf8'), 'precious');
      if (signal === 'SIGINT') assert.deepEqual(leftovers('kept'), ['kept.sealed']);
      for (const name of leftovers('kept')) rmSync(at(name));
    });
  }

  it('report a file that was written again while it was read, at the same length', async () => {
    sparse('rewritten', 512 * 1024 ** 2);
    const argv = [PROGRAM, 'encrypt', 'rewritten', '--to', 'pub.jwk', '--out', 'again.sealed', '--json'];
    const child = spawn(process.execPath, argv, { cwd: directory(), stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise((done) => child.on('exit', done));
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    await until(() => leftovers('again').length > 0);
    const file = openSync(at('rewritten'), 'r+');
    writeSync(file, 'other', 0);
    closeSync(file);
    assert.equal(await ended, 3);
    assert.match(stdout, /"code": "FILE_CHANGED"/);
    assert.deepEqual(leftovers('again'), []);
  });

  it('report a full disk, and keep what was there', () => {
    writeFileSync(at('full.sealed'), 'precious');
    // A limit on the size of files stands for the full disk.
    const command = `trap '' XFSZ; ulimit -f 2048; exec "$0" ${PROGRAM} encrypt text --to pub.jwk --out full.sealed --json`;
    const { status, stdout } = spawnSync('bash', ['-c', command, process.execPath], { cwd: directory() });
    assert.equal(status, 3);
    assert.equal(
      (JSON.parse(stdout.toString()) as { error: { code: string } }).error.code,
      'FILE_UNWRITABLE',
    );
    assert.equal(readFileSync(at('full.sealed'), 'utf8'), 'precious');
    assert.deepEqual(leftovers('full'), ['full.sealed']);
  });

  it('report a full disk behind a pipe, and a reader that left, without a stack trace', () => {
    run(['encrypt', 'text', '--to', 'pub.jwk', '--out', 'piped.sealed']);
    const commands = {
      [`"$0" ${PROGRAM} encrypt text --to pub.jwk > /dev/full`]: /cannot be written.*ENOSPC/,
      [`"$0" ${PROGRAM} decrypt piped.sealed --identity key.jwk > /dev/full`]: /cannot be written.*ENOSPC/,
      [`"$0" ${PROGRAM} decrypt piped.sealed --identity key.jwk | head -c 9 > first; exit \${PIPESTATUS[0]}`]:
        /was closed/,
    };
    for (const [command, message] of Object.entries(commands)) {
      const { status, stderr } = spawnSync('bash', ['-c', command, process.execPath], { cwd: directory() });
      assert.equal(status, 3, stderr.toString());
      assert.match(stderr.toString(), message);
      assert.doesNotMatch(stderr.toString(), /\n\s+at /);
    }
  });

  it('release nothing of a bad segment into a pipe, and end with an error', () => {
    run(['encrypt', 'text', '--to', 'pub.jwk', '--out', 'bad.sealed']);
    const sealed = readFileSync(at('bad.sealed'));
    sealed[12 * 1024 * 1024]! ^= 1;
    writeFileSync(at('bad.sealed'), sealed);
    const { status, stdout } = spawnSync(
      process.execPath,
      [PROGRAM, 'decrypt', 'bad.sealed', '--identity', 'key.jwk'],
      { cwd: directory(), maxBuffer: 1 << 26 },
    );
    assert.equal(status, 5);
    assert.ok(stdout.length < 12 * 1024 * 1024);
    assert.ok(readFileSync(at('text')).subarray(0, stdout.length).equals(stdout));
  });

  it('stay below 150 MB of memory, whatever the size', function () {
    requireTool(this, 'python3');
    const count = 12_000_000;
    writeFileSync(at('large'), 'Fabrikam notes, line after line.\n'.repeat(count));
    const probe =
      'import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)';
    // Not under coverage, which keeps counters in memory.
    const env = { PATH: process.env['PATH'] };
    const peakOf = (line: string): number => {
      const argv = ['-o', 'pipefail', '-c', line, 'bash', 'python3', '-c', probe, process.execPath, PROGRAM];
      const { status, stderr } = spawnSync('bash', argv, { cwd: directory(), env });
      assert.equal(status, 0, stderr.toString());
      return Number(/(\d+)\s*$/.exec(stderr.toString())?.[1]) * 1024;
    };
    const peaks = [
      '"$@" encrypt large --to pub.jwk --out large.sealed',
      '"$@" decrypt large.sealed --identity key.jwk --out large.text > /dev/null',
      'cat large | "$@" encrypt - --to pub.jwk | cat > /dev/null',
      'cat large.sealed | "$@" decrypt - --identity key.jwk | cat > /dev/null',
    ].map(peakOf);
    assert.equal(statSync(at('large.text')).size, count * 33);
    for (const peak of peaks) assert.ok(peak > 0 && peak < 150_000_000, `${peak} bytes`);
  });

  it('report a file that grows while it is read', () => {
    writeFileSync(at('growing'), 'text\n'.repeat(6_000_000));
    const command = `(for i in $(seq 400); do echo more >> growing; sleep 0.01; done) & "$0" ${PROGRAM} encrypt growing --to pub.jwk --out grown.sealed --json; status=$?; kill $!; exit $status`;
    const { status } = spawnSync('bash', ['-c', command, process.execPath], { cwd: directory() });
    assert.equal(status, 3);
    assert.deepEqual(leftovers('grown'), []);
  });

  function run(argv: readonly string[]): void {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...argv], { cwd: directory() });
    assert.equal(status, 0, stderr.toString());
  }

  /** A text of zero bytes that takes no room. */
  function sparse(name: string, bytes: number): void {
    writeFileSync(at(name), '');
    truncateSync(at(name), bytes);
  }

  function leftovers(prefix: string): readonly string[] {
    return readdirSync(directory()).filter((name) => name.startsWith(`${prefix}.`));
  }
});

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds() && Date.now() < end) await new Promise((done) => setTimeout(done, 20));
}

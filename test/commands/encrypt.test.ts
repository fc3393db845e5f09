// encrypt --to and decrypt: argv in; files, exit codes and JSON out.

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { runCleanroomJson } from '../support/run-command.js';

describe('encrypt and decrypt', () => {
  let dir: string;
  const at = (...parts: readonly string[]): string => join(dir, ...parts);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cleanroom-encrypt-'));
    for (const name of ['ec', 'other']) {
      const { privateKey, publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
      writeFileSync(at(`${name}.jwk`), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
      writeFileSync(at(`${name}.pub.jwk`), JSON.stringify(publicKey.export({ format: 'jwk' })));
    }
    const rsa = freshKeyPairSync({ type: 'rsa', bits: 2048 });
    writeFileSync(at('rsa.jwk'), JSON.stringify(rsa.privateKey.export({ format: 'jwk' })));
    writeFileSync(at('rsa.pub.jwk'), JSON.stringify(rsa.publicKey.export({ format: 'jwk' })));
  });

  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('gives each recipient the text back, and shows none of it', async () => {
    writeFileSync(at('notes.txt'), 'grüße aus Fabrikam\n'.repeat(1000));
    const sealed = await runCleanroomJson(
      ...['encrypt', at('notes.txt'), '--to', at('ec.pub.jwk'), '--to', at('rsa.pub.jwk')],
      ...['--out', at('notes.sealed')],
    );
    assert.equal(sealed.code, 0);
    assert.ok(!readFileSync(at('notes.sealed')).includes('Fabrikam'));
    for (const key of ['ec', 'rsa']) {
      const { code } = await runCleanroomJson(
        ...['decrypt', at('notes.sealed'), '--identity', at(`${key}.jwk`), '--out', at(`${key}.txt`)],
      );
      assert.equal(code, 0);
      assert.deepEqual(readFileSync(at(`${key}.txt`)), readFileSync(at('notes.txt')));
    }
  });

  it('seals any bytes, and no bytes: a file for recipients need not be a text', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255, 254, 0, 10]), Buffer.from('PK\u0003\u0004')]) {
      writeFileSync(at('any.bin'), bytes);
      assert.equal((await seal('any.bin')).code, 0);
      assert.equal((await decrypt('ec.jwk', 'any.out')).code, 0);
      assert.deepEqual(readFileSync(at('any.out')), bytes);
      for (const name of ['blob.sealed', 'any.out']) rmSync(at(name));
    }
  });

  it('refuses a wrong key with exit 5, and leaves no file', async () => {
    writeFileSync(at('notes.txt'), 'text');
    await seal('notes.txt');
    const { code, json } = await decrypt('other.jwk', 'out.txt');
    assert.equal(code, 5);
    assert.equal((json['error'] as { code: string }).code, 'SEALED_BLOB_REJECTED');
    assert.deepEqual(leftovers(), []);
  });

  it('keeps what was at the output when opening fails', async () => {
    writeFileSync(at('notes.txt'), 'text');
    await seal('notes.txt');
    const blob = readFileSync(at('blob.sealed'));
    blob[blob.length - 1]! ^= 1;
    writeFileSync(at('blob.sealed'), blob);
    writeFileSync(at('out.txt'), 'precious');
    assert.equal((await decrypt('ec.jwk', 'out.txt')).code, 5);
    assert.equal(readFileSync(at('out.txt'), 'utf8'), 'precious');
  });

  it('seals a directory as one dataset and gives it back, names and all', async () => {
    mkdirSync(at('notes', 'sub'), { recursive: true });
    writeFileSync(at('notes', 'a.txt'), 'first');
    writeFileSync(at('notes', 'sub', 'b.txt'), 'second');
    const { json } = await seal('notes');
    assert.equal((json['result'] as { documents: number }).documents, 2);
    const { code } = await decrypt('ec.jwk', 'opened');
    assert.equal(code, 0);
    assert.equal(readFileSync(at('opened', 'sub', 'b.txt'), 'utf8'), 'second');
    assert.equal((await decrypt('ec.jwk', 'opened')).code, 3, 'never over what is there');
  });

  it('seals the files that a pattern matches', async () => {
    for (const name of ['a.txt', 'b.txt', 'c.md']) writeFileSync(at(name), name);
    assert.equal(((await seal('*.txt')).json['result'] as { documents: number }).documents, 2);
  });

  it('II3: follows no link out of the directory', async () => {
    mkdirSync(at('notes'));
    symlinkSync('/etc/hostname', at('notes', 'link.txt'));
    const { code, json } = await seal('notes');
    assert.equal(code, 3);
    assert.equal((json['error'] as { code: string }).code, 'DOCUMENTS_INVALID');
  });

  for (const [name, bytes] of [
    ['nothing', ''],
    ['white space, also of other scripts', ' \n\t\u3000\ufeff'],
    ['NUL behind a megabyte of text', `${'a'.repeat(1_100_000)}\u0000`],
    ['seven megabytes that are no text', Buffer.alloc(7_000_000, 0x9f)],
    ['a ZIP or DOCX', Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0])],
    ['Latin-1', Buffer.from('gr\u00fc\u00dfe', 'latin1')],
    ['a character cut off at the end', Buffer.from('\u20ac').subarray(0, 2)],
  ] as const) {
    it(`seals any bytes for a key, and gives the same back: ${name}`, async () => {
      writeFileSync(at('notes.txt'), bytes);
      assert.equal((await seal('notes.txt')).code, 0);
      assert.equal((await decrypt('ec.jwk', 'out.txt')).code, 0);
      assert.ok(Buffer.from(bytes).equals(readFileSync(at('out.txt'))));
    });
  }

  for (const [name, jwk] of [
    ['a private key', () => readFileSync(at('ec.jwk'), 'utf8')],
    [
      'a weak RSA key',
      () => JSON.stringify(freshKeyPairSync({ type: 'rsa', bits: 1024 }).publicKey.export({ format: 'jwk' })),
    ],
    ['a coordinate of the wrong size', () => '{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}'],
    ['a symmetric key', () => '{"kty":"oct","k":"AAAA"}'],
    ['no JSON', () => 'ssh-rsa AAAA'],
  ] as const) {
    it(`refuses ${name} as recipient`, async () => {
      writeFileSync(at('notes.txt'), 'text');
      writeFileSync(at('ec.pub.jwk'), jwk());
      const { code, json } = await seal('notes.txt');
      assert.equal(code, 3);
      assert.equal((json['error'] as { code: string }).code, 'JWK_INVALID');
    });
  }

  it('X7: takes the private key from the environment, never as an argument, and repeats none of it', async () => {
    writeFileSync(at('notes.txt'), 'text');
    await seal('notes.txt');
    const secret = readFileSync(at('ec.jwk'), 'utf8');
    process.env['TEST_IDENTITY'] = secret;
    const fromEnvironment = await runCleanroomJson(
      ...['decrypt', at('blob.sealed'), '--identity', 'env:TEST_IDENTITY', '--out', at('out.txt')],
    );
    delete process.env['TEST_IDENTITY'];
    assert.equal(fromEnvironment.code, 0);
    const asArgument = await runCleanroomJson(
      'decrypt',
      at('blob.sealed'),
      '--identity',
      secret,
      '--out',
      at('x'),
    );
    assert.equal(asArgument.code, 2);
    const { d } = JSON.parse(secret) as { d: string };
    assert.ok(!`${JSON.stringify(asArgument.json)}${asArgument.stderr}`.includes(d));
  });

  it('reports a missing file, a directory without files, and an output that cannot be written', async () => {
    mkdirSync(at('empty'));
    writeFileSync(at('notes.txt'), 'text');
    assert.equal((await seal('missing.txt')).code, 3);
    assert.equal((await seal('empty')).code, 3);
    const { code } = await runCleanroomJson(
      ...['encrypt', at('notes.txt'), '--to', at('ec.pub.jwk'), '--out', at('none', 'x.sealed')],
    );
    assert.equal(code, 3);
  });

  function seal(source: string) {
    return runCleanroomJson('encrypt', at(source), '--to', at('ec.pub.jwk'), '--out', at('blob.sealed'));
  }

  function decrypt(key: string, out: string) {
    return runCleanroomJson('decrypt', at('blob.sealed'), '--identity', at(key), '--out', at(out));
  }

  function leftovers(): readonly string[] {
    return readdirSync(dir).filter(
      (name) => /\.tmp$|^out/.test(name) || (name === 'blob.sealed' && !existsSync(at(name))),
    );
  }
});

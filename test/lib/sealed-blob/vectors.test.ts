// Vectors written by the second implementation (tools/sealed_blob.py), under the example key of RFC 7517 appendix A.2;
// and the second implementation itself, where it can run, against ours.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { FIRST_SEGMENT_TEXT, SEGMENT_TEXT } from '../../../src/lib/sealed-blob/format/layout.js';
import { readIdentityKey, recipientKeyOf } from '../../../src/lib/keys/recipient-key.js';
import { openBytes, sealBytes } from '../../support/sealed.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const VECTORS = 'test/vectors/sealed';
const TOOL = 'tools/sealed_blob.py';
/* The plaintexts of the vectors are the beginning of this. */
const TEXT = Buffer.from('grobe Notizen\n'.repeat(80_000));

describe('vectors of the sealed format', () => {
  const identity = readIdentityKey(readFileSync(join(VECTORS, 'rfc7517-a2-ec.jwk'), 'utf8'));

  for (const [name, length, pieces] of [
    ['empty', 0, [1, 1 << 24]],
    ['small', 5, [1, 7, 1 << 24]],
    ['small-without-mac', 5, [1, 7, 1 << 24]],
    ['small-committed', 5, [1, 7, 1 << 24]],
    ['two-segments', FIRST_SEGMENT_TEXT + 1, [1, 1000, 65_536, 1 << 24]],
  ] as const) {
    it(`opens ${name}.sealed whole, streamed and byte by byte`, async () => {
      const sealed = readFileSync(join(VECTORS, `${name}.sealed`));
      for (const piece of pieces) {
        assert.ok(TEXT.subarray(0, length).equals(await openBytes(sealed, identity, piece)));
      }
    });
  }
});

describe('second implementation, in Python', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  let parties: readonly { name: string; jwk: JsonWebKey }[];

  before(function () {
    const probe = spawnSync('python3', ['-c', 'import cryptography']);
    if (probe.status !== 0) {
      if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1')
        assert.fail('python3-cryptography is not installed');
      this.skip();
    }
    parties = [
      {
        name: 'p256',
        jwk: freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey.export({ format: 'jwk' }),
      },
      {
        name: 'p521',
        jwk: freshKeyPairSync({ type: 'ec', curve: 'P-521' }).privateKey.export({ format: 'jwk' }),
      },
      {
        name: 'rsa',
        jwk: freshKeyPairSync({ type: 'rsa', bits: 3072 }).privateKey.export({ format: 'jwk' }),
      },
    ];
    for (const { name, jwk } of parties) writeFileSync(join(directory(), name), JSON.stringify(jwk));
  });

  const sizes = [
    0,
    1,
    FIRST_SEGMENT_TEXT,
    FIRST_SEGMENT_TEXT + SEGMENT_TEXT,
    FIRST_SEGMENT_TEXT + SEGMENT_TEXT + 1,
  ];
  for (const size of sizes) {
    it(`opens our ${size} bytes for each recipient, and we open its`, async () => {
      const plaintext = Buffer.alloc(size, 'Fabrikam ');
      const ours = await sealBytes(plaintext, ...parties.map(({ jwk }) => partyOf(jwk)));
      const theirs = python(['seal', ...parties.map(({ name }) => join(directory(), name))], plaintext);
      for (const { name, jwk } of parties) {
        assert.ok(python(['open', join(directory(), name)], ours).equals(plaintext));
        assert.ok(plaintext.equals(await openBytes(theirs, partyOf(jwk).identity, 1 << 20)));
      }
    });
  }

  it('writes the form without MAC, and we open it', async () => {
    const keys = parties.map(({ name }) => join(directory(), name));
    const theirs = python(['plain', ...keys], utf8('text'));
    for (const { jwk } of parties) {
      assert.equal(Buffer.from(await openBytes(theirs, partyOf(jwk).identity)).toString(), 'text');
    }
  });

  it('refuses what we refuse', async () => {
    const [{ name, jwk } = { name: '', jwk: {} }] = parties;
    const sealed = await sealBytes(utf8('text'), partyOf(jwk));
    for (let place = 8; place < sealed.length; place += 97) {
      const changed = sealed.slice();
      changed[place]! ^= 1;
      const { status } = spawnSync('python3', [TOOL, 'open', join(directory(), name)], { input: changed });
      assert.notEqual(status, 0);
    }
  });

  function python(argv: readonly string[], input: Uint8Array): Buffer {
    const { status, stdout, stderr } = spawnSync('python3', [TOOL, ...argv], { input, maxBuffer: 1 << 25 });
    assert.equal(status, 0, stderr.toString());
    return stdout;
  }

  function partyOf(jwk: JsonWebKey) {
    const identity = readIdentityKey(JSON.stringify(jwk));
    return { identity, recipient: recipientKeyOf(createPublicKey(identity)) };
  }
});

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { concatBytes, decodeUtf8, equalBytes, utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import {
  fromAnyBase64,
  fromBase64,
  fromBase64Url,
  toBase64,
  toBase64Url,
} from '../../../../src/lib/base/bytes/base64.js';
import { parseSha256Hex, sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { fromHex, toHex } from '../../../../src/lib/base/bytes/hex.js';

const anyBytes = fc.uint8Array({ maxLength: 300 });

describe('encodings of bytes', () => {
  it('round-trip through hex and both alphabets of base64', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        assert.deepEqual(fromHex(toHex(bytes)), bytes);
        assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
        assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes);
        assert.deepEqual(fromAnyBase64(toBase64(bytes)), bytes);
        assert.deepEqual(fromAnyBase64(toBase64Url(bytes)), bytes);
      }),
    );
  });

  it('agree with Node where Node is strict', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
        assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString('base64url'));
        assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
      }),
    );
  });

  for (const text of ['QQ', 'QQ=', 'QR==', 'Q===', 'QQ==\n', 'Q Q=', 'QQ--', '=']) {
    it(`refuse ${JSON.stringify(text)} as padded standard base64`, () => {
      assert.equal(fromBase64(text), null);
    });
  }

  for (const text of ['QQ==', 'QR', 'Q', 'Q+Q', 'Q/Q', 'QQ ']) {
    it(`refuse ${JSON.stringify(text)} as unpadded base64url`, () => {
      assert.equal(fromBase64Url(text), null);
    });
  }

  it('decode megabytes, and refuse megabytes that are no base64', () => {
    const text = Buffer.alloc(9_000_000, 7).toString('base64');
    assert.equal(fromBase64(text)?.length, 9_000_000);
    assert.equal(fromBase64(`${text.slice(0, -1)}!`), null);
  });

  it('refuse a mixture of the two alphabets', () => {
    assert.equal(fromAnyBase64('+-AA'), null);
  });

  it('take hex of either case, in whole bytes only', () => {
    assert.deepEqual(fromHex('0aFF'), Uint8Array.of(10, 255));
    assert.equal(fromHex('0a0'), null);
    assert.equal(fromHex('0g'), null);
  });

  it('take as a SHA-256 digest 64 lower-case digits only', () => {
    const digest = sha256Hex('');
    assert.equal(digest, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(parseSha256Hex(digest), digest);
    assert.equal(parseSha256Hex(digest.toUpperCase()), null);
    assert.equal(parseSha256Hex(digest.slice(1)), null);
  });

  it('join and compare', () => {
    assert.deepEqual(concatBytes(utf8('ab'), utf8(''), utf8('c')), utf8('abc'));
    assert.ok(equalBytes(utf8('abc'), utf8('abc')));
    assert.ok(!equalBytes(utf8('abc'), utf8('abd')));
    assert.ok(!equalBytes(utf8('abc'), utf8('ab')));
  });

  it('refuse bytes that are not UTF-8, and keep a byte order mark', () => {
    assert.equal(decodeUtf8(Uint8Array.of(0xc3, 0x28)), null);
    assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA');
  });
});

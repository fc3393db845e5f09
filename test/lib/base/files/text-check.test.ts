// One rule says what a text is, to the owner who seals it and to the room that reads it: whole, piece by piece, byte by byte.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { readChunks } from '../../../../src/lib/base/files/byte-reader.js';
import { checkText, createTextCheck } from '../../../../src/lib/base/files/text-check.js';
import { decodeSource } from '../../../../src/lib/summarizer/source-text.js';

const TEXTS: readonly Uint8Array[] = [
  ...['a', 'grüß dich', '\ufeffa', '…', '日本', '\u3000あ', 'a\u001b[2J', '\u2003\u{1d11e}', '0'].map(utf8),
  utf8(`${' '.repeat(70_000)}a`),
  utf8(`${'a'.repeat(70_000)}${'\u0001'.repeat(70_000)}`),
];

const NO_TEXTS: Readonly<Record<string, readonly (readonly [string, Uint8Array])[]>> = {
  TEXT_EMPTY: [
    ['nothing', utf8('')],
    ['white space', utf8(' \n\t\v\f\r')],
    ['white space of other scripts', utf8('\u00a0\u1680\u2003\u2028\u205f\u3000\ufeff')],
  ],
  TEXT_BINARY: [
    ['NUL', utf8('abc\0def')],
    ['NUL far behind', utf8(`${'a'.repeat(200_000)}\0`)],
    ['a ZIP or DOCX', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0)],
    ['mostly control characters', utf8('a\u0001'.repeat(1000))],
    ['UTF-16 without a mark', Uint8Array.from(Buffer.from('text', 'utf16le'))],
  ],
  TEXT_NOT_UTF8: [
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0x62)],
    ['Latin-1', Uint8Array.of(0x67, 0x72, 0xfc, 0xdf)],
    ['a lone surrogate', Uint8Array.of(0x61, 0xed, 0xa0, 0x80)],
    ['a text that is cut short', Uint8Array.of(0x61, 0xe2, 0x82)],
  ],
};

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  yield bytes;
}

type Way = (bytes: Uint8Array) => void | Promise<void>;

const inPieces =
  (size: number): Way =>
  (bytes) => {
    const check = createTextCheck('notes.txt');
    for (let at = 0; at < bytes.length; at += size) check.add(bytes.subarray(at, at + size));
    check.end();
  };

const WAYS: Readonly<Record<string, Way>> = {
  whole: inPieces(Number.MAX_SAFE_INTEGER),
  'byte by byte': inPieces(1),
  'in pieces of 7': inPieces(7),
  'as a stream': async (bytes) => {
    const reader = checkText('notes.txt', readChunks(piecesOf(bytes)));
    const target = new Uint8Array(1000);
    while ((await reader.readInto(target)) === target.length);
  },
  'as the room reads it': (bytes) => void decodeSource('notes.txt', bytes),
};

async function codeOf(way: Way, bytes: Uint8Array): Promise<string | null> {
  try {
    await way(bytes);
    return null;
  } catch (cause) {
    if (cause instanceof CleanroomError) return cause.code;
    throw cause;
  }
}

describe('what a text is', () => {
  for (const [name, way] of Object.entries(WAYS)) {
    it(`II1: is the same ${name}`, async () => {
      for (const text of TEXTS)
        assert.equal(await codeOf(way, text), null, Buffer.from(text.subarray(0, 20)).toString());
      for (const [code, cases] of Object.entries(NO_TEXTS))
        for (const [what, bytes] of cases) assert.equal(await codeOf(way, bytes), code, what);
    });
  }

  it('II1: is decided alike by owner and room for any bytes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }).map(utf8),
      fc.string({ unit: fc.constantFrom(' ', '\u00a0', '\u3000', '\n', '\ufeff', '\u200b') }).map(utf8),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5 }), async (text, size) => {
        const room = await codeOf(WAYS['as the room reads it']!, text);
        const owner = await codeOf(inPieces(size), text);
        assert.equal(owner === null, room === null, `${owner} ${room}`);
      }),
      { numRuns: 2000 },
    );
  });
});

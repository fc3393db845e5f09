import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { readDocuments } from '../../../src/lib/summarizer/read-documents.js';
import { MAX_SOURCE_BYTES } from '../../../src/lib/summarizer/size-limits.js';
import { decodeSource } from '../../../src/lib/summarizer/source-text.js';

describe('source text', () => {
  it('is UTF-8, without its byte order mark', () => {
    assert.deepEqual(decodeSource('a', utf8('\ufeffgrüß dich')), { name: 'a', text: 'grüß dich' });
  });

  const refused: Record<string, readonly [string, Uint8Array]> = {
    'an empty text': ['TEXT_EMPTY', utf8('')],
    'white space': ['TEXT_EMPTY', utf8(' \n\t\ufeff')],
    'NUL bytes': ['TEXT_BINARY', utf8('abc\0def')],
    'a ZIP or DOCX': ['TEXT_BINARY', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0)],
    'Latin-1': ['TEXT_NOT_UTF8', Uint8Array.of(0x67, 0x72, 0xfc, 0xdf)],
    'UTF-16': ['TEXT_NOT_UTF8', Uint8Array.of(0xff, 0xfe, 0x61, 0)],
    'a lone surrogate': ['TEXT_NOT_UTF8', Uint8Array.of(0x61, 0xed, 0xa0, 0x80)],
    'UTF-8 cut short': ['TEXT_NOT_UTF8', Uint8Array.of(0x61, 0xe2, 0x82)],
  };
  for (const [name, [code, bytes]] of Object.entries(refused)) {
    it(`II1: is not ${name}`, () => {
      assert.throws(() => decodeSource('a', bytes), { code });
    });
  }

  it('II1: refuses an endless line from a stream once it is too large, without holding more', async () => {
    let sent = 0;
    const endless = Readable.from(
      (function* () {
        for (const chunk = Buffer.alloc(1 << 20, 97); sent < 300; sent++) yield chunk;
      })(),
    );
    await assert.rejects(readDocuments('-', endless), { code: 'FILE_TOO_LARGE' });
    assert.ok(sent <= MAX_SOURCE_BYTES / (1 << 20) + 32, `${sent} MiB were read`);
  });

  it('is one document a file of a directory, in the order of names, hidden files left out', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cleanroom-documents-'));
    try {
      mkdirSync(join(directory, 'b'));
      writeFileSync(join(directory, 'b/two.txt'), 'Two.');
      writeFileSync(join(directory, 'a.txt'), 'One.');
      writeFileSync(join(directory, '.hidden'), 'No.');
      assert.deepEqual(await readDocuments(directory, process.stdin), [
        { name: 'a.txt', text: 'One.' },
        { name: 'b/two.txt', text: 'Two.' },
      ]);
      writeFileSync(join(directory, 'c.bin'), '\0');
      await assert.rejects(readDocuments(directory, process.stdin), {
        code: 'TEXT_BINARY',
        message: /c\.bin/,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('says which file is not there', async () => {
    await assert.rejects(readDocuments('/nowhere/a.txt', process.stdin), { code: 'FILE_NOT_FOUND' });
  });
});

// A text of one's own, of any kind, is taken or refused alike by every command that takes one.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { openSource } from '../../../src/lib/attack-kit/demo/text-source.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { CleanroomError, type ErrorCode } from '../../../src/lib/base/errors.js';
import { SILENT } from '../../../src/lib/base/progress.js';
import { requireText } from '../../../src/lib/parties/agree/require-text.js';
import { openPlainDataset } from '../../../src/lib/parties/plain-dataset.js';
import { sealFile } from '../../../src/lib/parties/seal-file.js';
import { readDocuments } from '../../../src/lib/summarizer/read-documents.js';
import { chunksOf, ecParty } from '../../support/sealed.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const TEXT = utf8('The quarterly notes of Fabrikam name three risks and one chance.');
const NOTHING = (): AsyncIterable<Uint8Array> => chunksOf(new Uint8Array(0));

interface Kind {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Relative to the directory with the files. */
  readonly named: string;
  /** Null where it is taken. */
  readonly code: ErrorCode | null;
  /** What the error and its hint must name. */
  readonly says?: RegExp;
}

const one = (name: string, content: Uint8Array | string, code: ErrorCode | null, says?: RegExp): Kind => ({
  files: { [name]: typeof content === 'string' ? utf8(content) : content },
  named: name,
  code,
  ...(says === undefined ? {} : { says }),
});
const ending = (...head: number[]): Uint8Array => Uint8Array.from([...head, ...TEXT]);

const KINDS: Readonly<Record<string, Kind>> = {
  'a text': one('notes.txt', TEXT, null),
  'a text with a byte order mark': one('notes.txt', ending(0xef, 0xbb, 0xbf), null),
  'a CSV file': one('notes.csv', 'risk,chance\nthree risks,one chance\n', null),
  Markdown: one('notes.md', '# Notes\n\n- three risks\n', null),
  'a PDF document': one('a.pdf', `%PDF-1.7\n${'plain words\n'.repeat(9)}`, 'TEXT_BINARY', /PDF.*pdftotext/s),
  'a PDF document with binary parts': one(
    'a.pdf',
    ending(...utf8('%PDF-1.4\n%'), 0xe2, 0xe3, 0xcf),
    'TEXT_BINARY',
    /PDF.*pdftotext/s,
  ),
  'a DOCX document': one('a.docx', ending(0x50, 0x4b, 3, 4, 20, 0, 6, 0), 'TEXT_BINARY', /DOCX.*pandoc/s),
  'an RTF document': one('a.rtf', '{\\rtf1\\ansi three risks}', 'TEXT_BINARY', /RTF.*pandoc/s),
  'a DOC document': one(
    'a.doc',
    ending(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1),
    'TEXT_BINARY',
    /Office.*plain text/s,
  ),
  'gzip data': one('a.txt.gz', ending(0x1f, 0x8b, 8), 'TEXT_BINARY', /gzip.*gunzip/s),
  'a picture': one('a.png', ending(0x89, 0x50, 0x4e, 0x47, 13, 10), 'TEXT_BINARY', /PNG.*tesseract/s),
  'other binary data': one('a.bin', ending(0x7f, 0x45, 0, 1), 'TEXT_BINARY', /binary/),
  'Latin-1': one('a.txt', ending(0x67, 0x72, 0xfc), 'TEXT_NOT_UTF8', /UTF-8/),
  'UTF-16': one('a.txt', Uint8Array.from(Buffer.from('\ufeffnotes', 'utf16le')), 'TEXT_NOT_UTF8', /iconv/),
  'white space': one('a.txt', ' \n', 'TEXT_EMPTY'),
  'a directory': { files: { 'notes/a.txt': TEXT, 'notes/b/c.md': TEXT }, named: 'notes', code: null },
  'a directory with a hidden file that is no text': {
    files: {
      'notes/a.txt': TEXT,
      'notes/.DS_Store': Uint8Array.of(0, 0, 0, 1),
      'notes/.git/x': Uint8Array.of(0),
    },
    named: 'notes',
    code: null,
  },
  'a directory of hidden files': {
    files: { 'notes/.a.txt': TEXT },
    named: 'notes',
    code: 'FILE_EMPTY',
    says: /hidden.*text file/s,
  },
  'a directory with a PDF document': {
    files: { 'notes/a.txt': TEXT, 'notes/b.pdf': utf8('%PDF-1.7 words') },
    named: 'notes',
    code: 'TEXT_BINARY',
    says: /b\.pdf is a PDF/,
  },
  'a pattern': {
    files: { 'notes/a.txt': TEXT, 'notes/b.pdf': utf8('%PDF-1.7 words') },
    named: 'notes/*.txt',
    code: null,
  },
  'a pattern that nothing matches': {
    files: { 'a.txt': TEXT },
    named: '*.md',
    code: 'FILE_NOT_FOUND',
    says: /\*\.md.*directory/s,
  },
  'a file that is not there': {
    files: {},
    named: 'no.txt',
    code: 'FILE_NOT_FOUND',
    says: /no\.txt does not exist.*directory.*pattern/s,
  },
};

/* What each command does with the path of a text before anything else happens to the text. */
const COMMANDS: Readonly<Record<string, (path: string, work: string) => Promise<unknown>>> = {
  summarize: (path) => readDocuments(path, NOTHING()),
  'demo --text': (path) => openSource(path),
  accept: (path) => requireText(path, 'text', new AbortController().signal),
  encrypt: (path, work) =>
    openPlainDataset({
      source: path,
      stdin: NOTHING(),
      kind: 'text',
      fingerprintKey: new Uint8Array(32),
      workDirectory: work,
    }),
};

describe('a text of one’s own', () => {
  const root = useTemporaryDirectory();
  let count = 0;
  const lay = (files: Kind['files']): string => {
    const directory = join(root(), String(count++));
    mkdirSync(directory);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), content);
    }
    return directory;
  };

  for (const [what, { files, named, code, says = /./ }] of Object.entries(KINDS)) {
    it(`II1: ${what} is ${code === null ? 'taken' : `refused as ${code}, in the same words,`} by every command`, async () => {
      const directory = lay(files);
      const told = await Promise.all(
        Object.values(COMMANDS).map((command) =>
          refusalOf(command(join(directory, named), join(directory, 'work'))),
        ),
      );
      assert.deepEqual(new Set(told.map((refusal) => JSON.stringify(refusal))).size, 1, JSON.stringify(told));
      assert.equal(told[0]?.code ?? null, code);
      if (told[0] != null) assert.match(`${told[0].message}\n${told[0].hint}`, says);
    });
  }

  it('I1: a link in a directory is refused by every command', async () => {
    const directory = lay({ 'outside.txt': TEXT, 'notes/a.txt': TEXT });
    symlinkSync('../outside.txt', join(directory, 'notes/link.txt'));
    for (const [name, command] of Object.entries(COMMANDS)) {
      const refusal = await refusalOf(command(join(directory, 'notes'), join(directory, 'work')));
      assert.equal(refusal?.code, 'DOCUMENTS_INVALID', name);
    }
  });

  it('encrypt --to takes any kind that is there, hidden files included', async () => {
    const party = ecParty();
    for (const [what, { files, named, code }] of Object.entries(KINDS)) {
      const directory = lay(files);
      const sealing = sealFile({
        source: join(directory, named),
        recipients: [party.recipient],
        output: () => Promise.resolve(),
        stdin: NOTHING(),
        signal: new AbortController().signal,
        progress: SILENT,
      });
      if (code === 'FILE_NOT_FOUND') {
        assert.match((await refusalOf(sealing))?.hint ?? '', /directory/, what);
        continue;
      }
      const { documents } = await sealing;
      assert.equal(documents, named.includes('*') ? 1 : Object.keys(files).length, what);
    }
  });
});

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal | null> {
  try {
    await work;
    return null;
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    const { code, message, hint } = cause;
    return { code, message, hint };
  }
}

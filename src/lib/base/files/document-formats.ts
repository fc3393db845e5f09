// Files that hold a text which is not plain text: known by their first bytes, and how each becomes plain text.

import { utf8 } from '../bytes/arrays.js';

export interface DocumentFormat {
  /** With its article. */
  readonly name: string;
  /** How the format begins. */
  readonly magic: Uint8Array;
  /** How plain text is made of it. */
  readonly fix: string;
}

/** How many bytes of a file decide. */
export const FORMAT_BYTES = 8;

/**
 * @see ISO 32000-1 §7.5.2 (PDF); RTF 1.9.1, "File Contents"; PKWARE APPNOTE 4.3.7 (ZIP); MS-CFB §2.2 (compound files);
 * RFC 1952 §2.3.1 (gzip); W3C PNG §5.2; ITU-T T.81 B.1.1.3 (JPEG)
 */
const FORMATS: readonly DocumentFormat[] = [
  {
    name: 'a PDF document',
    magic: utf8('%PDF-'),
    fix: 'Extract its text first: pdftotext FILE.pdf FILE.txt. A scanned PDF needs text recognition (ocrmypdf).',
  },
  {
    name: 'a DOCX, XLSX, ODT, EPUB or other ZIP archive',
    magic: Uint8Array.of(0x50, 0x4b, 3, 4),
    fix: 'Extract its text first: pandoc FILE.docx -t plain -o FILE.txt. Unpack an archive of text files, and name the directory.',
  },
  {
    name: 'an RTF document',
    magic: utf8('{\\rtf'),
    fix: 'Extract its text first: pandoc FILE.rtf -t plain -o FILE.txt',
  },
  {
    name: 'a Microsoft Office document (DOC, XLS, PPT or MSG)',
    magic: Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1),
    fix: 'Save it as plain text in UTF-8 first, or: soffice --headless --convert-to txt:Text FILE.doc',
  },
  {
    name: 'gzip data',
    magic: Uint8Array.of(0x1f, 0x8b),
    fix: 'Unpack it first: gunzip FILE.gz',
  },
  {
    name: 'a PNG image',
    magic: Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
    fix: 'Recognize its text first: tesseract FILE.png FILE',
  },
  {
    name: 'a JPEG image',
    magic: Uint8Array.of(0xff, 0xd8, 0xff),
    fix: 'Recognize its text first: tesseract FILE.jpg FILE',
  },
];

/** The format that begins so; null for plain text, and for what is not known. Eight bytes decide. */
export function documentFormat(head: Uint8Array): DocumentFormat | null {
  return FORMATS.find(({ magic }) => magic.every((byte, at) => head[at] === byte)) ?? null;
}

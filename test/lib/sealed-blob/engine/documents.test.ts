import assert from 'node:assert/strict';

import { concatBytes, utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import { isSafeDocumentName } from '../../../../src/lib/sealed-blob/format/document-name.js';
import {
  collectDocuments,
  encodeManifest,
  openDocuments,
} from '../../../../src/lib/sealed-blob/engine/documents.js';
import { DOCUMENTS_MEDIA_TYPE, type SealedHeader } from '../../../../src/lib/sealed-blob/format/header.js';
import { openStream, type OpenedBlob } from '../../../../src/lib/sealed-blob/engine/open.js';
import { sealStream } from '../../../../src/lib/sealed-blob/engine/seal.js';
import { chunksOf, collect, ecParty, sealBytes } from '../../../support/sealed.js';

const DOCUMENTS = [
  { name: 'a.txt', text: 'first' },
  { name: 'b/empty.txt', text: '' },
  { name: 'b/ünïcode.md', text: 'zweite' },
];

describe('several documents in one seal', () => {
  const party = ecParty();
  const plaintext = concatBytes(
    encodeManifest(DOCUMENTS.map(({ name, text }) => ({ name, bytes: utf8(text).length }))),
    ...DOCUMENTS.map(({ text }) => utf8(text)),
  );

  it('come back with their names, also when they are not read', async () => {
    const blob = await seal(plaintext);
    const collected = await collectDocuments(await open(blob), 1000);
    assert.deepEqual(
      collected.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString() })),
      DOCUMENTS,
    );
    const names: string[] = [];
    for await (const document of openDocuments(await open(blob))) names.push(document.name);
    assert.deepEqual(
      names,
      DOCUMENTS.map(({ name }) => name),
    );
  });

  it('show no name outside the seal', async () => {
    const blob = Buffer.from(await seal(plaintext)).toString('latin1');
    for (const { name } of DOCUMENTS) assert.ok(!blob.includes(name));
  });

  it('read a single text as one document', async () => {
    const sealed = await sealBytes(utf8('text'), party);
    const blob = await openStream(chunksOf(sealed), { identities: () => [party.identity] });
    assert.deepEqual(
      (await collectDocuments(blob, 10)).map(({ name }) => name),
      ['text'],
    );
  });

  it('II1: are not collected beyond the limit', async () => {
    await assert.rejects(collectDocuments(await open(await seal(plaintext)), 8), { code: 'FILE_TOO_LARGE' });
  });

  const unsafe = [
    '',
    '.',
    '..',
    '../a',
    'a/../b',
    '/etc/passwd',
    'a//b',
    'a/',
    'a\\b',
    'C:a',
    'nul',
    'COM1.txt',
    'a\u0000b',
    'a\u001b[2J',
    'txt.\u202egnp',
    'a. ',
    'a.',
    'x'.repeat(256),
    '\ud800',
    'a/'.repeat(600) + 'a',
  ];
  for (const name of unsafe) {
    it(`II3: refuses the name ${JSON.stringify(name.slice(0, 20))} when sealing and when opening`, async () => {
      assert.equal(isSafeDocumentName(name), false);
      assert.throws(() => encodeManifest([{ name, bytes: 0 }]), { code: 'DOCUMENTS_INVALID' });
      await refused(manifest({ documents: [{ name, bytes: 0 }] }));
    });
  }

  it('II3: refuses names that clash where case is folded or one is the directory of the other', async () => {
    for (const names of [
      ['a', 'A'],
      ['a', 'a/b'],
      ['\u00e9', 'e\u0301'],
    ]) {
      const documents = names.map((name) => ({ name, bytes: 0 }));
      assert.throws(() => encodeManifest(documents), { code: 'DOCUMENTS_INVALID' });
      await refused(manifest({ documents }));
    }
  });

  it('II3: refuses manifests with duplicate keys, wrong counts, wrong types, and junk', async () => {
    await refused(new Uint8Array(0));
    await refused(utf8('CLNDOCS1'));
    await refused(manifest({ documents: [] }));
    await refused(manifest({ documents: [{ name: 'a', bytes: -1 }] }));
    await refused(manifest({ documents: [{ name: 'a', bytes: 1 }] }));
    await refused(manifest({ documents: [{ name: 'a', bytes: 0, mode: 511 }] }));
    await refused(frame('{"documents":[],"documents":[{"name":"a","bytes":0}]}'));
    await refused(concatBytes(plaintext, utf8('more')));
    const length = new Uint8Array([0xff, 0xff, 0xff, 0xff]);
    await refused(concatBytes(utf8('CLNDOCS1'), length));
  });

  async function refused(bytes: Uint8Array): Promise<void> {
    const blob: OpenedBlob = {
      header: { protected: { cty: DOCUMENTS_MEDIA_TYPE } } as SealedHeader,
      plaintext: chunksOf(bytes),
    };
    await assert.rejects(collectDocuments(blob, 1000), { code: 'SEALED_BLOB_REJECTED' });
  }

  function manifest(value: unknown): Uint8Array {
    return frame(JSON.stringify(value));
  }

  function frame(text: string): Uint8Array {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, utf8(text).length);
    return concatBytes(utf8('CLNDOCS1'), length, utf8(text));
  }

  async function seal(bytes: Uint8Array): Promise<Uint8Array> {
    const { header, payload } = sealStream(chunksOf(bytes), {
      recipients: [party.recipient],
      protected: { cty: DOCUMENTS_MEDIA_TYPE },
    });
    return concatBytes(header.raw, await collect(payload));
  }

  function open(blob: Uint8Array): Promise<OpenedBlob> {
    return openStream(chunksOf(blob), { identities: () => [party.identity] });
  }
});

// The sealing engine with its threads: what appears, and what is left where it fails.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { readChunks } from '../../../../src/lib/base/files/byte-reader.js';
import { seriesOf, steadyFile } from '../../../../src/lib/base/files/file-series.js';
import {
  openIntoFile,
  sealFiles,
  sealFilesAndDigest,
} from '../../../../src/lib/sealed-blob/engine/file-engine.js';
import { openFront } from '../../../../src/lib/sealed-blob/engine/open.js';
import { TEXT_MEDIA_TYPE } from '../../../../src/lib/sealed-blob/format/header.js';
import { chunksOf, ecParty, openBytes, sealBytes } from '../../../support/sealed.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const MIB = 1024 * 1024;
/* Threads do not inherit tsx: this entry registers it first. */
const ENTRY = new URL('../../../support/file-worker.mjs', import.meta.url);
const dies = (when: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { workerData } from 'node:worker_threads';
      if (workerData.operation === '${when}') throw new Error('out of memory');
      await import(${JSON.stringify(ENTRY.href)});
    `)}`,
  );

describe('the sealing engine', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const party = ecParty();
  const text = randomBytes(12 * MIB + 5);
  const at = (name: string): string => join(directory(), name);
  const series = (...names: readonly string[]) =>
    seriesOf(
      new Uint8Array(0),
      names.map((name) => steadyFile(at(name), statSync(at(name), { bigint: true }))),
    );
  const options = (entry = ENTRY, signal = new AbortController().signal) => ({
    recipients: [party.recipient],
    protected: { cty: TEXT_MEDIA_TYPE } as const,
    content: 'bytes' as const,
    mode: 0o600,
    signal,
    written: () => undefined,
    entry,
  });

  beforeEach(() => writeFileSync(at('text'), text));

  it('seals what a stream opens, and opens what a stream sealed', async () => {
    const { header, payloadBytes } = await sealFiles(series('text'), at('sealed'), options());
    const sealed = readFileSync(at('sealed'));
    assert.equal(sealed.length, header.raw.length + payloadBytes);
    assert.ok(text.equals(await openBytes(sealed, party.identity)));
    writeFileSync(at('streamed'), await sealBytes(text, party));
    assert.equal(await open('streamed'), text.length);
    assert.ok(readFileSync(at('opened')).equals(text));
  });

  it('says the digest of the payload as it is on disk', async () => {
    const { header, payload } = await sealFilesAndDigest(series('text'), at('sealed'), options());
    const written = readFileSync(at('sealed')).subarray(header.raw.length);
    assert.deepEqual(payload, { sha256: sha256Hex(written), bytes: written.length });
  });

  it('opens nothing into a file where one segment is bad', async () => {
    const bad = await sealBytes(text, party);
    bad[11 * MIB]! ^= 1;
    writeFileSync(at('bad'), bad);
    await assert.rejects(open('bad', 'rejected'), { code: 'SEALED_BLOB_REJECTED' });
    assert.deepEqual(leftovers('rejected'), []);
  });

  it('refuses a text that was written again behind the threads', async () => {
    const before = series('text');
    const signal = new AbortController().signal;
    const late = { ...options(ENTRY, signal), written: () => writeFileSync(at('text'), text) };
    await assert.rejects(sealFiles(before, at('changed'), late), { code: 'FILE_CHANGED' });
    assert.deepEqual(leftovers('changed'), []);
  });

  it('leaves nothing where it is interrupted', async () => {
    const abortion = new AbortController();
    const sealing = sealFiles(series('text'), at('interrupted'), options(ENTRY, abortion.signal));
    abortion.abort(new Error('Ctrl-C'));
    await assert.rejects(sealing, /Ctrl-C/);
    assert.deepEqual(leftovers('interrupted'), []);
  });

  for (const operation of ['seal', 'digest', 'open'] as const) {
    it(`ends with an error, and no file, where a thread dies that should ${operation}`, async () => {
      writeFileSync(at('kept'), 'precious');
      writeFileSync(at('streamed'), await sealBytes(text, party));
      const entry = dies(operation);
      const work =
        operation === 'open'
          ? open('streamed', 'kept', entry)
          : sealFilesAndDigest(series('text'), at('kept'), options(entry));
      await assert.rejects(work, { code: 'INTERNAL' });
      assert.deepEqual(leftovers('kept'), ['kept']);
      assert.equal(readFileSync(at('kept'), 'utf8'), 'precious');
    });
  }

  async function open(name: string, out = 'opened', entry = ENTRY): Promise<number> {
    const reader = readChunks(chunksOf(readFileSync(at(name))));
    const front = await openFront(reader, () => [party.identity]);
    return openIntoFile(series(name), front, at(out), options(entry));
  }

  function leftovers(name: string): readonly string[] {
    return readdirSync(directory()).filter((file) => file.startsWith(name));
  }
});

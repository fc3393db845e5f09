// A large dataset on its way to being sealed: read through, then sealed by the engine's threads.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { sha256Hex, type Sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { openPlainDataset } from '../../../src/lib/parties/plain-dataset.js';
import { collectDocuments } from '../../../src/lib/sealed-blob/engine/documents.js';
import { openStream } from '../../../src/lib/sealed-blob/engine/open.js';
import { chunksOf, ecParty, openBytes } from '../../support/sealed.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const MIB = 1024 * 1024;
const LABELS = { contract: '0'.repeat(64) as Sha256Hex, dataset: 'notes', version: '1' };

describe('a large dataset', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const party = ecParty();
  const { signal } = new AbortController();
  const at = (...names: string[]): string => join(directory(), ...names);
  const open = (source: string, kind: 'text' | 'model') =>
    openPlainDataset({
      source,
      stdin: chunksOf(new Uint8Array(0)),
      kind,
      fingerprintKey: randomBytes(32),
      workDirectory: at('work'),
      engineEntry: new URL('../../support/file-worker.mjs', import.meta.url),
    });

  it('is sealed with all files of a model, and stated as it is on disk', async () => {
    mkdirSync(at('model', 'onnx'), { recursive: true });
    const files = { 'config.json': Buffer.from('{}'), 'onnx/weights.onnx': randomBytes(9 * MIB) };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(at('model', ...name.split('/')), bytes);
    const dataset = await open(at('model'), 'model');
    const sealed = await dataset.seal([party.recipient], LABELS, signal);
    const blob = readFileSync(sealed.path);
    assert.equal(sealed.header.sha256, sha256Hex(blob.subarray(0, sealed.header.bytes)));
    assert.equal(sealed.payload.sha256, sha256Hex(blob.subarray(sealed.header.bytes)));
    assert.deepEqual([sealed.fingerprint, sealed.payload.bytes], [dataset.fingerprint, dataset.sealedBytes]);
    const opened = await openStream(chunksOf(blob), { identities: () => [party.identity] });
    const documents = await collectDocuments(opened, 16 * MIB);
    assert.deepEqual(
      documents.map(({ name, bytes }) => [name, sha256Hex(bytes)]),
      Object.entries(files).map(([name, bytes]) => [name, sha256Hex(bytes)]),
    );
  });

  it('is refused, and nothing of it kept, where it was written again after it was read through', async () => {
    const text = 'Fabrikam notes, line after line.\n'.repeat(300_000);
    writeFileSync(at('text'), text);
    const dataset = await open(at('text'), 'text');
    writeFileSync(at('text'), text.replace('notes', 'nodes'));
    await assert.rejects(dataset.seal([party.recipient], { ...LABELS, version: '2' }, signal), {
      code: 'FILE_CHANGED',
    });
    assert.deepEqual(
      readdirSync(at('work')).filter((name) => name.includes('v2')),
      [],
    );
  });

  it('is one text from end to end', async () => {
    const text = Buffer.from('Fabrikam notes, line after line. Ärger € 𝄞\n'.repeat(250_000));
    writeFileSync(at('text'), text);
    const dataset = await open(at('text'), 'text');
    const { path } = await dataset.seal([party.recipient], { ...LABELS, version: '3' }, signal);
    assert.ok(text.equals(await openBytes(readFileSync(path), party.identity)));
  });
});

// Layer root hashes against the golden vectors (test/vectors/dmverity, made with hcsshim's converter).

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { computeLayerRootHash } from '../../../../src/lib/images/layer/root-hash.js';
import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { dmverityVectors, generateVectorTar, VECTORS } from '../../../support/dmverity-vectors.js';
import { MemoryImage } from '../../../support/memory-image.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('layer root hash', () => {
  const directory = useTemporaryDirectory();

  for (const vector of dmverityVectors()) {
    const path = (): string =>
      vector.file === undefined ? generateVectorTar(vector.name, directory()) : join(VECTORS, vector.file);

    if (vector.error === true) {
      it(`X2: refuses ${vector.name}: ${vector.note}`, async () => {
        await assert.rejects(
          computeLayerRootHash(createReadStream(path())),
          (error: unknown) => error instanceof CleanroomError && error.exitCode === 3,
        );
      });
      continue;
    }

    it(`equals the reference for ${vector.name}: ${vector.note}`, async () => {
      const hash = await computeLayerRootHash(createReadStream(path()));
      assert.equal(hash.rootHash, vector.root_hash);
      assert.equal(hash.ext4Bytes, vector.ext4_size);
      assert.equal(hash.diffId, vector.tar_sha256);
      assert.equal(hash.bytes, vector.tar_size);
    });

    if (vector.file === undefined) continue;
    it(`writes the reference's ext4 image for ${vector.name}, fed byte by byte`, async () => {
      const image = new MemoryImage();
      const tar = await readFile(path());
      const hash = await computeLayerRootHash(bytewise(tar), { output: image });
      assert.equal(hash.rootHash, vector.root_hash);
      assert.equal(
        createHash('sha256').update(image.bytes(hash.ext4Bytes)).digest('hex'),
        vector.ext4_sha256,
      );
    });
  }
});

async function* bytewise(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

// Decompression: bounded.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

import { decompress } from '../../../../src/lib/images/archive/decompress.js';

describe('layer decompression', () => {
  it('X2: refuses a decompression bomb after little more than its first GiB', async function () {
    this.timeout(60_000);
    const zeros = Buffer.alloc(1 << 20);
    const bomb = Readable.from(
      (function* () {
        for (let i = 0; i < 4096; i++) yield zeros;
      })(),
    ).pipe(createGzip({ level: 1 }));
    let written = 0;
    const consume = async (): Promise<void> => {
      for await (const chunk of decompress(bomb, 'layer 1')) written += chunk.length;
    };
    await assert.rejects(consume(), { code: 'LAYER_UNPACKABLE', message: /bomb/ });
    bomb.destroy();
    assert.ok(written < 1.1 * 2 ** 30);
  });

  for (const [name, hex] of [
    ['gzip', '1f8b0800aaaaaaaa'],
    ['zstd', '28b52ffd00'],
    ['zstd with a huge window', '28b52ffd00ff010203040506070809101112131415161718'],
  ] as const) {
    it(`X2: refuses broken ${name}`, async () => {
      const consume = async (): Promise<void> => {
        for await (const chunk of decompress(Readable.from([Buffer.from(hex, 'hex')]), 'layer 1'))
          assert.ok(chunk.length >= 0);
      };
      await assert.rejects(consume(), { code: 'LAYER_UNPACKABLE' });
    });
  }
});

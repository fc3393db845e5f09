// The cache of root hashes: right, private, and never believed when it is not.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { sha256Hex, type Sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { openLayerCache } from '../../../src/lib/images/layer-cache.js';
import { runProcess } from '../../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

interface Layer {
  readonly rootHash: Sha256Hex;
  readonly diffId: Sha256Hex;
}

describe('layer cache', () => {
  const directory = useTemporaryDirectory();
  const hash = { diffId: sha256Hex('layer'), rootHash: sha256Hex('root'), bytes: 1024, ext4Bytes: 57344 };
  let serial = 0;

  async function filled(): Promise<{ folder: string; entry: string }> {
    const folder = join(directory(), `cache-${serial++}`);
    await openLayerCache(folder).store(hash);
    return { folder, entry: join(folder, `${hash.diffId}.json`) };
  }

  it('gives back what was stored, and nothing for another layer', async () => {
    const { folder } = await filled();
    assert.deepEqual(await openLayerCache(folder).find(hash.diffId), hash);
    assert.equal(await openLayerCache(folder).find(sha256Hex('other')), null);
    assert.equal(await openLayerCache(join(directory(), 'none')).find(hash.diffId), null);
  });

  it('says by the size of a file whether asking for its diff id is worth a pass over it', async () => {
    const folder = join(directory(), 'sizes');
    const cache = openLayerCache(folder);
    assert.equal(await cache.mayHold(hash.bytes), false);
    await cache.store(hash, 77);
    assert.equal(await cache.mayHold(hash.bytes), true);
    assert.equal(await cache.mayHold(77), true);
    assert.equal(await cache.mayHold(78), false);
  });

  it('believes no entry that was changed', async () => {
    const { folder, entry } = await filled();
    writeFileSync(entry, readFileSync(entry, 'utf8').replace(hash.rootHash, sha256Hex('evil')));
    assert.equal(await openLayerCache(folder).find(hash.diffId), null);
  });

  it('believes no entry that was made elsewhere, or for another layer', async () => {
    const [here, elsewhere] = [await filled(), await filled()];
    copyFileSync(elsewhere.entry, here.entry);
    assert.equal(await openLayerCache(here.folder).find(hash.diffId), null);
    const other = sha256Hex('other');
    copyFileSync(elsewhere.entry, join(elsewhere.folder, `${other}.json`));
    assert.equal(await openLayerCache(elsewhere.folder).find(other), null);
  });

  it('believes nothing that others may write', async () => {
    const { folder, entry } = await filled();
    chmodSync(entry, 0o666);
    assert.equal(await openLayerCache(folder).find(hash.diffId), null);
  });

  it('treats damage as a miss, and repairs it', async () => {
    const { folder, entry } = await filled();
    for (const damage of ['', '{', '{"converter":"old"}', 'x'.repeat(10_000)]) {
      writeFileSync(entry, damage);
      assert.equal(await openLayerCache(folder).find(hash.diffId), null);
    }
    await openLayerCache(folder).store(hash);
    assert.deepEqual(await openLayerCache(folder).find(hash.diffId), hash);
  });

  it('serves many writers at once', async () => {
    const folder = join(directory(), 'shared');
    mkdirSync(folder);
    await Promise.all(Array.from({ length: 20 }, () => openLayerCache(folder).store(hash)));
    assert.deepEqual(await openLayerCache(folder).find(hash.diffId), hash);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('serves three programs at once: all compute the same hash into an empty cache, and it is kept', async () => {
    const home = join(directory(), 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'notes.txt'), 'x'.repeat(4_000_000));
    execFileSync('tar', ['-cf', join(home, 'layer.tar'), '-C', home, 'notes.txt']);
    const run = () =>
      runProcess(['policy', 'layer', 'layer.tar', '--json'], { cwd: home, env: { HOME: home } });
    const runs = await Promise.all([run(), run(), run()]);
    const results = runs.map(({ stdout }) => (JSON.parse(stdout) as { result: Layer }).result);
    const [first] = results;
    for (const result of results) assert.deepEqual(result, first);
    const cache = join(home, '.cache', 'cleanroom', 'layers');
    const kept = await openLayerCache(cache).find(first!.diffId);
    assert.equal(kept?.rootHash, first?.rootHash);
    assert.deepEqual(
      readdirSync(cache).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('is no reason to fail where it cannot be written', async () => {
    const file = join(directory(), 'a-file');
    writeFileSync(file, '');
    await openLayerCache(join(file, 'cache')).store(hash);
    assert.equal(await openLayerCache(join(file, 'cache')).find(hash.diffId), null);
  });
});

// Image archives of every form, and the ones that no honest tool writes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { type ImageArchive, openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import { measureImage } from '../../../../src/lib/images/measure.js';
import { digestOf, ociMembers, tarOf, tarOfMembers, testImage } from '../../../support/tar-of.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool } from '../../../support/tools.js';

describe('image archives', () => {
  const directory = useTemporaryDirectory();
  let lower: Buffer;
  let upper: Buffer;
  let rootHashes: readonly string[];
  let serial = 0;

  before(async () => {
    lower = await tarOf([{ name: 'bin/app', data: 'program', mode: 0o755 }]);
    upper = await tarOf([{ name: 'etc/config', data: 'x'.repeat(9000) }]);
    rootHashes = await rootHashesOf(save(await ociTar()));
    assert.equal(rootHashes.length, 2);
  });

  function save(bytes: Uint8Array): string {
    const path = join(directory(), `archive-${serial++}.tar`);
    writeFileSync(path, bytes);
    return path;
  }

  async function withArchive<T>(path: string, use: (archive: ImageArchive) => Promise<T>): Promise<T> {
    const archive = await openImageArchive(path);
    try {
      return await use(archive);
    } finally {
      await archive.close();
    }
  }

  async function rootHashesOf(path: string): Promise<readonly string[]> {
    const image = await withArchive(path, (archive) => measureImage(archive, { reference: 'x' }));
    return image.layers.map(({ rootHash }) => rootHash);
  }

  function ociTar(store?: (layer: Buffer) => Buffer): Promise<Buffer> {
    return tarOfMembers(ociMembers([{ image: testImage([lower, upper]) }], store));
  }

  /* docker save as it was before version 25: a folder a layer, shared ones as links. */
  function oldDockerTar(extra: Parameters<typeof tarOf>[0] = []): Promise<Buffer> {
    const { config } = testImage([lower, upper, lower]);
    const name = `${digestOf(config)}.json`;
    const layers = ['one/layer.tar', 'two/layer.tar', 'three/layer.tar'];
    return tarOf([
      { name: 'one/', type: 'directory' },
      { name: 'one/layer.tar', data: lower },
      { name: 'two/layer.tar', data: upper },
      { name: 'three/layer.tar', type: 'symlink', linkname: '../one/layer.tar' },
      { name, data: config },
      {
        name: 'manifest.json',
        data: JSON.stringify([{ Config: name, RepoTags: ['app:v1'], Layers: layers }]),
      },
      ...extra,
    ]);
  }

  it('reads an OCI layout from a tar and from a directory', async () => {
    const folder = join(directory(), 'layout');
    for (const [name, data] of ociMembers([{ image: testImage([lower, upper]) }])) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), data);
    }
    assert.deepEqual(await rootHashesOf(folder), rootHashes);
  });

  it('reads gzip layers, to the same root hashes', async () => {
    assert.deepEqual(await rootHashesOf(save(await ociTar((layer) => gzipSync(layer)))), rootHashes);
  });

  it('reads zstd layers, to the same root hashes', async function () {
    requireTool(this, 'zstd');
    const zstd = (layer: Buffer): Buffer => execFileSync('zstd', ['-c'], { input: layer });
    assert.deepEqual(await rootHashesOf(save(await ociTar(zstd))), rootHashes);
  });

  it('reads old docker save with linked layers, and repeats the hash of a repeated layer', async () => {
    assert.deepEqual(await rootHashesOf(save(await oldDockerTar())), [...rootHashes, rootHashes[0]]);
  });

  it('reads new docker save, which is an OCI layout too', async () => {
    const members = ociMembers([{ image: testImage([lower, upper]) }]);
    members.set('manifest.json', Buffer.from('[]'));
    await withArchive(save(await tarOfMembers(members)), (archive) => {
      assert.equal(archive.form, 'oci');
      return Promise.resolve();
    });
  });

  it('says how to decompress an archive that is compressed as a whole', async () => {
    const path = save(gzipSync(await ociTar()));
    await assert.rejects(openImageArchive(path), (error: unknown) => {
      const { code, hint } = error as { code: string; hint: string };
      return code === 'IMAGE_ARCHIVE_MALFORMED' && hint.includes('gunzip');
    });
  });

  it('takes linux/amd64 of an index with several platforms, and says so', async () => {
    const members = ociMembers([
      { image: testImage([upper], 'arm64'), platform: 'linux/arm64' },
      { image: testImage([lower, upper]), platform: 'linux/amd64' },
    ]);
    const path = save(await tarOfMembers(members));
    assert.deepEqual(await rootHashesOf(path), rootHashes);
    await withArchive(path, (archive) => {
      assert.match(archive.remarks.join(), /took linux\/amd64 of: linux\/arm64, linux\/amd64/);
      return Promise.resolve();
    });
  });

  it('takes the image of that name from a docker archive with several, in any spelling of the name', async () => {
    const [one, two] = [testImage([lower]), testImage([upper])];
    const tar = await tarOf([
      { name: 'one.tar', data: lower },
      { name: 'two.tar', data: upper },
      { name: 'one.json', data: one.config },
      { name: 'two.json', data: two.config },
      {
        name: 'manifest.json',
        data: JSON.stringify([
          { Config: 'one.json', RepoTags: ['web:latest'], Layers: ['one.tar'] },
          { Config: 'two.json', RepoTags: ['contoso.azurecr.io/app:v1'], Layers: ['two.tar'] },
        ]),
      },
    ]);
    const path = save(tar);
    const configOf = async (reference: string): Promise<string> => {
      const archive = await openImageArchive(path, { reference });
      await archive.close();
      return archive.configDigest;
    };
    for (const name of ['web', 'web:latest', 'docker.io/library/web'])
      assert.equal(await configOf(name), `sha256:${digestOf(one.config)}`);
    assert.equal(await configOf('contoso.azurecr.io/app:v1'), `sha256:${digestOf(two.config)}`);
    for (const name of ['contoso.azurecr.io/app:v2', 'evil.example/web', 'web:v1'])
      await assert.rejects(configOf(name), { code: 'IMAGE_MISMATCH' });
    await assert.rejects(openImageArchive(path), { code: 'IMAGE_AMBIGUOUS' });
  });

  it('refuses an image for another processor', async () => {
    const members = ociMembers([{ image: testImage([lower], 'arm64') }]);
    await assert.rejects(openImageArchive(save(await tarOfMembers(members))), { code: 'IMAGE_PLATFORM' });
  });

  it('I12: refuses an archive that is not the digest asked for', async () => {
    const reference = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(openImageArchive(save(await ociTar()), { reference }), { code: 'IMAGE_MISMATCH' });
  });

  it('I12: refuses an OCI layer with one bit changed', async () => {
    const members = ociMembers([{ image: testImage([lower, upper]) }]);
    const changed = Buffer.from(upper);
    changed[600] = (changed[600] ?? 0) ^ 1;
    members.set(`blobs/sha256/${digestOf(upper)}`, changed);
    await assert.rejects(rootHashesOf(save(await tarOfMembers(members))), { code: 'IMAGE_DIGEST_MISMATCH' });
  });

  it('I12: refuses a docker layer whose bytes are not those of its diff id', async () => {
    const { config } = testImage([lower]);
    const name = `${digestOf(config)}.json`;
    const tar = await tarOf([
      { name: 'l.tar', data: upper },
      { name, data: config },
      { name: 'manifest.json', data: JSON.stringify([{ Config: name, RepoTags: null, Layers: ['l.tar'] }]) },
    ]);
    await assert.rejects(rootHashesOf(save(tar)), { code: 'IMAGE_DIGEST_MISMATCH' });
  });

  it('lists the layers that an archive lacks', async () => {
    const members = ociMembers([{ image: testImage([lower, upper]) }]);
    members.delete(`blobs/sha256/${digestOf(upper)}`);
    const path = save(await tarOfMembers(members));
    await assert.rejects(openImageArchive(path), { code: 'IMAGE_LAYER_MISSING', message: /layers 2/ });
  });

  const hostile: readonly (readonly [string, Parameters<typeof tarOf>[0][number], RegExp])[] = [
    ['a member twice', { name: 'manifest.json', data: '[]' }, /twice/],
    ['a member under a second spelling', { name: './one//layer.tar', data: '' }, /twice/],
    ['a member above the archive', { name: '../evil', data: 'x' }, /leads out/],
    ['an absolute member', { name: '/etc/passwd', data: 'x' }, /absolute/],
    ['a link out', { name: 'a/l', type: 'symlink', linkname: '../../etc/passwd' }, /leads out/],
    ['an absolute link', { name: 'l', type: 'symlink', linkname: '/etc/passwd' }, /out of the archive/],
    ['a device', { name: 'dev', type: 'character-device' }, /not a file, a directory/],
  ];
  for (const [what, member, message] of hostile) {
    it(`X2: refuses ${what}`, async () => {
      const path = save(await oldDockerTar([member]));
      await assert.rejects(openImageArchive(path), { code: 'IMAGE_ARCHIVE_REFUSED', message });
    });
  }

  it('X2: refuses links that lead in circles', async () => {
    const tar = await tarOf([
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: 'a' },
      { name: 'c.json', data: testImage([lower]).config },
      {
        name: 'manifest.json',
        data: JSON.stringify([{ Config: 'c.json', RepoTags: null, Layers: ['a'] }]),
      },
    ]);
    await assert.rejects(openImageArchive(save(tar)), { code: 'IMAGE_ARCHIVE_REFUSED' });
  });

  it('X2: refuses a manifest that names a file outside the layout, or a link there', async () => {
    const folder = join(directory(), 'outside');
    mkdirSync(folder);
    writeFileSync(join(directory(), 'secret.tar'), lower);
    writeFileSync(join(folder, 'c.json'), testImage([lower]).config);
    symlinkSync('../secret.tar', join(folder, 'link.tar'));
    for (const layer of ['../secret.tar', 'link.tar']) {
      const manifest = [{ Config: 'c.json', RepoTags: null, Layers: [layer] }];
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
      await assert.rejects(openImageArchive(folder), { code: 'IMAGE_ARCHIVE_REFUSED' });
    }
  });

  it('X2: refuses a config with a duplicate key, without layers, or of absurd size', async () => {
    for (const text of [
      '{"architecture":"amd64","architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
      '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
      ' '.repeat(5 << 20),
    ]) {
      const path = save(
        await tarOfMembers(ociMembers([{ image: { config: Buffer.from(text), layers: [] } }])),
      );
      await assert.rejects(openImageArchive(path), { code: 'IMAGE_ARCHIVE_MALFORMED' });
    }
  });

  it('X2: refuses a truncated gzip layer, and a truncated archive', async () => {
    const cut = await ociTar((layer) => gzipSync(layer).subarray(0, 60));
    await assert.rejects(rootHashesOf(save(cut)), { code: 'LAYER_UNPACKABLE' });
    const short = save((await ociTar()).subarray(0, 4000));
    await assert.rejects(openImageArchive(short), { code: 'TAR_MALFORMED' });
  });

  it('X2: refuses a file that is neither form, and a missing one', async () => {
    const neither = save(await tarOf([{ name: 'x', data: 'y' }]));
    await assert.rejects(openImageArchive(neither), { code: 'IMAGE_ARCHIVE_MALFORMED' });
    await assert.rejects(openImageArchive(join(directory(), 'none.tar')), { code: 'FILE_NOT_FOUND' });
  });
});

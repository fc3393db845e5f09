// I31: the layer with a model brings a model, whoever made the image.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openImageArchive } from '../../../src/lib/images/archive/image-archive.js';
import { type ModelFiles, modelDigestOf, readModelLayer } from '../../../src/lib/images/model-layer.js';
import { modelDigest } from '../../../src/lib/summarizer/model-digest.js';
import { buildImage } from '../../../src/lib/images/build/build-image.js';
import { listModelFiles } from '../../../src/lib/summarizer/model-digest.js';
import { ociMembers, tarOf, type TarEntrySpec, tarOfMembers, testImage } from '../../support/tar-of.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const MODEL: readonly TarEntrySpec[] = [
  { name: 'app/', type: 'directory' },
  { name: 'app/models/', type: 'directory' },
  { name: 'app/models/t5/', type: 'directory' },
  { name: 'app/models/t5/config.json', data: '{}' },
];

const HOSTILE: Readonly<Record<string, TarEntrySpec>> = {
  'a file that the loader reads': { name: 'etc/ld.so.preload', data: '/app/models/t5/evil.so' },
  'a file beside the models': { name: 'app/lib/room/main.js', data: 'evil' },
  'a file that a path with .. hides': { name: 'app/models/../lib/room/main.js', data: 'evil' },
  'a directory of another place': { name: 'usr/', type: 'directory' },
  'a link': { name: 'app/models/t5/tokenizer.json', type: 'symlink', linkname: '/proc/self/environ' },
  'a hard link': {
    name: 'app/models/t5/tokenizer.json',
    type: 'link',
    linkname: 'app/models/t5/config.json',
  },
  'a device': { name: 'app/models/t5/null', type: 'character-device' },
  'a whiteout': { name: 'app/models/.wh.t5', data: '' },
  'an opaque mark': { name: 'app/models/.wh..wh..opq', data: '' },
  'a file twice': { name: './app/models/t5/config.json', data: '{"other":1}' },
  'a setuid file': { name: 'app/models/t5/tool', data: 'x', mode: 0o4755 },
  'the models as a file': { name: 'app/models', data: 'x' },
};

describe('the layer with a model', () => {
  const directory = useTemporaryDirectory();
  let count = 0;

  async function read(...layers: (readonly TarEntrySpec[])[]): Promise<ModelFiles | null> {
    const path = join(directory(), `${(count += 1)}.tar`);
    const tars = await Promise.all(layers.map((entries) => tarOf(entries)));
    writeFileSync(
      path,
      await tarOfMembers(ociMembers([{ image: testImage(tars), platform: 'linux/amd64' }])),
    );
    const archive = await openImageArchive(path);
    try {
      return await readModelLayer(archive);
    } finally {
      await archive.close();
    }
  }

  it('gives its files with their digests', async () => {
    const files = await read(MODEL, [{ name: 'app/lib/main.js', data: 'program' }]);
    assert.deepEqual(
      [...(files ?? [])].map(([path, { bytes }]) => [path, bytes]),
      [['t5/config.json', 2]],
    );
  });

  it('gives the digest that contracts name the model by', async () => {
    const model = join(process.cwd(), 'models/t5-demo');
    const files = await listModelFiles(model);
    const layer = files.map(({ path }) => ({
      path: `/app/models/t5-demo/${path}`,
      source: join(model, path),
    }));
    const out = join(directory(), 'demo.tar');
    await buildImage({ layers: [layer], entrypoint: ['node'] }, out);
    const archive = await openImageArchive(out);
    assert.equal(modelDigestOf((await readModelLayer(archive)) ?? new Map()), await modelDigest(model));
    await archive.close();
  });

  it('is none where the lowest layer holds no model', async () => {
    assert.equal(await read([{ name: 'lib/libc.so.6', data: 'libc' }]), null);
  });

  for (const [what, entry] of Object.entries(HOSTILE)) {
    it(`I31: is refused with ${what}`, async () => {
      await assert.rejects(read([...MODEL, entry]), { code: 'IMAGE_MODEL_LAYER' });
      await assert.rejects(read([entry, ...MODEL]), (error: { code?: string }) =>
        ['IMAGE_MODEL_LAYER', 'TAR_MALFORMED'].includes(error.code ?? ''),
      );
    });
  }

  it('X8: is refused with a sparse file, before a hole of terabytes is read', async () => {
    const size = 2 ** 42;
    const pax = {
      'GNU.sparse.major': '0',
      'GNU.sparse.minor': '1',
      'GNU.sparse.numblocks': '1',
      'GNU.sparse.map': `${size - 1},1`,
      'GNU.sparse.size': String(size),
    };
    const entry = { name: 'app/models/t5/weights', data: 'x', pax };
    await assert.rejects(read([...MODEL, entry]), { code: 'IMAGE_MODEL_LAYER' });
    await assert.rejects(read([entry, ...MODEL]), { code: 'IMAGE_MODEL_LAYER' });
  });

  it('I31: is refused with extended attributes', async () => {
    const entry = { name: 'app/models/t5/x', data: 'x', pax: { 'SCHILY.xattr.security.capability': 'x' } };
    await assert.rejects(read([...MODEL, entry]), { code: 'IMAGE_MODEL_LAYER' });
  });
});

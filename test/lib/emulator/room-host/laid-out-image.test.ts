// Images laid out for the local room: what the kernel's overlayfs shows of the measured layers, and nothing outside of the image.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createImageCache } from '../../../../src/lib/emulator/room-host/images.js';
import { loadArchive } from '../../../../src/lib/emulator/registry/load-archive.js';
import { openImageStore } from '../../../../src/lib/emulator/registry/image-store.js';
import { hashLayerFile } from '../../../../src/lib/images/layer-file.js';
import {
  digestOf,
  ociMembers,
  tarOf,
  type TarEntrySpec,
  tarOfMembers,
  testImage,
} from '../../../support/tar-of.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { runTool } from '../../../support/tools.js';

const LOWER: readonly TarEntrySpec[] = [
  { name: 'etc/', type: 'directory' },
  { name: 'etc/passwd', data: 'root', mode: 0o640 },
  { name: 'etc/shadow', data: 'secret', mode: 0o600 },
  { name: 'opt/', type: 'directory', mode: 0o711 },
  { name: 'opt/old', data: 'old' },
  { name: 'opt/sub/', type: 'directory' },
  { name: 'opt/sub/file', data: 'below' },
  { name: 'usr/', type: 'directory' },
  { name: 'usr/lib/', type: 'directory' },
  { name: 'usr/lib/libc.so.6', data: 'libc', mode: 0o755 },
  { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
  { name: 'tmp/', type: 'directory', mode: 0o1777 },
];

/* Each is the second layer over LOWER. */
const UPPER: Readonly<Record<string, readonly TarEntrySpec[]>> = {
  'a whiteout of a file and of a directory': [
    { name: 'etc/.wh.shadow', data: '' },
    { name: '.wh.opt', data: '' },
  ],
  'an opaque directory that brings files before and after its mark': [
    { name: 'opt/', type: 'directory', mode: 0o750 },
    { name: 'opt/first', data: 'kept' },
    { name: 'opt/.wh..wh..opq', data: '' },
    { name: 'opt/second', data: 'kept too' },
  ],
  'a whiteout of a name that the same layer brings afterwards': [
    { name: 'opt/.wh.old', data: '' },
    { name: 'opt/old', data: 'new' },
  ],
  'a file where a directory was, and a directory where a link was': [
    { name: 'opt', data: 'a file' },
    { name: 'lib/', type: 'directory' },
    { name: 'lib/other.so', data: 'other' },
  ],
  'hard links, absolute links and links that lead up': [
    { name: 'bin/', type: 'directory' },
    { name: 'bin/one', data: 'tool', mode: 0o755 },
    { name: 'bin/two', type: 'link', linkname: 'bin/one' },
    { name: 'bin/three', type: 'symlink', linkname: 'one' },
  ],
  'a device of a deleted name': [{ name: 'etc/shadow', type: 'character-device' }],
};

describe('an image laid out for the local room', () => {
  const directory = useTemporaryDirectory();
  let count = 0;

  async function layOut(
    layers: readonly (readonly TarEntrySpec[])[],
    store: (layer: Buffer) => Buffer = (layer) => layer,
  ): Promise<{ root: string; tars: readonly Buffer[]; around: string }> {
    const home = join(directory(), `image-${(count += 1)}`);
    const tars = await Promise.all(layers.map((entries) => tarOf(entries)));
    const members = ociMembers([{ image: testImage(tars), platform: 'linux/amd64' }], store);
    mkdirSync(home);
    writeFileSync(join(home, 'image.tar'), await tarOfMembers(members));
    const index = JSON.parse((members.get('index.json') as Buffer).toString()) as {
      manifests: { digest: string }[];
    };
    const images = await openImageStore(join(home, 'registry'));
    await loadArchive(images, join(home, 'image.tar'), 'app', index.manifests[0]?.digest ?? '');
    const around = join(home, 'laid-out');
    mkdirSync(around);
    writeFileSync(join(around, 'another-image'), 'stays');
    const prepared = await createImageCache(images, around, { owner: null, links: 'kept' }).prepare(
      'cleanroom.local/app:latest',
    );
    return { root: prepared.root, tars, around };
  }

  for (const [what, upper] of Object.entries(UPPER)) {
    it(`shows what overlayfs shows: ${what}`, async function () {
      const { root, tars } = await layOut([LOWER, upper]);
      const expected = await throughOverlay(this, tars, join(directory(), `overlay-${count}`));
      assert.deepEqual(listing(root), expected);
    });
  }

  for (const name of ['.wh...', '.wh.', '.wh..', 'etc/.wh...']) {
    it(`refuses a whiteout called ${name}, and removes nothing beside the image`, async () => {
      const home = join(directory(), `image-${count + 1}`, 'laid-out');
      await assert.rejects(layOut([LOWER, [{ name, data: '' }]]), { code: 'LAYER_REFUSED' });
      assert.equal(readFileSync(join(home, 'another-image'), 'utf8'), 'stays');
    });
  }

  it('refuses a layer that tells overlayfs to look elsewhere', async () => {
    const pax = { 'SCHILY.xattr.trusted.overlay.redirect': '/etc' };
    const entry = { name: 'opt/', type: 'directory', pax } as TarEntrySpec;
    await assert.rejects(layOut([LOWER, [entry]]), { code: 'LAYER_REFUSED' });
  });

  it('never follows a link of a lower layer out of the image', async () => {
    const outside = join(directory(), 'outside');
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'file'), 'of the user');
    const { root } = await layOut([
      [{ name: 'out', type: 'symlink', linkname: outside }],
      [
        { name: 'out/', type: 'directory' },
        { name: 'out/.wh.file', data: '' },
        { name: 'out/mine', data: 'x' },
      ],
    ]);
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'of the user');
    assert.equal(readFileSync(join(root, 'out/mine'), 'utf8'), 'x');
  });

  it('takes over permissions, but no setuid bit', async () => {
    const { root } = await layOut([[{ name: 'su', data: 'x', mode: 0o4755 }, ...LOWER]]);
    const modes = new Map(listing(root).map((line) => line.split(' ').slice(0, 2) as [string, string]));
    assert.equal(modes.get('./su'), '755');
    assert.equal(modes.get('./tmp'), '1777');
    assert.equal(modes.get('./etc/passwd'), '640');
  });

  it('reads layers that are stored with zstd', async function () {
    runTool(this, 'zstd', ['--version']);
    const zstd = (layer: Buffer): Buffer => execFileSync('zstd', ['-q', '-c'], { input: layer });
    const { root } = await layOut([LOWER], zstd);
    assert.equal(readFileSync(join(root, 'usr/lib/libc.so.6'), 'utf8'), 'libc');
  });
});

/** Name, permissions, type, and content or number of links of everything below `root`. */
function listing(root: string): readonly string[] {
  const output = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%p %m %y %n\\n'], {
    cwd: root,
    encoding: 'utf8',
  });
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('./lost+found'));
  return lines
    .map((line) => {
      const [name = '', mode = '', type = '', links = ''] = line.split(' ');
      const content = type === 'f' ? digestOf(readFileSync(join(root, name))) : '';
      return `${name} ${type === 'l' ? '777' : mode} ${type}${type === 'f' ? ` ${links} ${content}` : ''}`;
    })
    .sort();
}

/* The ext4 images that are measured, mounted over each other by the kernel; only root may mount a file as a disk. */
async function throughOverlay(
  test: Mocha.Context,
  tars: readonly Buffer[],
  home: string,
): Promise<readonly string[]> {
  if (process.getuid?.() !== 0 || spawnSync('losetup', ['-f'], { stdio: 'ignore' }).status !== 0)
    return test.skip();
  const images: string[] = [];
  for (const [index, tar] of tars.entries()) {
    for (const name of ['lower', 'merged', `m${index}`]) mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, `${index}.tar`), tar);
    await hashLayerFile(join(home, `${index}.tar`), { ext4Path: join(home, `${index}.ext4`) });
    images.push(`mount -o loop,ro ${home}/${index}.ext4 ${home}/m${index}`);
  }
  const lower = tars.map((_, index) => `${home}/m${index}`).reverse();
  const script = [
    ...images,
    `mount -t overlay overlay -o lowerdir=${lower.join(':')} ${home}/merged`,
    `cp -a ${home}/merged ${home}/copy`,
  ].join(' && ');
  const mounted = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' });
  assert.equal(mounted.status, 0, mounted.stderr);
  return listing(join(home, 'copy'));
}

// The files of an image as overlayfs would show them, and what of them can be started.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openImageArchive } from '../../../src/lib/images/archive/image-archive.js';
import { buildImage, type ImageSpec } from '../../../src/lib/images/build/build-image.js';
import type { LayerEntry } from '../../../src/lib/images/build/layer-tar.js';
import { checkStart, refuseVariables } from '../../../src/lib/images/check-start.js';
import {
  type MergedFiles,
  permits,
  readMergedFiles,
  resolveEntry,
  resolveFile,
} from '../../../src/lib/images/merged-files.js';
import { ociMembers, tarOf, tarOfMembers, testImage } from '../../support/tar-of.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const file = (path: string, text = path, mode = 0o644): LayerEntry => ({
  path,
  source: Buffer.from(text),
  mode,
});

describe('an image, its layers over each other', () => {
  const directory = useTemporaryDirectory();
  let count = 0;

  async function withImage<T>(
    spec: Partial<ImageSpec>,
    use: (archive: Awaited<ReturnType<typeof openImageArchive>>) => Promise<T>,
  ): Promise<T> {
    const out = join(directory(), `${(count += 1)}.tar`);
    await buildImage({ layers: [], entrypoint: ['/bin/room'], ...spec }, out);
    const archive = await openImageArchive(out);
    try {
      return await use(archive);
    } finally {
      await archive.close();
    }
  }
  const merged = (...layers: (readonly LayerEntry[])[]): Promise<MergedFiles> =>
    withImage({ layers }, (archive) => readMergedFiles(archive, () => Infinity));
  const textOf = (files: MergedFiles, path: string): string | undefined =>
    resolveFile(files, path)?.file.content.toString();

  it('shows the uppermost file of a path, and what lies beside it in other layers', async () => {
    const files = await merged([file('/a/x', 'old'), file('/a/y')], [file('/a/x', 'new')]);
    assert.deepEqual([textOf(files, '/a/x'), textOf(files, '/a/y')], ['new', '/a/y']);
  });

  it('takes away what a whiteout names in the layers below, and nothing of its own layer', async () => {
    const files = await merged(
      [file('/a/x'), file('/a/y'), file('/b/deep/z')],
      [file('/a/.wh.x', ''), file('/a/.wh.y', ''), file('/a/y', 'again'), file('/.wh.b', '')],
    );
    assert.deepEqual(
      ['/a/x', '/a/y', '/b/deep/z', '/b'].map((path) => textOf(files, path)),
      [undefined, 'again', undefined, undefined],
    );
    assert.equal(resolveEntry(files, '/b'), null);
  });

  it('hides what the layers below have in an opaque directory', async () => {
    const files = await merged([file('/a/x'), file('/a/b/y')], [file('/a/.wh..wh..opq', ''), file('/a/z')]);
    assert.deepEqual(
      ['/a/x', '/a/b/y', '/a/z'].map((path) => textOf(files, path)),
      [undefined, undefined, '/a/z'],
    );
  });

  it('puts a file in the place of a directory, and a directory in the place of a link, with all that was behind them', async () => {
    const files = await merged(
      [file('/a/x'), file('/usr/lib/one'), { path: '/lib', link: 'usr/lib' }],
      [file('/a', 'a file'), file('/lib/two')],
    );
    assert.deepEqual(
      ['/a', '/a/x', '/lib/two', '/lib/one'].map((path) => textOf(files, path)),
      ['a file', undefined, '/lib/two', undefined],
    );
  });

  it('follows links of files and directories, and gives up where they turn in a circle', async () => {
    const files = await merged([
      file('/opt/v1/run'),
      { path: '/opt/current', link: 'v1' },
      { path: '/bin/run', link: '../opt/current/../current/run' },
      { path: '/out', link: '../../../opt/v1/run' },
      { path: '/one', link: 'two' },
      { path: '/two', link: 'one' },
    ]);
    assert.deepEqual(
      ['/bin/run', '/out', '/one', '/two/x'].map((path) => textOf(files, path)),
      ['/opt/v1/run', '/opt/v1/run', undefined, undefined],
    );
  });

  it('X8: reads a path as deep as Linux opens one, and refuses a deeper one in words', async () => {
    const path = (levels: number): string => `${'a/'.repeat(levels - 1)}x`;
    const read = async (levels: number): Promise<MergedFiles> => {
      const image = testImage([await tarOf([{ name: path(levels), data: 'deep' }])]);
      const archive = join(directory(), `deep-${levels}.tar`);
      writeFileSync(archive, await tarOfMembers(ociMembers([{ image }])));
      const opened = await openImageArchive(archive);
      return readMergedFiles(opened, () => Infinity).finally(() => opened.close());
    };
    assert.equal(textOf(await read(2048), path(2048)), 'deep');
    await assert.rejects(read(2049), { code: 'LAYER_REFUSED' });
  });

  it('knows what another user may do: as its owner, as one of its group, as anybody', () => {
    const rights = { mode: 0o751, uid: 1, gid: 2 };
    assert.deepEqual(
      [
        permits(rights, 1, 9, 7),
        permits(rights, 9, 2, 5),
        permits(rights, 9, 2, 7),
        permits(rights, 9, 9, 1),
      ],
      [true, true, false, true],
    );
    assert.equal(permits({ mode: 0o077, uid: 1, gid: 2 }, 1, 2, 1), false);
  });

  describe('before anything is signed over it', () => {
    const start = (spec: Partial<ImageSpec>, unpacksModel = false): Promise<void> =>
      withImage(spec, (archive) => checkStart(archive, { unpacksModel }));
    const script = file('/bin/room', '#!/bin/sh\n', 0o755);
    const shell = file('/bin/sh', 'a program', 0o755);
    const code = 'IMAGE_BASE_UNSUITABLE';

    it('can start its program, by path and by name', async () => {
      await start({ layers: [[shell, script]] });
      await start({ layers: [[shell, script]], entrypoint: ['room'], env: ['PATH=/sbin:/bin'] });
    });

    it('is refused where its program is not there, not to be run, or gone in an upper layer', async () => {
      await assert.rejects(start({ layers: [[shell]] }), { code });
      await assert.rejects(start({ layers: [[shell, script]], entrypoint: ['node'] }), { code });
      await assert.rejects(start({ layers: [[shell, file('/bin/room', 'x', 0o644)]] }), { code });
      await assert.rejects(start({ layers: [[shell, file('/bin/room', 'x', 0o700)]] }), { code });
      await assert.rejects(start({ layers: [[shell, script], [file('/bin/.wh.room', '')]] }), { code });
      await assert.rejects(start({ layers: [[shell, script]], entrypoint: [] }), { code });
    });

    it('is refused where what starts its program is not there: a shell, or a loader', async () => {
      await assert.rejects(start({ layers: [[script]] }), { code, message: /\/bin\/sh/ });
      const loader = '/lib64/ld-linux-x86-64.so.2';
      const elf = { path: '/bin/room', source: programFor(loader), mode: 0o755 };
      await assert.rejects(start({ layers: [[elf]] }), { code, message: /ld-linux/ });
      await start({ layers: [[elf, file(loader, 'x', 0o755)]] });
    });

    it('is refused where its Node.js finds no C or C++ library that it can use', async () => {
      const loader = '/lib64/ld-linux-x86-64.so.2';
      const libc = (version: string): LayerEntry =>
        file('/lib/x86_64-linux-gnu/libc.so.6', `GNU C Library (x) stable release version ${version}.`);
      const cpp = file('/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30', 'GLIBCXX_3.4.22');
      const name: LayerEntry = {
        path: '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
        link: 'libstdc++.so.6.0.30',
      };
      const program: LayerEntry[] = [
        { path: '/bin/node', source: programFor(loader), mode: 0o755 },
        file(loader, 'x', 0o755),
      ];
      const layers = (...more: LayerEntry[]) => ({ layers: [[...program, ...more]], entrypoint: ['node'] });
      await start(layers(libc('2.36'), cpp, name));
      for (const [message, ...more] of [
        [/C library is not found/, cpp, name],
        [/C library is 2\.17/, libc('2.17'), cpp, name],
        [/no libstdc\+\+/, libc('2.36')],
        [/no libstdc\+\+/, libc('2.36'), name],
        [/no libstdc\+\+/, libc('2.36'), file('/usr/lib/libstdc++.so.6', 'GLIBCXX_3.4.9')],
      ] as const)
        await assert.rejects(start(layers(...more)), { code, message });
    });

    it('I7: is refused with a variable that the room refuses', async () => {
      await assert.rejects(
        start({ layers: [[shell, script]], env: ['NODE_OPTIONS=--require=/x.js'], localOnly: true }),
        { code },
      );
    });

    it('I7: is refused with a variable that it sets twice: who starts it may take either', () => {
      const env = ['PATH=/bin', 'PATH=/attic/bin'];
      const message = /PATH twice/;
      assert.throws(() => refuseVariables(env), { code, message });
    });

    it('is refused without a /tmp that its user can write, where it unpacks a sealed model', async () => {
      const layers = (...more: LayerEntry[]) => ({ layers: [[shell, script, ...more]] });
      await start(layers());
      const refused = { code: 'ROOM_TMP_UNUSABLE' };
      await assert.rejects(start(layers(), true), refused);
      await assert.rejects(start(layers({ path: '/tmp', directory: 0o755 }), true), refused);
      await assert.rejects(start(layers(file('/tmp')), true), refused);
      await start(layers({ path: '/tmp', directory: 0o1777 }), true);
      await start({ layers: [[file('/app/main.js')]], localOnly: true }, true);
    });
  });
});

/* The head of an ELF program of 64 bits whose only program header names its loader (elf(5)). */
function programFor(loader: string): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt32BE(0x7f454c46);
  bytes.set([2, 1, 1], 4);
  bytes.writeUInt16LE(62, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(3, 64);
  bytes.writeBigUInt64LE(128n, 72);
  bytes.writeBigUInt64LE(BigInt(loader.length + 1), 96);
  bytes.write(`${loader}\0`, 128, 'latin1');
  return bytes;
}

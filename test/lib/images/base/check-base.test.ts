// A base that somebody gives: made from this machine's own Node.js and libraries, read and never run.

import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import { type BaseFindings, checkBase } from '../../../../src/lib/images/base/check-base.js';
import { buildImage } from '../../../../src/lib/images/build/build-image.js';
import type { LayerEntry } from '../../../../src/lib/images/build/layer-tar.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const RELEASE = `https://nodejs.org/download/release/v${process.versions.node}/node.tar.gz`;

describe('a base image that somebody gives', () => {
  const directory = useTemporaryDirectory();
  let count = 0;
  let suitable: readonly LayerEntry[];
  /* As `suitable`, with what is read of a Node.js and not its hundred megabytes. */
  let small: readonly LayerEntry[];

  before(function () {
    if (!existsSync(`${LIBRARIES}/libstdc++.so.6`)) this.skip();
    suitable = [
      { path: '/opt/node/bin/node', source: process.execPath, mode: 0o755 },
      { path: '/usr/local/bin/node', link: '../../../opt/node/bin/node' },
      { path: '/tmp', directory: 0o1777 },
      { path: '/lib', link: 'usr/lib' },
      { path: '/lib64', link: 'usr/lib64' },
      { path: '/usr/lib64/ld-linux-x86-64.so.2', source: Buffer.from('loader') },
      { path: `${LIBRARIES}/libc.so.6`, source: readFileSync(`${LIBRARIES}/libc.so.6`) },
      { path: `${LIBRARIES}/libstdc++.so.6`, source: readFileSync(`${LIBRARIES}/libstdc++.so.6`) },
    ];
    const node = Buffer.concat([beginningOf(process.execPath), Buffer.from(RELEASE)]);
    small = suitable.map((entry) =>
      entry.path === '/opt/node/bin/node' ? { path: entry.path, source: node, mode: 0o755 } : entry,
    );
  });

  async function check(
    layers: readonly (readonly LayerEntry[])[],
    env: readonly string[] = [],
  ): Promise<BaseFindings> {
    const out = join(directory(), `${(count += 1)}.tar`);
    await buildImage({ layers, entrypoint: ['node'], env }, out);
    const archive = await openImageArchive(out);
    try {
      return await checkBase(archive);
    } finally {
      await archive.close();
    }
  }
  const without = (path: string): readonly LayerEntry[] => small.filter((entry) => entry.path !== path);

  it('is taken where it has Node.js on its PATH, through links too, and the libraries that the room needs', async () => {
    const found = { node: '/opt/node/bin/node', version: process.versions.node };
    assert.deepEqual(await check([suitable]), found);
    assert.deepEqual(await check([small]), found, 'what the refusals start from');
  });

  it('is refused with a variable that loads code into the room', async () => {
    for (const variable of ['NODE_OPTIONS=--import=/x.mjs', 'LD_PRELOAD=/x.so'])
      await assert.rejects(check([small], [variable]), { code: 'IMAGE_BASE_UNSUITABLE' });
  });

  it('is refused without Node.js on its PATH, and where an upper layer takes it away', async () => {
    const code = 'IMAGE_BASE_UNSUITABLE';
    await assert.rejects(check([without('/usr/local/bin/node')]), { code });
    await assert.rejects(check([small, [{ path: '/opt/node/bin/.wh.node', source: Buffer.alloc(0) }]]), {
      code,
    });
  });

  it('is refused without a C library, a C++ library or a loader that the model runtime can use', async () => {
    for (const path of [
      `${LIBRARIES}/libc.so.6`,
      `${LIBRARIES}/libstdc++.so.6`,
      '/usr/lib64/ld-linux-x86-64.so.2',
    ])
      await assert.rejects(check([without(path)]), { code: 'IMAGE_BASE_UNSUITABLE' });
    const old = {
      path: `${LIBRARIES}/libc.so.6`,
      source: Buffer.from('GNU C Library (old) stable release version 2.17'),
    };
    await assert.rejects(check([[...without(old.path), old]]), { code: 'IMAGE_BASE_UNSUITABLE' });
  });

  it('is refused without a /tmp that the room can write, into which it unpacks sealed models', async () => {
    await assert.rejects(check([[...without('/tmp'), { path: '/tmp', directory: 0o755 }]]), {
      code: 'IMAGE_BASE_UNSUITABLE',
      message: /\/tmp/,
    });
  });

  it('is refused where its "node" is empty, or another’s to run', async () => {
    for (const [source, mode] of [
      [Buffer.alloc(2), 0o755],
      [Buffer.from('a program'), 0o700],
    ] as const)
      await assert.rejects(
        check([[...without('/usr/local/bin/node'), { path: '/usr/local/bin/node', source, mode }]]),
        { code: 'IMAGE_BASE_UNSUITABLE' },
      );
  });

  it('is refused where its "node" is a script', async () => {
    const script = { path: '/usr/local/bin/node', source: Buffer.from('#!/bin/sh\n'), mode: 0o755 };
    await assert.rejects(check([[...without(script.path), script]]), { code: 'IMAGE_BASE_UNSUITABLE' });
  });
});

function beginningOf(path: string): Buffer {
  const beginning = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    readSync(file, beginning);
  } finally {
    closeSync(file);
  }
  return beginning;
}

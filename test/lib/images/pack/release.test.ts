// A room made again from a published package, and an image compared with it layer by layer.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { openPartCache } from '../../../../src/lib/images/base/part-cache.js';
import { parseReleaseTable, type ReleaseTable } from '../../../../src/lib/contract/published/releases.js';
import { parseImageConfig } from '../../../../src/lib/images/archive/image-config.js';
import { openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import type { MeasuredImage } from '../../../../src/lib/cce-policy/measured-image.js';
import { measureImage } from '../../../../src/lib/images/measure.js';
import { readModelLayer } from '../../../../src/lib/images/model-layer.js';
import {
  measureOwnProgram,
  type OwnProgram,
  programRoot,
} from '../../../../src/lib/images/pack/own-program.js';
import { packSummarizer } from '../../../../src/lib/images/pack/pack-program.js';
import {
  differingLayers,
  readReleaseTable,
  withRelease,
} from '../../../../src/lib/images/pack/release-package.js';
import { type ProgramVerdict, verifyProgram } from '../../../../src/lib/images/pack/verify-program.js';
import type { BuiltImage } from '../../../../src/lib/images/build/build-image.js';
import { startLoopbackNpm } from '../../../support/loopback-npm.js';
import { tarOf } from '../../../support/tar-of.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const MAIN = "import './other.js';\n";

describe('a release of the room', () => {
  const directory = useTemporaryDirectory();
  let releases: ReleaseTable;
  let own: OwnProgram;
  let tarball: Buffer;
  let packageRoot: string;

  /* What npm publishes of a version, with a main file of its own. */
  const publish = async (version: string, main: string): Promise<Buffer> =>
    gzipSync(
      await tarOf([
        { name: 'package/package.json', data: JSON.stringify({ name: '@cleanroom/cli', version }) },
        { name: 'package/room.lock.json', data: readFileSync('room.lock.json') },
        { name: 'package/dist/lib/room/main.js', data: main },
        { name: 'package/dist/lib/room/plain/main.js', data: "import '../other.js';\n" },
        { name: 'package/dist/lib/room/other.js', data: 'export const other = 1;\n' },
      ]),
    );

  before(async () => {
    packageRoot = join(directory(), 'checkout');
    mkdirSync(join(packageRoot, 'dist/lib/room/plain'), { recursive: true });
    writeFileSync(join(packageRoot, 'package.json'), '{"version":"9.9.9"}');
    writeFileSync(join(packageRoot, 'room.lock.json'), readFileSync('room.lock.json'));
    writeFileSync(join(packageRoot, 'dist/lib/room/main.js'), MAIN);
    writeFileSync(join(packageRoot, 'dist/lib/room/plain/main.js'), "import '../other.js';\n");
    writeFileSync(join(packageRoot, 'dist/lib/room/other.js'), 'export const other = 1;\n');
    const empty = await readReleaseTable(process.cwd());
    own = await measureOwnProgram({
      packageRoot,
      program: 'summarizer',
      base: { kind: 'none' },
      releases: empty,
    });
    tarball = await publish('9.9.9', MAIN);
    const release = {
      version: '9.9.9',
      date: '2026-11-30',
      status: 'current' as const,
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
      lock: createHash('sha256').update(readFileSync('room.lock.json')).digest('hex'),
      layers: [...own.layers],
      config: own.config,
    };
    releases = parseReleaseTable(JSON.stringify({ ...empty, releases: [release] }));
  });

  async function rebuild(
    version: string,
    from: Buffer | null,
  ): Promise<{ image: BuiltImage; different: readonly string[] | null }> {
    const path = from === null ? null : join(directory(), 'package.tgz');
    if (from !== null && path !== null) writeFileSync(path, from);
    const cache = openPartCache(join(directory(), 'parts'));
    return withRelease({ version, from: path, releases, cache }, async (root, known) => {
      const image = await packSummarizer({
        packageRoot: root,
        out: join(directory(), 'rebuilt.tar'),
        modelDirectory: 'models/t5-demo',
      });
      return { image, different: known === null ? null : differingLayers(known, image.layers) };
    });
  }
  async function verify(path: string): Promise<ProgramVerdict> {
    const archive = await openImageArchive(path);
    try {
      const model = await readModelLayer(archive);
      const image = await measureImage(archive, { reference: 'x' });
      const [known] = releases.releases;
      return verifyProgram(image, model !== null, [
        { release: known!.version, layers: known!.layers, config: known!.config },
      ]);
    } finally {
      await archive.close();
    }
  }

  it('is named by its version where the table has its layers, and by its program root otherwise', async () => {
    assert.match(own.release, /^9\.9\.9\+[0-9a-f]{12}$/);
    assert.ok(programRoot(own.layers.map(({ rootHash }) => rootHash)).startsWith(own.release.slice(6)));
    const known = await measureOwnProgram({
      packageRoot,
      program: 'summarizer',
      base: { kind: 'none' },
      releases,
    });
    assert.equal(known.release, '9.9.9');
  });

  it('is made again from its package, to the layers of the table', async () => {
    const { different } = await rebuild('9.9.9', tarball);
    assert.deepEqual(different, []);
    const verdict = await verify(join(directory(), 'rebuilt.tar'));
    assert.equal(verdict.release, '9.9.9');
    assert.deepEqual(
      verdict.layers.map(({ name, outcome }) => [name, outcome]),
      [
        ['model', 'model'],
        ['program', 'same'],
      ],
    );
  });

  it('I32: is no image whose configuration says more than a release says: a volume over its program', () => {
    const { config, layers } = releases.releases[0]!;
    const configurationWith = (more: object): readonly string[] => {
      const run = {
        Entrypoint: config.entrypoint,
        Env: config.env,
        User: config.user,
        WorkingDir: config.workingDir,
      };
      const document = {
        architecture: 'amd64',
        os: 'linux',
        config: { ...run, ...more },
        rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
      };
      const parsed = parseImageConfig(Buffer.from(JSON.stringify(document)));
      const measured = layers.map(({ rootHash }) => ({ diffId: rootHash, rootHash, bytes: 1 }));
      const image = { reference: 'x', layers: measured, config: parsed.config } as unknown as MeasuredImage;
      const verdict = verifyProgram(image, false, [{ release: '9.9.9', layers, config }]);
      assert.equal(verdict.release, verdict.configuration.length === 0 ? '9.9.9' : null);
      return verdict.configuration;
    };
    assert.deepEqual(configurationWith({ Volumes: null, OnBuild: [], ArgsEscaped: false }), []);
    assert.deepEqual(configurationWith({ Volumes: { '/app': {} } }), ['Volumes']);
    assert.deepEqual(configurationWith({ Healthcheck: { Test: ['CMD', 'id'] } }), ['Healthcheck']);
    assert.deepEqual(configurationWith({ User: '0' }), ['user']);
  });

  it("I32: is fetched from npm's registry by the integrity of the table, and not made again where that gives another", async () => {
    for (const [given, outcome] of [
      [await publish('9.9.9', "import './other.js'; // the whole text\n"), 'ROOM_PART_MISMATCH'],
      [tarball, null],
    ] as const) {
      const published = { name: '@cleanroom/cli', version: '9.9.9', tarball: given };
      const registry = await startLoopbackNpm(join(directory(), outcome ?? 'right'), [published]);
      try {
        const made = rebuild('9.9.9', null);
        if (outcome === null) assert.deepEqual((await made).different, []);
        else await assert.rejects(made, { code: outcome });
        assert.deepEqual(registry.fetched, ['@cleanroom/cli@9.9.9']);
      } finally {
        registry.close();
      }
    }
  });

  it('I32: is not made again from a package whose program was changed, and the layer is named', async () => {
    const { different } = await rebuild(
      '9.9.9',
      await publish('9.9.9', "import './other.js'; // the whole text\n"),
    );
    assert.deepEqual(different, ['program']);
    const verdict = await verify(join(directory(), 'rebuilt.tar'));
    assert.equal(verdict.release, null);
    assert.deepEqual(
      verdict.layers.map(({ outcome }) => outcome),
      ['model', 'differs'],
    );
  });

  it('is refused where nobody knows the version, and where the package is of another', async () => {
    await assert.rejects(rebuild('1.0.0', null), { code: 'RELEASE_UNKNOWN' });
    await assert.rejects(rebuild('1.0.0', tarball), { code: 'ROOM_PART_MISMATCH' });
  });

  it('I38: is none of a table with a version twice, or with a member that nobody knows', () => {
    const twice = { ...releases, releases: [...releases.releases, ...releases.releases] };
    for (const table of [twice, { ...releases, trusted: true }])
      assert.throws(() => parseReleaseTable(JSON.stringify(table)), { code: 'RELEASES_INVALID' });
  });
});

// Images pulled by digest from the registry that a contract names: what is fetched, what is kept, and what is never asked.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CleanroomError } from '../../../src/lib/base/errors.js';
import { SILENT } from '../../../src/lib/base/progress.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { buildImage } from '../../../src/lib/images/build/build-image.js';
import { parseImageReference } from '../../../src/lib/images/registry/reference.js';
import { parseContract } from '../../../src/lib/contract/parse.js';
import { imageMeter, imageSource } from '../../../src/lib/parties/image-source.js';
import { contractPuller } from '../../../src/lib/parties/pulled-images.js';
import { measureRoomImages } from '../../../src/lib/parties/room-images.js';
import { type LoopbackRegistry, startLoopbackRegistry } from '../../support/loopback-registry.js';
import { contractValue } from '../../support/room-fixture.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('an image of a registry that no profile maps', () => {
  const directory = useTemporaryDirectory();
  let registry: LoopbackRegistry;
  let digest = '';
  let phases: string[] = [];
  const cacheDirectory = (): string => join(directory(), 'cache');
  const kept = (): string => join(cacheDirectory(), 'images', `${digest.slice(7)}.oci.tar`);

  before(async () => {
    registry = await startLoopbackRegistry();
    const archive = join(directory(), 'image.tar');
    await buildImage(
      {
        layers: [[{ path: '/app/main.js', source: Buffer.from('run();') }]],
        entrypoint: ['node', '/app/main.js'],
      },
      archive,
    );
    digest = await registry.add(archive);
  });
  after(() => registry.stop());
  beforeEach(() => {
    registry.asked.length = 0;
    phases = [];
    rmSync(cacheDirectory(), { recursive: true, force: true });
  });

  /* A contract with one container; of a local Azure, as its registry is on this machine. */
  function contractOver(image: string, trust: Contract['trust'] | null): Contract {
    const { contract } = parseContract(JSON.stringify(contractValue()));
    const [first] = contract.room.containers;
    return {
      ...contract,
      ...(trust == null ? {} : { trust }),
      model: { method: 'extractive' },
      room: { ...contract.room, containers: [{ ...first!, image }] },
    };
  }

  const LOCAL = { emulated: { snpRoot: '0'.repeat(64) } } as unknown as Contract['trust'];
  const reference = (): string => `${registry.host}/cleanroom/summarizer@${digest}`;

  function measure(image = reference(), trust: Contract['trust'] | null = LOCAL, pulls = true) {
    const contract = contractOver(image, trust);
    const watch = {
      progress: { ...SILENT, phase: (name: string) => void phases.push(name) },
      signal: new AbortController().signal,
    };
    const settings = { environment: null, cacheDirectory: cacheDirectory(), ...watch };
    return measureRoomImages(
      contract,
      {
        source: imageSource(new Map(), null, pulls ? contractPuller(contract, settings) : null),
        meter: imageMeter(cacheDirectory()),
      },
      watch,
    );
  }

  async function codeOf(work: Promise<unknown>): Promise<{ code: string; hint: string }> {
    try {
      await work;
    } catch (cause) {
      if (cause instanceof CleanroomError) return cause;
      throw cause;
    }
    return { code: 'none', hint: '' };
  }

  it('is fetched by its digest, with a line that says so, and measured', async () => {
    const images = await measure();
    assert.equal(images.get('summarizer')?.layers.length, 1);
    assert.deepEqual(phases, [
      `fetching image summarizer from ${registry.host}`,
      'measuring image summarizer',
    ]);
  });

  it('is fetched once: the archive in the cache is taken afterwards', async () => {
    await measure();
    registry.asked.length = 0;
    await measure();
    assert.deepEqual(registry.asked, []);
  });

  it('is fetched again where the archive in the cache is damaged', async () => {
    await measure();
    writeFileSync(kept(), readFileSync(kept()).subarray(0, 700));
    const images = await measure();
    assert.equal(images.get('summarizer')?.layers.length, 1);
  });

  it('is refused where the registry serves other bytes, of which nothing is kept', async () => {
    for (const changed of registry.served.keys()) {
      const bytes = registry.served.get(changed)!;
      const other = Uint8Array.from(bytes);
      other[other.length - 2]! ^= 1;
      registry.served.set(changed, other);
      assert.equal((await codeOf(measure())).code, 'IMAGE_DIGEST_MISMATCH', changed);
      assert.ok(
        !existsSync(join(cacheDirectory(), 'images')) ||
          readdirSync(join(cacheDirectory(), 'images')).length === 0,
      );
      registry.served.set(changed, bytes);
    }
  });

  it('is read from the registry where the cache cannot be written', async () => {
    mkdirSync(kept(), { recursive: true });
    const images = await measure();
    assert.equal(images.get('summarizer')?.layers.length, 1);
  });

  it('is not asked for offline: the error names the command that fetches it', async () => {
    const { code, hint } = await codeOf(measure(reference(), LOCAL, false));
    assert.equal(code, 'IMAGE_ARCHIVE_MISSING');
    assert.match(hint, /cleanroom image pull .* --image summarizer=summarizer\.oci\.tar/);
    assert.deepEqual(registry.asked, []);
  });

  it('is not asked for on this machine for a contract that is not of a local Azure, nor elsewhere for one that is', async () => {
    assert.equal((await codeOf(measure(reference(), null))).code, 'IMAGE_ARCHIVE_MISSING');
    const elsewhere = `registry.invalid/cleanroom/summarizer@${digest}`;
    assert.equal((await codeOf(measure(elsewhere, LOCAL))).code, 'IMAGE_ARCHIVE_MISSING');
    assert.deepEqual(registry.asked, []);
  });

  it('has to be the image itself, not an index of several platforms', async () => {
    const manifest = registry.served.get(digest)!;
    const index = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        manifests: [
          {
            digest,
            size: manifest.length,
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            platform: { os: 'linux', architecture: 'amd64' },
          },
        ],
      }),
    );
    const { createHash } = await import('node:crypto');
    const indexDigest = `sha256:${createHash('sha256').update(index).digest('hex')}`;
    registry.served.set(indexDigest, index);
    assert.equal(
      (await codeOf(measure(`${registry.host}/cleanroom/summarizer@${indexDigest}`))).code,
      'IMAGE_MISMATCH',
    );
  });

  it('is fetched with docker’s credentials for that registry; without them the error names docker login', async () => {
    const own = process.env['DOCKER_CONFIG'];
    const config = join(directory(), 'docker');
    mkdirSync(config);
    process.env['DOCKER_CONFIG'] = config;
    const auth = Buffer.from('contoso:secret').toString('base64');
    registry.wanted = `Basic ${auth}`;
    try {
      const { code, hint } = await codeOf(measure());
      assert.equal(code, 'REGISTRY_DENIED');
      assert.match(hint, new RegExp(`docker login ${registry.host}.*cleanroom image pull`));
      writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      assert.equal((await codeOf(measure())).code, 'none');
    } finally {
      registry.wanted = null;
      if (own === undefined) delete process.env['DOCKER_CONFIG'];
      else process.env['DOCKER_CONFIG'] = own;
    }
  });

  it('is never pulled by tag', async () => {
    const pull = contractPuller(contractOver(reference(), LOCAL), {
      environment: null,
      cacheDirectory: cacheDirectory(),
      progress: SILENT,
      signal: new AbortController().signal,
    });
    assert.equal(
      await pull('summarizer', parseImageReference(`${registry.host}/cleanroom/summarizer:v1`)),
      null,
    );
    assert.deepEqual(registry.asked, []);
  });
});

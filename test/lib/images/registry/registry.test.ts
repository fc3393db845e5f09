// The registry client against a real registry (Debian's docker-registry, with skopeo on the other side).

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { SILENT } from '../../../../src/lib/base/progress.js';
import { openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import { buildImage } from '../../../../src/lib/images/build/build-image.js';
import { measureImage } from '../../../../src/lib/images/measure.js';
import { parseImageReference, registryUrl } from '../../../../src/lib/images/registry/reference.js';
import { RegistryClient } from '../../../../src/lib/images/registry/registry-client.js';
import {
  openRegistryImage,
  pushImage,
  saveImage,
} from '../../../../src/lib/images/registry/registry-image.js';
import { pullImage } from '../../../../src/lib/parties/pull-image.js';
import { pushArchive } from '../../../../src/lib/parties/push-image.js';
import { type RunningRegistry, startDockerRegistry } from '../../../support/docker-registry.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool, runTool } from '../../../support/tools.js';

describe('registry client, with docker-registry and skopeo', () => {
  const directory = useTemporaryDirectory();
  let registry: RunningRegistry | undefined;
  const archivePath = (): string => join(directory(), 'image.tar');

  before(async function () {
    requireTool(this, 'docker-registry');
    requireTool(this, 'skopeo');
    registry = await startDockerRegistry(directory());
    await buildImage(
      {
        layers: [
          [{ path: '/a', source: Buffer.alloc(3 << 20, 7) }],
          [{ path: '/b', source: Buffer.from('b') }],
        ],
        entrypoint: ['node'],
      },
      archivePath(),
    );
  });
  after(() => registry?.stop());

  const referenceTo = (rest: string): ReturnType<typeof parseImageReference> =>
    parseImageReference(`${registry!.host}/cleanroom/summarizer${rest}`);
  const clientOf = (repository = 'cleanroom/summarizer'): RegistryClient =>
    new RegistryClient({
      url: registryUrl(registry!.host),
      repository,
      credentials: null,
      azureToken: null,
      ca: undefined,
    });

  async function push(tag: string): Promise<{ manifestDigest: string; sent: number; present: number }> {
    const archive = await openImageArchive(archivePath());
    try {
      return await pushImage(clientOf(), archive, referenceTo(`:${tag}`));
    } finally {
      await archive.close();
    }
  }

  it('pushes what skopeo pulls, and sends nothing twice', async function () {
    const first = await push('v1');
    assert.deepEqual([first.sent, first.present], [3, 0]);
    const second = await push('v2');
    assert.deepEqual([second.sent, second.present], [0, 3]);
    const raw = runTool(this, 'skopeo', [
      'inspect',
      '--tls-verify=false',
      '--format',
      '{{.Digest}}',
      `docker://${registry!.host}/cleanroom/summarizer:v1`,
    ]);
    assert.equal(raw.trim(), first.manifestDigest);
  });

  it('pulls what skopeo pushed, gzip layers and all, to the same root hashes', async function () {
    runTool(this, 'skopeo', [
      'copy',
      '--dest-tls-verify=false',
      `oci-archive:${archivePath()}`,
      `docker://${registry!.host}/cleanroom/compressed:gzip`,
    ]);
    const remote = await openRegistryImage(clientOf('cleanroom/compressed'), referenceTo(':gzip'));
    const local = await openImageArchive(archivePath());
    const measured = await measureImage(remote, { reference: 'remote' });
    assert.deepEqual(measured.layers, (await measureImage(local, { reference: 'local' })).layers);
    assert.notEqual(remote.manifestDigest, local.manifestDigest);
    await local.close();
  });

  it('saves a pulled image as an archive of the same digest', async () => {
    const { manifestDigest } = await push('saved');
    const out = join(directory(), 'saved.tar');
    const byDigest = referenceTo(`@${manifestDigest}`);
    await saveImage(await openRegistryImage(clientOf(), byDigest), byDigest, out);
    const saved = await openImageArchive(out);
    assert.equal(saved.manifestDigest, manifestDigest);
    for (const layer of saved.layers) for await (const chunk of layer.open()) assert.ok(chunk.length > 0);
    await saved.close();
  });

  it("I12: does not take a pulled archive for another repository's image of the same tag", async () => {
    await push('v1');
    const out = join(directory(), 'v1.tar');
    await saveImage(await openRegistryImage(clientOf(), referenceTo(':v1')), referenceTo(':v1'), out);
    const own = await openImageArchive(out, { reference: `${registry!.host}/cleanroom/summarizer:v1` });
    await own.close();
    await assert.rejects(openImageArchive(out, { reference: `${registry!.host}/another/program:v1` }), {
      code: 'IMAGE_MISMATCH',
    });
  });

  it('I31: carries no image whose model layer brings more than a model, neither there nor back', async () => {
    const evil = join(directory(), 'evil.tar');
    const layer = ['/app/models/t5/config.json', '/etc/ld.so.preload'].map((path) => ({
      path,
      source: Buffer.from('{}'),
    }));
    await buildImage({ layers: [layer], entrypoint: ['node'] }, evil);
    const reference = `${registry!.host}/cleanroom/summarizer:evil`;
    const context = { progress: SILENT, warn: () => undefined };
    const refused = { code: 'IMAGE_MODEL_LAYER' };
    const statements = { packageRoot: process.cwd(), version: '0', keyFile: null };
    await assert.rejects(
      pushArchive({ archive: evil, reference, platform: 'linux/amd64', statements }, null, context),
      refused,
    );
    await assert.rejects(openRegistryImage(clientOf(), referenceTo(':evil')), { code: 'REGISTRY_REFUSED' });
    const archive = await openImageArchive(evil);
    await pushImage(clientOf(), archive, referenceTo(':evil'));
    await archive.close();
    const out = join(directory(), 'pulled-evil.tar');
    await assert.rejects(pullImage({ reference, platform: 'linux/amd64', out }, null, context), refused);
    assert.equal(existsSync(out), false);
  });

  it('I12: says what a tag means today', async () => {
    const { manifestDigest } = await push('mutable');
    const image = await openRegistryImage(clientOf(), referenceTo(':mutable'));
    assert.match(image.remarks.join(), new RegExp(`mutable means ${manifestDigest}`));
  });

  it('reports an image that the registry does not have', async () => {
    await assert.rejects(openRegistryImage(clientOf(), referenceTo(':none')), { code: 'REGISTRY_REFUSED' });
  });
});

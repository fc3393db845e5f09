// Building images: reproducible, readable by others, and on a base.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import { readModelLayer } from '../../../../src/lib/images/model-layer.js';
import { buildImage, type ImageSpec } from '../../../../src/lib/images/build/build-image.js';
import { measureImage } from '../../../../src/lib/images/measure.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { runTool } from '../../../support/tools.js';

describe('image build', () => {
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);

  function specIn(folder: string, changes: Partial<ImageSpec> = {}): ImageSpec {
    const root = at(folder);
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'main.js'), 'console.log(1)\n');
    writeFileSync(join(root, 'empty'), '');
    return {
      layers: [
        [
          { path: '/app/main.js', source: join(root, 'main.js'), mode: 0o755 },
          { path: `/app/${'long'.repeat(40)}/empty`, source: join(root, 'empty') },
        ],
        [{ path: '/app/models/x', source: Buffer.from('weights') }],
      ],
      entrypoint: ['node', '/app/main.js'],
      env: ['MODE=room'],
      user: '65532:65532',
      ...changes,
    };
  }

  it('makes the same bytes twice, and from another directory at another time', async () => {
    const first = specIn('first');
    const second = specIn('second/deeper');
    utimesSync(join(at('second/deeper'), 'main.js'), new Date(0), new Date(0));
    await buildImage(first, at('a.tar'));
    await buildImage(first, at('b.tar'));
    await buildImage(second, at('c.tar'));
    const bytes = readFileSync(at('a.tar'));
    assert.ok(bytes.equals(readFileSync(at('b.tar'))));
    assert.ok(bytes.equals(readFileSync(at('c.tar'))));
  });

  it('labels an image for the local room only where it is told to', async () => {
    const local = await buildImage(specIn('plain', { localOnly: true }), at('plain.tar'));
    assert.equal(local.labels['dev.cleanroom.room'], 'local-only');
    const whole = await buildImage(specIn('whole'), at('whole.tar'));
    assert.equal(whole.labels['dev.cleanroom.room'], undefined);
  });

  it('puts its layers on those of a base, keeps its environment and drops the local label', async () => {
    const base = specIn('base', { env: ['NODE_VERSION=20', 'PATH=/base'] });
    await buildImage(base, at('base.tar'));
    const spec = specIn('onbase', {
      base: at('base.tar'),
      env: ['PATH=/ours'],
      labels: { 'org.example.kind': 'summarizer' },
    });
    await buildImage(spec, at('onbase.tar'));
    const [below, above] = [await openImageArchive(at('base.tar')), await openImageArchive(at('onbase.tar'))];
    assert.deepEqual(above.config.env, ['PATH=/ours', 'NODE_VERSION=20']);
    assert.deepEqual(
      above.layers.slice(0, 2).map(({ diffId }) => diffId),
      below.layers.map(({ diffId }) => diffId),
    );
    assert.equal(above.layers.length, 4);
    await Promise.all([below.close(), above.close()]);
  });

  it('puts its lowest layer below those of a base too', async () => {
    await buildImage(specIn('below'), at('below.tar'));
    const lowest = [{ path: '/app/models/m/config.json', source: Buffer.from('{}') }];
    await buildImage(specIn('above', { base: at('below.tar'), lowest }), at('above.tar'));
    const [below, above] = [await openImageArchive(at('below.tar')), await openImageArchive(at('above.tar'))];
    const idsOf = ({ layers }: typeof above): readonly string[] => layers.map(({ diffId }) => diffId);
    assert.deepEqual(idsOf(above).slice(1, 1 + below.layers.length), idsOf(below));
    assert.deepEqual([...((await readModelLayer(above)) ?? new Map()).keys()], ['m/config.json']);
    await Promise.all([below.close(), above.close()]);
  });

  it('measures what it built: layer by layer, base first', async () => {
    await buildImage(specIn('measured'), at('measured.tar'));
    const archive = await openImageArchive(at('measured.tar'));
    const image = await measureImage(archive, { reference: 'cleanroom.local/x@sha256:0' });
    await archive.close();
    assert.equal(image.layers.length, 2);
    assert.deepEqual(image.config.entrypoint, ['node', '/app/main.js']);
    assert.notEqual(image.layers[0]?.rootHash, image.layers[1]?.rootHash);
  });

  it('writes an archive that skopeo reads and tar lists', async function () {
    await buildImage(specIn('skopeo'), at('skopeo.tar'));
    const inspected = runTool(this, 'skopeo', ['inspect', '--config', `oci-archive:${at('skopeo.tar')}`]);
    const config = JSON.parse(inspected) as { config: { Entrypoint: string[]; User: string } };
    assert.deepEqual(config.config.Entrypoint, ['node', '/app/main.js']);
    assert.equal(config.config.User, '65532:65532');
  });

  for (const path of ['app/x', '/app/../x', '/app//x', '/']) {
    it(`refuses the path ${path}`, async () => {
      const spec = specIn('paths', { layers: [[{ path, source: Buffer.from('x') }]] });
      await assert.rejects(buildImage(spec, at('paths.tar')), { code: 'USAGE' });
    });
  }
});

// Layers: `policy layer` beside hcsshim's converter and SHA-256, its memory, and a second `policy generate`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildImage } from '../src/lib/images/build/build-image.js';
import { benchLayerMemory } from './layer-memory.js';
import { raceLayers } from './layer-race.js';
import { realLayer } from './layer-sets.js';
import { measureNode } from './measured-process.js';
import type { BenchRow } from './row.js';

export default async function benchLayer(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  try {
    return [
      ...(await raceLayers(directory)),
      await secondGenerate(directory, realLayer(directory, 400e6).path),
      await benchLayerMemory(),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/* The command as a process, twice over the same archive. */
async function secondGenerate(directory: string, tar: string): Promise<BenchRow> {
  const archive = join(directory, 'image.oci.tar');
  await buildImage({ layers: [[{ path: '/data.tar', source: tar }]], entrypoint: ['/bin/app'] }, archive);
  const template = join(directory, 'template.json');
  const container = { name: 'web', properties: { image: 'contoso.azurecr.io/web:1' } };
  const type = 'Microsoft.ContainerInstance/containerGroups';
  const resources = [{ type, name: 'room', properties: { containers: [container] } }];
  writeFileSync(template, JSON.stringify({ resources }));
  const argv = ['bin/run.js', 'policy', 'generate', '--template', template, '--image', `web=${archive}`];
  const first = await measureNode(argv, directory);
  const second = await measureNode(argv, directory);
  return {
    name: 'policy generate, second run on the same archive, start of the program included',
    against: 'one second',
    ratio: second.wallMs / 1000,
    target: '<= 1',
    detail: `${second.wallMs.toFixed(0)} ms; the first run took ${first.wallMs.toFixed(0)} ms`,
  };
}

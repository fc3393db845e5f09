// templates/summarizer/Dockerfile lays down what `image build` does. There is no Docker here: its few instructions are read
// and applied to a build context made as its comment says.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { sha256Hex } from '../src/lib/base/bytes/digest.js';
import { openImageArchive } from '../src/lib/images/archive/image-archive.js';
import { type LayerFile, planLayerTar } from '../src/lib/images/build/layer-tar.js';
import { packSummarizer } from '../src/lib/images/pack/pack-program.js';
import { collect } from './support/sealed.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const INSTRUCTIONS = readFileSync('templates/summarizer/Dockerfile', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const);

function instruction(name: string): string {
  const found = INSTRUCTIONS.filter(([candidate]) => candidate === name);
  assert.equal(found.length, 1, `one ${name}`);
  return found[0]![1];
}

describe("the summarizer's Dockerfile", () => {
  const directory = useTemporaryDirectory();

  it('takes its base by a digest that the caller gives, and runs nothing while it builds', () => {
    assert.equal(instruction('ARG'), 'BASE');
    assert.equal(instruction('FROM'), '${BASE}');
    const names = INSTRUCTIONS.map(([name]) => name);
    assert.deepEqual(names, ['ARG', 'FROM', 'COPY', 'COPY', 'ENV', 'WORKDIR', 'USER', 'ENTRYPOINT']);
  });

  it('lays down the files, and sets the command, user and environment, of image build', async () => {
    const root = join(directory(), 'package');
    mkdirSync(join(root, 'dist/lib/room/plain'), { recursive: true });
    mkdirSync(join(root, 'model'), { recursive: true });
    writeFileSync(join(root, 'dist/lib/room/main.js'), "import './other.js';\n");
    writeFileSync(join(root, 'dist/lib/room/plain/main.js'), "import '../other.js';\n");
    writeFileSync(join(root, 'dist/lib/room/other.js'), 'export const other = 1;\n');
    writeFileSync(join(root, 'model/config.json'), '{}\n');
    copyFileSync('room.lock.json', join(root, 'room.lock.json'));
    const out = join(directory(), 'summarizer.oci.tar');
    await packSummarizer({ packageRoot: root, out, modelDirectory: join(root, 'model') });

    const archive = await openImageArchive(out);
    const context = join(directory(), 'context');
    mkdirSync(context);
    const digests: string[] = [];
    for (const [index, layer] of archive.layers.entries()) {
      const tar = join(directory(), `layer-${index}.tar`);
      await writeFile(tar, layer.open());
      execFileSync('tar', ['-xf', tar, '-C', context, '--no-same-owner']);
      digests.push(sha256Hex(readFileSync(tar)));
    }
    const copied = copiedFiles(context);
    const model = copied.filter(({ path }) => path.startsWith('/app/models/'));
    const code = copied.filter((file) => !model.includes(file));
    const laidDown = [await planLayerTar(model), await planLayerTar(code)];
    assert.deepEqual(laidDown.map(({ digest }) => digest).sort(), [...digests].sort());
    assert.equal(sha256Hex(await collect(laidDown[1]!.open())), laidDown[1]!.digest);

    const { entrypoint, user, workingDir, env } = archive.config;
    assert.deepEqual(JSON.parse(instruction('ENTRYPOINT')), entrypoint);
    assert.equal(instruction('USER'), user);
    assert.equal(instruction('WORKDIR'), workingDir);
    for (const variable of instruction('ENV').split(' ')) assert.ok(env.includes(variable));
    await archive.close();
  });
});

/* What COPY puts into the image. */
function copiedFiles(context: string): readonly LayerFile[] {
  const copies = INSTRUCTIONS.filter(([name]) => name === 'COPY').map(([, words]) => words);
  assert.deepEqual(copies, ['--chown=0:0 app /app', '--chown=0:0 var /var']);
  return ['app', 'var'].flatMap((name) => {
    const source = join(context, name);
    return readdirSync(source, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: `/${name}/${relative(source, path)}`, source: path }));
  });
}

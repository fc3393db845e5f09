// Packing our programs: what is packed runs from the packed copy alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import { packSidecar, packSummarizer } from '../../../../src/lib/images/pack/pack-program.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('packing the summarizer', () => {
  const directory = useTemporaryDirectory();

  /* A build of a program that loads what the summarizer loads. */
  function compiledProgram(name: string): string {
    const root = join(directory(), name);
    mkdirSync(join(root, 'dist/lib/room/web'), { recursive: true });
    mkdirSync(join(root, 'dist/lib/summarizer'), { recursive: true });
    symlinkSync(realpathSync('node_modules'), join(root, 'node_modules'));
    copyFileSync('room.lock.json', join(root, 'room.lock.json'));
    writeFileSync(
      join(root, 'dist/lib/room/main.js'),
      `import { readFile } from 'node:fs/promises';
       import {
         load,
       } from '../summarizer/load.js';
       export { page } from './web/page.js';
       console.log(JSON.stringify(await load()));
       await readFile(new URL(import.meta.url));`.replace(/^ +/gm, ''),
    );
    mkdirSync(join(root, 'dist/lib/room/plain'), { recursive: true });
    writeFileSync(join(root, 'dist/lib/room/plain/main.js'), "export { page } from '../web/page.js';\n");
    writeFileSync(
      join(root, 'dist/lib/room/web/page.js'),
      "export const page = 1;\nexport const from = './no-file.js';\n",
    );
    writeFileSync(join(root, 'dist/lib/room/unused.js'), 'export const unused = 1;\n');
    writeFileSync(
      join(root, 'dist/lib/summarizer/load.js'),
      `import { SignJWT } from 'jose';
       import * as v from 'valibot';
       export async function load() {
         const { Tokenizer } = await import('@huggingface/tokenizers');
         const { InferenceSession } = await import('onnxruntime-node');
         return [typeof SignJWT, typeof v.parse, typeof Tokenizer, typeof InferenceSession.create];
       }`.replace(/^ +/gm, ''),
    );
    mkdirSync(join(root, 'tiny-model/onnx'), { recursive: true });
    writeFileSync(join(root, 'tiny-model/config.json'), '{}');
    writeFileSync(join(root, 'tiny-model/onnx/model.onnx'), 'weights');
    return root;
  }

  async function extract(archivePath: string, target: string): Promise<void> {
    const archive = await openImageArchive(archivePath);
    mkdirSync(target, { recursive: true });
    for (const [index, layer] of archive.layers.entries()) {
      const tar = join(directory(), `layer-${index}.tar`);
      await writeFile(tar, layer.open());
      execFileSync('tar', ['-xf', tar, '-C', target, '--no-same-owner']);
    }
    await archive.close();
  }

  it('packs a copy that runs without this repository', async () => {
    const packageRoot = compiledProgram('run');
    const out = join(directory(), 'run.tar');
    await packSummarizer({ packageRoot, out, modelDirectory: join(packageRoot, 'tiny-model') });
    const rootfs = join(directory(), 'rootfs');
    await extract(out, rootfs);
    const main = join(rootfs, 'app/lib/room/main.js');
    const output = execFileSync(process.execPath, [main], { cwd: '/', encoding: 'utf8' });
    assert.deepEqual(JSON.parse(output), ['function', 'function', 'function', 'function']);
    assert.deepEqual(readdirSync(join(rootfs, 'app/models/tiny-model')).sort(), ['config.json', 'onnx']);
  });

  it('packs what is imported and native code for linux/x64 only', async () => {
    const packageRoot = compiledProgram('content');
    const out = join(directory(), 'content.tar');
    await packSummarizer({ packageRoot, out, modelDirectory: null });
    const rootfs = join(directory(), 'content-rootfs');
    await extract(out, rootfs);
    const files = readdirSync(rootfs, { recursive: true, encoding: 'utf8' });
    assert.ok(files.includes('app/lib/room/web/page.js'));
    assert.ok(!files.includes('app/lib/room/unused.js'));
    const packages = new Set(
      files.flatMap((file) => /^app\/node_modules\/((?:@[^/]+\/)?[^/@]+)\//.exec(file)?.[1] ?? []),
    );
    assert.deepEqual([...packages].sort(), [
      '@huggingface/tokenizers',
      'jose',
      'onnxruntime-common',
      'onnxruntime-node',
      'valibot',
    ]);
    assert.deepEqual(files.filter((file) => /\.(?:node|dll|dylib|so(?:\.\d+)?)$/.test(file)).sort(), [
      'app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
    ]);
  });

  it('keeps packages, model and code in layers of their own, so that a new build of the code is hashed quickly', async () => {
    const packageRoot = compiledProgram('layers');
    const before = await packSummarizer({
      packageRoot,
      out: join(directory(), 'before.tar'),
      modelDirectory: join(packageRoot, 'tiny-model'),
    });
    writeFileSync(join(packageRoot, 'dist/lib/room/web/page.js'), 'export const page = 2;\n');
    const after = await packSummarizer({
      packageRoot,
      out: join(directory(), 'after.tar'),
      modelDirectory: join(packageRoot, 'tiny-model'),
    });
    const changed = before.layers.map(({ diffId }, index) => diffId !== after.layers[index]?.diffId);
    assert.deepEqual(changed, [false, false, true]);
  });

  it('says to compile first where there is no build', async () => {
    const packageRoot = compiledProgram('unbuilt');
    await assert.rejects(packSidecar({ packageRoot, out: join(directory(), 'none.tar') }), {
      code: 'IMAGE_NOT_BUILT',
    });
  });
});

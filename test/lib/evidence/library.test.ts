// The verifier as others use it: by the package's exports, in Node and in a browser bundle. Runs on what `npm run build` made.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { build } from 'esbuild';

const BLOCK = /```js\n([\s\S]*?)```/g;
const blocks = [...readFileSync('docs/reference/library.md', 'utf8').matchAll(BLOCK)].map(
  (match) => match[1] ?? '',
);

describe('the verifier as a library', function () {
  this.timeout(60_000);

  for (const [index, block] of blocks.entries()) {
    it(`runs example ${index + 1} of its page and prints what the comments say`, () => {
      const said = [...block.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1] ?? '');
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', block], {
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const lines = stdout.split('\n');
      assert.equal(lines[0], said[0], stderr);
    });
  }

  for (const name of ['attestation', 'evidence']) {
    it(`bundles @cleanroom/cli/${name} for a browser without a module of Node`, async () => {
      const { metafile } = await build({
        stdin: { contents: `export * from '@cleanroom/cli/${name}';`, resolveDir: '.' },
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        metafile: true,
        logLevel: 'silent',
      });
      const inputs = Object.keys(metafile.inputs);
      assert.ok(inputs.includes('dist/lib/base/bytes/portable-digest.js'));
      assert.ok(!inputs.includes('dist/lib/base/bytes/digest.js'));
      const external = Object.values(metafile.inputs).flatMap((input) =>
        input.imports.filter((item) => item.external === true).map((item) => item.path),
      );
      assert.deepEqual(external, []);
    });
  }
});

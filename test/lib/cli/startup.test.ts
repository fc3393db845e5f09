// What a start loads: the built program, with every module that Node resolves written down.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { runProcess } from '../../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const POLICY = resolve('test/vectors/attestation/sets/aci-milan-v3-svn103-ec/security-policy.rego');
/* What one command or another needs, and none of these does. */
const HEAVY = /node_modules\/(@azure|inquirer|ora|yaml|valibot|jose|node-forge|@peculiar|onnxruntime|semver)/;

describe('the start of the program', () => {
  const directory = useTemporaryDirectory();

  async function modulesOf(...argv: string[]): Promise<readonly string[]> {
    const list = join(directory(), 'modules.txt');
    const hooks = join(directory(), 'hooks.mjs');
    const registering = join(directory(), 'register.mjs');
    writeFileSync(list, '');
    writeFileSync(
      hooks,
      `import { appendFileSync } from 'node:fs';
      export async function load(url, context, next) {
        appendFileSync(${JSON.stringify(list)}, url + '\\n');
        return next(url, context);
      }`,
    );
    writeFileSync(
      registering,
      `import Module, { register } from 'node:module';
      import { appendFileSync } from 'node:fs';
      register(${JSON.stringify(pathToFileURL(hooks).href)});
      process.on('exit', () => appendFileSync(${JSON.stringify(list)}, Object.keys(Module._cache).join('\\n')));`,
    );
    const { code } = await runProcess(argv, {
      cwd: directory(),
      env: { HOME: directory(), NODE_OPTIONS: `--import=${pathToFileURL(registering).href}` },
    });
    assert.equal(code, 0);
    return readFileSync(list, 'utf8').split('\n');
  }

  for (const argv of [['--version'], ['deploy', '--help'], ['policy', 'hash', POLICY]]) {
    it(`loads no SDK, prompt or parser for ${argv.slice(0, 2).join(' ')}`, async () => {
      const modules = await modulesOf(...argv);
      assert.ok(modules.some((url) => url.endsWith('/dist/lib/cli/oclif.js')));
      assert.deepEqual(
        modules.filter((url) => HEAVY.test(url)),
        [],
      );
    });
  }
});

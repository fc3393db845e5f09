// Tests and the commands that they run load each source once: an error thrown in one is known in the other.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve, sep } from 'node:path';

import PolicyHash from '../src/commands/policy/hash.js';
import { loadSources, runCleanroom } from './support/run-command.js';

describe('the modules of a test run', () => {
  it('are the modules that commands load', async () => {
    const { plugins } = await loadSources();
    const commands = [...plugins.values()].flatMap((plugin) => plugin.commands);
    const loaded = await commands.find(({ id }) => id === 'policy:hash')?.load();
    assert.equal(loaded, PolicyHash);
  });

  it('are loaded as ECMAScript modules only', async () => {
    await runCleanroom('policy', 'hash', 'no-such-file.rego');
    const sources = resolve('src') + sep;
    const asCommonJs = Object.keys(createRequire(import.meta.url).cache);
    assert.deepEqual(
      asCommonJs.filter((path) => path.startsWith(sources)),
      [],
    );
  });
});

// The table of what the local Azure answers: complete, and each proof is there.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { EMULATED_SERVICES } from '../../../src/lib/emulator/emulated-operations.js';
import { PROOF_KINDS } from '../../../src/lib/emulator/http/proof.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly proof: object;
}

describe('the table of emulated operations', () => {
  const all = EMULATED_SERVICES.flatMap(({ operations }) => operations);

  it('has every route that a service of the local Azure answers', async () => {
    const missing: string[] = [];
    let routes = 0;
    for (const file of filesWithRoutes())
      for (const [name, list] of Object.entries((await import(pathToFileURL(file).href)) as object)) {
        if (!name.endsWith('ROUTES') || !Array.isArray(list)) continue;
        for (const { method, path, proof } of list as readonly Route[]) {
          routes += 1;
          const found = all.some((one) => one.method === method && one.path === path && one.proof === proof);
          if (!found) missing.push(`${name} ${method} ${path}`);
        }
      }
    assert.deepEqual(missing, []);
    assert.ok(routes > 150, String(routes));
  });

  it('names kind, date and source of each proof; what is recorded or published is a file that is here or a test of Microsoft’s', () => {
    for (const { method, path, proof } of all) {
      const what = `${method} ${path}: ${proof.kind}, ${proof.date}: ${proof.source}`;
      assert.ok(Object.hasOwn(PROOF_KINDS, proof.kind), what);
      assert.match(proof.date, /^20\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?$/, what);
      assert.ok(proof.source.length > 5, what);
      const [file] = /^azure-rest\/\S+/.exec(proof.source) ?? [];
      if (file !== undefined) assert.ok(existsSync(join('test/vectors', file)), what);
      else if (proof.kind === 'recording') assert.match(proof.source, /^azure-sdk-for-/, what);
    }
  });

  it('is the same as data', () => {
    const written = JSON.parse(readFileSync('docs/reference/emulated-operations.json', 'utf8')) as {
      services: unknown;
    };
    assert.deepEqual(written.services, JSON.parse(JSON.stringify(EMULATED_SERVICES)));
  });
});

function filesWithRoutes(): readonly string[] {
  return readdirSync('src/lib/emulator', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => resolve(parentPath, name))
    .filter((file) => /^export const [A-Z_]*ROUTES\b/m.test(readFileSync(file, 'utf8')));
}

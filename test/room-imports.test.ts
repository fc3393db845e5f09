// The trusted computing base of a room, pinned: what runs where the text is. Run with UPDATE_SNAPSHOTS=1 to accept a change.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

import { build } from 'esbuild';

const SNAPSHOT = 'test/snapshots/room-imports.txt';

interface ImportGraph {
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly bytes: number;
}

/* esbuild follows what is left at run time: imports of types are no imports. */
async function importGraph(): Promise<ImportGraph> {
  const { metafile } = await build({
    /* The second runs on a thread of the first. */
    entryPoints: ['src/lib/room/main.ts', 'src/lib/room/summary-worker.ts'],
    outdir: 'none',
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.entries(metafile.inputs);
  const external = inputs.flatMap(([, input]) =>
    input.imports.filter((imported) => imported.external === true),
  );
  return {
    files: inputs.map(([path]) => path).sort(),
    packages: [...new Set(external.map((imported) => imported.path))]
      .filter((path) => !path.startsWith('node:'))
      .sort(),
    bytes: inputs.reduce((sum, [, input]) => sum + input.bytes, 0),
  };
}

describe('the trusted computing base of a room', () => {
  let graph: ImportGraph;
  before(async () => {
    graph = await importGraph();
    console.log(
      `    ${graph.files.length} files, ${Math.round(graph.bytes / 1024)} KiB; packages: ${graph.packages.join(', ')}`,
    );
  });

  it('X6: is these packages, and no others', () => {
    assert.deepEqual(graph.packages, ['@huggingface/tokenizers', 'jose', 'onnxruntime-node', 'valibot']);
  });

  it('is these files, and no others', () => {
    const text = `${graph.files.join('\n')}\n`;
    if (process.env['UPDATE_SNAPSHOTS'] === '1') writeFileSync(SNAPSHOT, text);
    assert.equal(text, readFileSync(SNAPSHOT, 'utf8'));
  });

  it('holds no command line, no cloud SDK, no emulator and no YAML', () => {
    const foreign =
      /^src\/(?:commands|lib\/(?:azure|cli|emulator|parties|ports|images|cce-policy\/(?:generate|lint|compare|explain)))\//;
    assert.deepEqual(
      graph.files.filter((path) => foreign.test(path)),
      [],
    );
  });

  it('I7: runs no code that is fetched: no eval, no child process, no import of a computed name', () => {
    for (const path of graph.files) {
      const text = readFileSync(path, 'utf8');
      assert.doesNotMatch(text, /\beval\(|new Function|node:child_process|node:vm|import\(\s*[^'\s]/, path);
    }
  });
});

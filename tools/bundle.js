// Makes one file of each of some files of dist with all that it imports; see src/lib/cli/oclif.ts, src/lib/azure/sdk
// and src/lib/kubernetes/sdk.

import { readdirSync } from 'node:fs';

import { build } from 'esbuild';

const SDK = 'dist/lib/azure/sdk';

/* CommonJS has it by itself. */
const REQUIRE = `
import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);
`;

const common = {
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: REQUIRE },
  define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
  minifySyntax: true,
  logLevel: 'error',
};

await build({
  ...common,
  entryPoints: ['dist/lib/cli/oclif.js'],
  outfile: 'dist/lib/cli/oclif.js',
  minifyWhitespace: true,
  // Only for TypeScript sources of other command lines.
  external: ['typescript', 'ts-node'],
});
await build({
  ...common,
  entryPoints: readdirSync(SDK)
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${SDK}/${name}`),
  outdir: SDK,
  // What several of them stand on is there once: an error of one is known to the others.
  splitting: true,
  chunkNames: 'shared-[hash]',
});
await build({
  ...common,
  entryPoints: ['dist/lib/kubernetes/sdk/client.js'],
  outfile: 'dist/lib/kubernetes/sdk/client.js',
  minifyWhitespace: true,
});

// Makes dist/lib/cli/oclif.js one file with all that it imports; see src/lib/cli/oclif.ts.

import { build } from 'esbuild';

const FILE = 'dist/lib/cli/oclif.js';

/* oclif is CommonJS, which has these by itself. */
const COMMONJS_NAMES = `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;
`;

await build({
  entryPoints: [FILE],
  outfile: FILE,
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: COMMONJS_NAMES },
  // Only for TypeScript sources of other command lines.
  external: ['typescript', 'ts-node'],
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'error',
});

// Mocha tries to require a test before it imports it, and tells of a test that cannot be loaded what require said of it, which
// is nothing about the cause. Tests are ECMAScript modules: they are imported, and the error of the import is told.

import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';

/* No test asks a registry of the contracts that it makes up. */
process.env.CLEANROOM_OFFLINE ??= '1';

const loader = createRequire(import.meta.url)('../../node_modules/mocha/lib/nodejs/esm-utils.cjs');
const { requireOrImport } = loader;
loader.requireOrImport = (file, ...rest) =>
  extname(file) === '.ts' ? import(pathToFileURL(file).href) : requireOrImport(file, ...rest);

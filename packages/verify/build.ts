// Builds @cleanroom/verify: one file each for Node and browsers, and types that need no other package. `npm run build`
// comes first, since the types are made of its declarations; then `npm run build:verify`, and `npm pack ./packages/verify`.

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { build, type Plugin } from 'esbuild';

import { writeTypes } from './write-types.js';

const HERE = 'packages/verify';

/* As the `browser` field of the root's package.json does for the compiled files. */
const portableDigest: Plugin = {
  name: 'portable-digest',
  setup(builder) {
    builder.onResolve({ filter: /(?:^|\/)digest\.js$/ }, ({ resolveDir }) =>
      resolveDir.includes('node_modules')
        ? undefined
        : { path: resolve('src/lib/base/bytes/portable-digest.ts') },
    );
  },
};

/** Writes `dist` of the package into `directory`. */
export async function buildVerify(directory: string): Promise<void> {
  await requireSameVersion();
  const dist = join(directory, 'dist');
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await bundle(dist, 'node', []);
  await bundle(dist, 'browser', [portableDigest]);
  await writeTypes(dist);
}

async function bundle(dist: string, platform: 'node' | 'browser', plugins: readonly Plugin[]): Promise<void> {
  await build({
    entryPoints: [`${HERE}/src/${platform}.ts`],
    outfile: join(dist, `${platform}.js`),
    bundle: true,
    platform,
    format: 'esm',
    target: 'es2022',
    conditions: platform === 'browser' ? ['browser'] : [],
    charset: 'utf8',
    minify: true,
    legalComments: 'inline',
    plugins: [...plugins],
  });
}

async function requireSameVersion(): Promise<void> {
  const versionOf = async (path: string): Promise<unknown> =>
    (JSON.parse(await readFile(path, 'utf8')) as { version: unknown }).version;
  if ((await versionOf('package.json')) !== (await versionOf(`${HERE}/package.json`)))
    throw new Error('the packages have different versions');
}

if (process.argv[1]?.endsWith('build.ts') === true) await buildVerify(HERE);

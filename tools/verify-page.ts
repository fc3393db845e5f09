// templates/web/verify.html: the verifier as one file, for a browser without network. Built from the sources in src/lib.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { build, type Plugin } from 'esbuild';

import { PAGE_STYLE } from '../src/lib/evidence/evidence-page-style.js';

/* As the `browser` field of package.json does for the compiled files. */
const portableDigest: Plugin = {
  name: 'portable-digest',
  setup(builder) {
    builder.onResolve({ filter: /(?:^|\/)digest\.js$/ }, ({ resolveDir }) =>
      resolveDir.includes('node_modules') ? undefined : { path: resolve('src/lib/base/bytes/portable-digest.ts') },
    );
  },
};

/**
 * The whole file: style and script inline, each named by its hash in the policy; nothing may be loaded. Fails where the
 * sources reach a module of Node.
 */
export async function renderVerifyPage(): Promise<string> {
  const bundle = await build({
    entryPoints: ['web/verify-page.ts'],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    conditions: ['browser'],
    charset: 'utf8',
    legalComments: 'none',
    plugins: [portableDigest],
  });
  const script = (bundle.outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script').trim();
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(PAGE_STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const template = await readFile('web/verify.html', 'utf8');
  return template
    .replace('%POLICY%', () => policy)
    .replace('%STYLE%', () => PAGE_STYLE)
    .replace('%SCRIPT%', () => script);
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

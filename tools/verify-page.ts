// templates/web/verify.html: the verifier as one file, for a browser without network. Built from the sources in src/lib.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { build, type Plugin } from 'esbuild';

import { PAGE_STYLE } from '../src/lib/audit/evidence-page-style.js';

/** Stands in the page if any function of node:crypto is reached; a test looks for it. */
export const NODE_MARK = 'node:crypto is not in a page';

/*
 * bytes/digest hashes with node:crypto; the page has the same functions in plain TypeScript. The signing halves of files
 * whose reading halves are used import node:crypto too; nothing of them is reached, and so nothing of them is left.
 */
const withoutNode: Plugin = {
  name: 'without-node',
  setup(builder) {
    builder.onResolve({ filter: /^node:crypto$/ }, ({ path }) => ({
      path,
      namespace: 'absent',
      sideEffects: false,
    }));
    builder.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: `module.exports = new Proxy({}, { get() { throw new Error('${NODE_MARK}'); } });`,
    }));
    builder.onResolve({ filter: /(?:^|\/)digest\.js$/ }, ({ resolveDir }) =>
      resolveDir.includes('node_modules') ? undefined : { path: resolve('web/digest.ts') },
    );
  },
};

/** The whole file: style and script inline, each named by its hash in the policy; nothing may be loaded. */
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
    plugins: [withoutNode],
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

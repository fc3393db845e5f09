// Production packages for linux/x64: what of node_modules goes into an image.

import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

import * as v from 'valibot';

import { CleanroomError } from '../../base/errors.js';
import type { LayerFile } from '../build/layer-tar.js';

/* How a package is cut down to what Node on linux/x64 loads; others go in without types, maps and documents. */
interface PackageRule {
  /** Files to keep, besides package.json and licences. */
  readonly keep?: RegExp;
  /** Dependencies that are really loaded, instead of those that the package declares. */
  readonly dependencies?: readonly string[];
}

const RULES: Readonly<Record<string, PackageRule>> = {
  '@huggingface/tokenizers': { keep: /^dist\/tokenizers\.mjs$/ },
  'onnxruntime-node': {
    keep: /^(?:dist\/.*\.js|bin\/napi-v6\/linux\/x64\/.*)$/,
    dependencies: ['onnxruntime-common'],
  },
  'onnxruntime-common': { keep: /^dist\/(?:cjs|esm)\/.*\.(?:js|json)$/ },
};

const LOADED = /\.(?:js|mjs|cjs|json|node|wasm)$/;
const LICENCE = /^(?:licen[cs]e|notice|copying|thirdpartynotices)/i;
const LEFT_OUT_FOLDERS = new Set(['node_modules', 'test', 'tests', 'docs', 'types', '.github']);

const PackageSchema = v.looseObject({
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
});

/**
 * The files of `packages` and of what they depend on, as `/app/node_modules/…`.
 *
 * @param from - a directory whose node_modules are searched, upwards like Node does.
 * @throws CleanroomError OPTIONAL_PACKAGE_MISSING
 */
export async function collectPackageFiles(
  packages: readonly string[],
  from: string,
): Promise<readonly LayerFile[]> {
  const found = new Map<string, readonly LayerFile[]>();
  const queue = packages.map((name) => ({ name, from }));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const directory = await findPackage(next.name, next.from);
    if (found.has(directory)) continue;
    const rule = RULES[next.name] ?? {};
    const manifest = v.parse(
      PackageSchema,
      JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')),
    );
    found.set(directory, await filesOf(directory, rule));
    const dependencies = rule.dependencies ?? Object.keys(manifest.dependencies);
    queue.push(...dependencies.map((name) => ({ name, from: directory })));
  }
  return [...found.values()].flat();
}

async function findPackage(name: string, from: string): Promise<string> {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (await exists(join(candidate, 'package.json'))) return realpath(candidate);
    if (dirname(directory) === directory)
      throw new CleanroomError('OPTIONAL_PACKAGE_MISSING', `the package ${name} is not installed`);
  }
}

async function filesOf(directory: string, rule: PackageRule): Promise<readonly LayerFile[]> {
  const target = `/app/${directory
    .slice(directory.indexOf(`node_modules${sep}`))
    .split(sep)
    .join('/')}`;
  const names = await listFiles(directory);
  const isKept = (name: string): boolean =>
    name === 'package.json' || LICENCE.test(basename(name)) || (rule.keep?.test(name) ?? LOADED.test(name));
  return names
    .filter(isKept)
    .map((name) => ({ path: `${target}/${name}`, source: join(directory, ...name.split('/')) }));
}

/** Paths of the regular files below `directory`, with `/`, sorted; links are not followed. */
async function listFiles(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const name = relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (!name.split('/').some((part) => LEFT_OUT_FOLDERS.has(part))) names.push(name);
  }
  return names.sort();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

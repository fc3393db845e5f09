// What of an npm package enters the room: the files that Node.js on linux/x64 loads, and licences.

import * as v from 'valibot';

/* How a package is cut down; others go in without types, maps, tests and documents. */
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
  // What its sibling requires; two of the files hold types only.
  'onnxruntime-common': { keep: /^dist\/cjs\/(?!(?:tensor-utils|type-helper)\.js$).*\.(?:js|json)$/ },
  valibot: { keep: /^dist\/index\.mjs$/ },
};

const LOADED = /\.(?:js|mjs|cjs|json|node|wasm)$/;
const LICENCE = /^(?:licen[cs]e|notice|copying|thirdpartynotices)/i;
const LEFT_OUT_FOLDERS = new Set(['node_modules', 'test', 'tests', 'docs', 'types', '.github']);

const ManifestSchema = v.looseObject({
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
});

/** Those of a package's `paths` that enter the room, sorted. */
export function keptFiles(name: string, paths: readonly string[]): readonly string[] {
  const keep = RULES[name]?.keep;
  return paths
    .filter((path) => {
      const parts = path.split('/');
      if (parts.some((part) => LEFT_OUT_FOLDERS.has(part))) return false;
      return path === 'package.json' || LICENCE.test(parts.at(-1) ?? '') || (keep ?? LOADED).test(path);
    })
    .sort();
}

/** Names of the packages that a package loads. @param manifest - text of its package.json. */
export function loadedDependencies(name: string, manifest: string): readonly string[] {
  const rule = RULES[name]?.dependencies;
  return rule ?? Object.keys(v.parse(ManifestSchema, JSON.parse(manifest)).dependencies).sort();
}

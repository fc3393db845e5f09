// The cases of test/vectors/policy.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type {
  ContainerRule,
  FragmentImport,
  PolicyContent,
} from '../../src/lib/cce-policy/policy-document.js';
import type { TextProfileName } from '../../src/lib/cce-policy/text/text-profile.js';

const DIRECTORY = 'test/vectors/policy';

export interface PolicyVector {
  readonly name: string;
  readonly profile: string;
  readonly input: {
    readonly arm_template: unknown;
    readonly flags: readonly string[];
    readonly image: {
      readonly architecture: string;
      readonly config: { readonly Env: readonly string[] };
      readonly layer_root_hashes: readonly string[];
    };
  };
  readonly expected: {
    readonly fragments: readonly FragmentImport[];
    readonly containers: readonly ContainerRule[];
    readonly allow: Readonly<Record<string, boolean>>;
    readonly enforcement_points: readonly string[];
    readonly outraw_bytes: number;
    readonly outraw_sha256: string;
    readonly outraw_pretty_print_bytes: number;
    readonly outraw_pretty_print_sha256: string;
  };
}

export function policyVectors(): readonly PolicyVector[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.json') && name !== 'defaults.json')
    .map((name) => JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8')) as PolicyVector);
}

export function policyVector(name: string): PolicyVector {
  return JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), 'utf8')) as PolicyVector;
}

/** The text profile of a vector; the variant that sorts env_rules is otherwise 1.x. */
export function profileOf(vector: PolicyVector): TextProfileName {
  if (vector.profile === '1.x, early') return '1.x-early';
  if (vector.profile === '2.0' || vector.profile === 'next') return vector.profile;
  return '1.x';
}

export function expectedContent({ expected }: PolicyVector): PolicyContent {
  const flags = Object.fromEntries(
    Object.entries(expected.allow).map(([name, value]) => [`allow_${name}`, value]),
  );
  return {
    fragments: expected.fragments,
    containers: expected.containers,
    flags: flags as PolicyContent['flags'],
  };
}

// Manifests of pods for tests of their policies, and the policies' content.

import assert from 'node:assert/strict';

import {
  deploymentPolicyContent,
  DEPLOYMENT_DEFAULTS,
} from '../../src/lib/cce-policy/generate/deployment-policy.js';
import type { UnresolvedReferences } from '../../src/lib/cce-policy/generate/pod-environment.js';
import { parsePods } from '../../src/lib/cce-policy/generate/pod.js';
import type { PolicyContent } from '../../src/lib/cce-policy/policy-document.js';
import type { TextProfileName } from '../../src/lib/cce-policy/text/text-profile.js';
import { imageConfig } from './room-fixture.js';

export const IMAGE =
  'mcr.microsoft.com/azurelinux/distroless/base@sha256:1e77d97e1e39f22ed9c52f49b3508b4c1044cec23743df9098ac44e025f654f2';
export const LAYER = '243e1b3ce08093f2f0d9cd6a9eafde8737f64fec105ed59c346d309fbe760b58';

const MEASURED = {
  layers: [{ diffId: '0'.repeat(64), rootHash: LAYER, bytes: 1024 }] as never,
  config: imageConfig({ entrypoint: null, cmd: null }),
};

/* Manifests are JSON, which YAML holds. */
export function contentOf(
  manifest: unknown,
  {
    profile = '2.2',
    unresolved = 'refuse',
    config = {},
  }: {
    readonly profile?: TextProfileName;
    readonly unresolved?: UnresolvedReferences;
    readonly config?: Parameters<typeof imageConfig>[0];
  } = {},
): PolicyContent {
  const [deployment] = parsePods(textOf(manifest), { unresolved });
  assert.ok(deployment !== undefined);
  const image = { ...MEASURED, config: { ...MEASURED.config, ...config } };
  const images = new Map(deployment.containers.map(({ name }) => [name, image]));
  return deploymentPolicyContent(deployment, images, {
    ...DEPLOYMENT_DEFAULTS,
    profile,
    missingCommand: 'as-confcom',
  });
}

export function textOf(manifest: unknown): string {
  return Array.isArray(manifest)
    ? manifest.map((each) => JSON.stringify(each)).join('\n---\n')
    : JSON.stringify(manifest);
}

export const app = (members: Readonly<Record<string, unknown>> = {}) => ({
  name: 'app',
  image: IMAGE,
  ...members,
});
export const pod = (
  container: unknown,
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', ...metadata },
  spec: { containers: [container], ...spec },
});
export const template = (kind: string, container: unknown, spec: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'workload' },
  spec: { template: { metadata: {}, spec: { containers: [container] } }, ...spec },
});
export const shell = (text: string) => ({ command: ['/bin/sh'], args: ['-c', text] });

// Policies and fragments as a guest takes them, for tests (framework 0.5.0).

import assert from 'node:assert/strict';
import { createEnforcer } from '../../src/lib/emulator/guest/enforcer.js';
import type { PolicyEnforcer } from '../../src/lib/emulator/guest/policy-enforcer.js';
import type { FragmentRequest } from '../../src/lib/emulator/guest/requests.js';
import { parsePolicy } from '../../src/lib/cce-policy/read/policy-model.js';
import type { ContainerRule } from '../../src/lib/cce-policy/policy-document.js';
import { pauseContainer } from '../../src/lib/cce-policy/text/defaults.js';
import { CONTAINER_ID, honestRequest, mountLayers } from './policy-host.js';

export const ISSUER = 'did:x509:0:sha256:AAAA::subject:CN:Contoso';

export const FEED = 'contoso.azurecr.io/fragments/web';

export const LAYER = '1'.repeat(64);

export const PAUSE = pauseContainer({ stdio: true, signals: [] });

export const BASE: ContainerRule = {
  ...PAUSE,
  name: 'web',
  layers: [LAYER],
  command: ['/web'],
  env_rules: [],
};

export const POINTS = [
  ...[
    'mount_device',
    'mount_overlay',
    'create_container',
    'exec_in_container',
    'exec_external',
    'load_fragment',
  ],
  ...['rw_mount_device', 'scratch_mount', 'host_network', 'load_transparency_trust_list'],
];

/* A policy of the newest form, or of another framework. */
export function policy(
  parts: Readonly<Record<string, unknown>>,
  framework = '0.5.0',
  api = '0.12.0',
): PolicyEnforcer {
  const text = [
    'package policy',
    '',
    `api_version := "${api}"`,
    `framework_version := "${framework}"`,
    ...Object.entries(parts).map(([name, value]) => `${name} := ${JSON.stringify(value)}`),
    ...POINTS.map((point) => `${point} := data.framework.${point}`),
    'reason := data.framework.reason',
  ].join('\n');
  const model = parsePolicy(text);
  assert.equal(model.form, 'known', model.form === 'unknown' ? model.problem : '');
  return createEnforcer(model);
}

export function imported(extra: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { issuer: ISSUER, feed: FEED, minimum_svn: '1', includes: ['containers'], ...extra };
}

/* The text of a fragment: JSON values, with parameter("…") where a string says so. */
export function fragment(
  parts: Readonly<Record<string, unknown>>,
  svn: string | null = '1',
  framework = '0.5.0',
): string {
  const value = (part: unknown): string =>
    JSON.stringify(part).replace(/"parameter\((\w+)\)((?:\.\w+)*)"/g, 'parameter("$1")$2');
  return [
    'package web',
    ...(svn === null ? [] : [`svn := "${svn}"`]),
    `framework_version := "${framework}"`,
    ...Object.entries(parts).map(([name, part]) => `${name} := ${value(part)}`),
  ].join('\n');
}

export function load(guest: PolicyEnforcer, text: string, more: Partial<FragmentRequest> = {}) {
  return guest.loadFragment({ issuer: ISSUER, feed: FEED, text, ...more });
}

export function starts(
  guest: PolicyEnforcer,
  environment: readonly string[],
  rule: ContainerRule = BASE,
): boolean {
  const mounted = mountLayers(guest, rule.layers);
  if (!mounted.allowed) return false;
  const answer = guest.createContainer(honestRequest(rule, { containerId: CONTAINER_ID, environment }));
  return answer.allowed && environment.every((variable) => answer.environment.includes(variable));
}

export const parts = (name: string, value: string, strategy = 'string', required = true): unknown => ({
  name,
  name_strategy: strategy,
  value,
  value_strategy: strategy,
  required,
});

// Policy data to Rego text, byte for byte as confcom writes it (confcom). The text is what is hashed.

import { utf8 } from '../../base/bytes/arrays.js';
import { toBase64 } from '../../base/bytes/base64.js';
import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { POLICY_FLAGS, type PolicyContent, type PolicyFlag } from '../policy-document.js';
import { compactJson, prettyJson, type PythonJson } from './python-json.js';
import { enforcementPoints, type TextProfile, textProfile, type TextProfileName } from './text-profile.js';

export interface GeneratedPolicy {
  readonly text: string;
  /** Standard base64 of the text: the value of `ccePolicy` in a template. */
  readonly base64: string;
  /** SHA-256 of the text: HOST_DATA of the group's reports. */
  readonly hash: Sha256Hex;
}

export interface RenderOptions {
  readonly profile: TextProfileName;
  /** compact is confcom's default and what is injected into templates; pretty has another hash. */
  readonly layout: 'compact' | 'pretty';
}

/** The text of a policy, with no line break at its end, its base64 and its hash. */
export function renderPolicy(content: PolicyContent, options: RenderOptions): GeneratedPolicy {
  const text = policyText(content, options);
  return { text, base64: toBase64(utf8(text)), hash: sha256Hex(text) };
}

function policyText(content: PolicyContent, options: RenderOptions): string {
  const profile = textProfile(options.profile);
  const containersJson = options.layout === 'compact' ? compactJson : prettyJson;
  return [
    'package policy',
    '',
    'import future.keywords.every',
    'import future.keywords.in',
    '',
    `api_version := "${profile.apiVersion}"`,
    `framework_version := "${profile.frameworkVersion}"`,
    '',
    `fragments := ${prettyJson(asJson(content.fragments))}`,
    '',
    `containers := ${containersJson(asJson(content.containers))}`,
    '',
    ...flagsOf(profile).map((flag) => `${flag} := ${String(content.flags[flag])}`),
    '',
    ...enforcementPoints(profile).map((point) => `${point} := data.framework.${point}`),
    '',
    'reason := {"errors": data.framework.errors}',
  ].join('\n');
}

/* The flag of the newest API stands in its text only: older guests do not know it. */
function flagsOf(profile: TextProfile): readonly PolicyFlag[] {
  return POLICY_FLAGS.filter((flag) => flag !== 'allow_host_network' || profile.apiVersion === '0.12.0');
}

/* Interfaces have no index signature; their members are JSON by their types. */
function asJson(list: PolicyContent['fragments'] | PolicyContent['containers']): PythonJson {
  return list as unknown as PythonJson;
}

// What the versions that a policy states decide: answers to questions that its API version did not know, and what its framework
// version allows. As hcsshim pkg/securitypolicy, framework 0.5.0.

import { API, GUEST_FRAMEWORK_VERSION, type GuestQuestion } from '../../cce-policy/read/guest-questions.js';
import type { PolicyModel } from '../../cce-policy/read/policy-model.js';
import { compareVersions } from '../../cce-policy/read/versions.js';

/** The answer to a question that the policy does not have. */
export type DefaultRule =
  | { readonly kind: 'missing' }
  | { readonly kind: 'framework' }
  | { readonly kind: 'always'; readonly allowed: boolean };

/** What the guest does where a policy of an API version has no rule for a question: older versions did not know it. */
export function defaultRule(question: GuestQuestion, apiVersion: string): DefaultRule {
  const { since, otherwise } = API[question];
  if (compareVersions(apiVersion, since) >= 0) return { kind: 'missing' };
  return otherwise === 'framework'
    ? { kind: 'framework' }
    : { kind: 'always', allowed: otherwise === 'allow' };
}

/** What the framework adds to every denial of its own under a policy whose version it cannot use. */
export function versionReasons(model: PolicyModel): readonly string[] {
  const version = model.form === 'known' ? model.frameworkVersion : null;
  if (version === null) return [`framework_version is missing. Current version: ${GUEST_FRAMEWORK_VERSION}`];
  if (compareVersions(version, GUEST_FRAMEWORK_VERSION) <= 0) return [];
  return [
    `framework_version is ahead of the current version: ${version} is greater than ${GUEST_FRAMEWORK_VERSION}`,
  ];
}

/** Whether the guest may drop variables and capabilities that the policy does not have, instead of refusing them. */
export function droppingAllowed(model: PolicyModel): {
  readonly environment: boolean;
  readonly capabilities: boolean;
} {
  if (model.form !== 'known') return { environment: false, capabilities: false };
  const { flags, frameworkVersion } = model;
  return {
    environment: flags.allow_environment_variable_dropping === true,
    capabilities:
      frameworkVersion !== null &&
      compareVersions(frameworkVersion, '0.2.2') >= 0 &&
      flags.allow_capability_dropping === true,
  };
}

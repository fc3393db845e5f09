// Lint: what a policy allows that a clean room must not, each with an example that the enforcer itself admits.

import { findSecret } from '../generate/secrets.js';
import type { ContainerRule } from '../policy-document.js';
import { isAllowAll } from '../read/allow-all.js';
import type { KnownPolicy, PolicyModel } from '../read/policy-model.js';
import { lintContainer } from './container-findings.js';
import { lintEnvironment } from './environment-findings.js';
import { type Finding, finding, SEVERITIES } from './finding.js';
import { lintFragments } from './fragment-findings.js';
import { lintMounts } from './mount-findings.js';
import { lintPoints } from './point-findings.js';

/**
 * Every finding, gravest first. A policy of unknown form has one finding, an error: what is not understood is not safe.
 * No finding does not mean that the code in the containers is trustworthy, only that nothing else can be run.
 */
export function lintPolicy(model: PolicyModel): readonly Finding[] {
  if (model.form === 'unknown') {
    return [
      finding(
        'POLICY_FORM',
        null,
        `the text is not understood: ${model.problem}`,
        'a rule written in free Rego may allow any command, and look like the usual text',
      ),
    ];
  }
  return [
    ...lintText(model),
    ...lintPoints(model),
    ...lintFragments(model),
    ...model.containers.flatMap((container, index) =>
      lintOneContainer(container, containerLabel(container, index)),
    ),
  ].toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}

/** A container's name for people: its label, else its image, else its place. */
export function containerLabel(container: ContainerRule, index: number): string {
  return container.name ?? container.id ?? `container ${index + 1}`;
}

function lintOneContainer(container: ContainerRule, label: string): readonly Finding[] {
  return [
    ...lintContainer(container, label),
    ...lintMounts(container, label),
    ...lintEnvironment(container, label),
  ];
}

function lintText(model: KnownPolicy): readonly Finding[] {
  const findings: Finding[] = [];
  if (isAllowAll(model)) {
    findings.push(
      finding(
        'POLICY_ALLOW_ALL',
        null,
        'the policy allows everything to everybody',
        `the host may run any image with any command, and its reports will carry the public hash ${model.hash}`,
      ),
    );
  }
  const secret = findSecret(model.raw);
  if (secret !== null) {
    findings.push(
      finding(
        'SECRET_IN_POLICY',
        null,
        `the text holds ${secret}`,
        'whoever verifies a room reads it, and may use it',
      ),
    );
  }
  if (model.raw.endsWith('\n')) {
    findings.push(
      finding(
        'TEXT_LINE_BREAK',
        null,
        'the text ends with a line break',
        'the same policy without it has another hash, and is refused where this one is expected',
      ),
    );
  }
  return findings;
}

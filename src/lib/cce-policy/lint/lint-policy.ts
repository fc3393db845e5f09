// Lint: what a policy allows that a clean room must not, each with an example that the enforcer itself admits.

import { findSecret, suspectedSecrets } from '../generate/secrets.js';
import type { ContainerRule, PlatformRule } from '../policy-document.js';
import { PLATFORM_RULES_SINCE } from '../read/guest-questions.js';
import { compareVersions } from '../read/versions.js';
import { allowsEverything } from '../read/allow-all.js';
import type { KnownPolicy, PolicyModel, UnknownPolicy } from '../read/policy-model.js';
import { identified, type PolicyFinding } from './acceptance.js';
import { lintContainer } from './container-findings.js';
import { lintEnvironment } from './environment-findings.js';
import { containerLabel } from './container-label.js';
import { type ContractLintOptions, lintContract } from './contract-findings.js';
import { type Finding, finding } from './finding.js';
import { lintFragments } from './fragment-findings.js';
import { SEVERITIES } from '../../base/verdict/finding.js';
import { lintMounts } from './mount-findings.js';
import { lintPoints } from './point-findings.js';

/**
 * Every finding, gravest first. What allows everything is said before the form is looked at; a policy of unknown form has
 * an error for that: what is not understood is not safe. No finding does not mean that the code in the containers is
 * trustworthy, only that nothing else can be run.
 */
export function lintPolicy(model: PolicyModel, options: ContractLintOptions = {}): readonly PolicyFinding[] {
  const containers = model.form === 'known' ? model.containers : [];
  return [
    ...lintAllowAll(model),
    ...(model.form === 'known' ? lintKnown(model, options) : [formFinding(model)]),
  ]
    .map((found) => identified(found, containers))
    .toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}

function lintKnown(model: KnownPolicy, options: ContractLintOptions): readonly Finding[] {
  return [
    ...lintText(model),
    ...lintPoints(model),
    ...lintFragments(model),
    ...lintContract(model.containers, options),
    ...lintNames(model.containers),
    ...lintPlatformRules(model),
    ...model.containers.flatMap((container, index) =>
      lintOneContainer(underPlatformRules(container, model), containerLabel(container, index)),
    ),
  ];
}

function formFinding({ problem }: UnknownPolicy): Finding {
  return finding(
    'POLICY_FORM',
    null,
    `the text is not understood: ${problem}`,
    'a rule written in free Rego may allow any command, and look like the usual text',
  );
}

function lintAllowAll(model: PolicyModel): readonly Finding[] {
  if (!allowsEverything(model)) return [];
  return [
    finding(
      'POLICY_ALLOW_ALL',
      null,
      'the policy allows everything to everybody',
      `the host may run any image with any command, and its reports will carry the hash ${model.hash}`,
    ),
  ];
}

/* Older frameworks pass platform rules over. */
function platformRulesOf({ platformRules, frameworkVersion }: KnownPolicy): readonly PlatformRule[] {
  const counts = frameworkVersion !== null && compareVersions(frameworkVersion, PLATFORM_RULES_SINCE) >= 0;
  return counts ? platformRules : [];
}

function lintPlatformRules(model: KnownPolicy): readonly Finding[] {
  return platformRulesOf(model).map(({ env_rules, mounts }) => {
    const variables = env_rules.map(({ pattern }) => pattern);
    const places = mounts.map(({ destination }) => destination);
    const message = `every container may have ${[...variables, ...places].join(', ') || 'nothing more'}`;
    return finding(
      'PLATFORM_RULES',
      null,
      message,
      'the host may give them to the summarizer, the sidecar and what fragments bring',
    );
  });
}

/* As the guest sees a container, with all rules at once: whoever looks for danger need not know which one holds. */
function underPlatformRules(container: ContainerRule, model: KnownPolicy): ContainerRule {
  const rules = platformRulesOf(model);
  if (rules.length === 0) return container;
  return {
    ...container,
    env_rules: [...container.env_rules, ...rules.flatMap(({ env_rules }) => env_rules)],
    mounts: [...container.mounts, ...rules.flatMap(({ mounts }) => mounts)],
  };
}

function lintOneContainer(container: ContainerRule, label: string): readonly Finding[] {
  return [
    ...lintContainer(container, label),
    ...lintMounts(container, label),
    ...lintEnvironment(container, label),
    ...lintSecrets(container, label),
  ];
}

function lintNames(containers: readonly ContainerRule[]): readonly Finding[] {
  const named = containers.flatMap(({ name }) => name ?? []);
  const twice = [...new Set(named.filter((name, index) => named.indexOf(name) !== index))];
  return twice.map((name) =>
    finding(
      'CONTAINER_NAME_TWICE',
      name,
      `two containers are named ${name}`,
      `the host starts either of them, and both pass for ${name}`,
    ),
  );
}

function lintSecrets(container: ContainerRule, label: string): readonly Finding[] {
  return suspectedSecrets(container).map(({ place, kind, certainty }) =>
    certainty === 'certain'
      ? secretFinding(label, `${place} of ${label} contains ${kind}`)
      : finding(
          'SECRET_POSSIBLE',
          label,
          `${place} of ${label} looks like ${kind}`,
          'if it is a key, every verifier of the room can read and use it',
        ),
  );
}

function secretFinding(label: string | null, message: string): Finding {
  return finding('SECRET_IN_POLICY', label, message, 'every verifier of the room can read and use it');
}

function lintText(model: KnownPolicy): readonly Finding[] {
  const findings: Finding[] = [];
  const secret = findSecret(model.raw);
  if (secret !== null && !model.containers.some(holdsSecret)) {
    findings.push(secretFinding(null, `the text contains ${secret}`));
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

function holdsSecret(container: ContainerRule): boolean {
  return suspectedSecrets(container).some(({ certainty }) => certainty === 'certain');
}

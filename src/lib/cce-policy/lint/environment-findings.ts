// Findings about variables: what the host may set. Patterns are asked which texts they take; fixed values are judged by value.

import { type PatternQuestions, patternQuestions } from '../pattern/live-prefix.js';
import { compilePattern } from '../pattern/pattern.js';
import { PatternError, PatternTooLarge } from '../pattern/pattern-node.js';
import { asGuestReads } from '../pattern/reading.js';
import type { ContainerRule, EnvironmentRule } from '../policy-document.js';
import { INJECTED_ENVIRONMENT } from '../text/defaults.js';
import { type Finding, finding } from './finding.js';
import type { LintId } from './lint-rules.js';
import { lintRepeatedNames } from './repeated-names.js';
import { STEERING_NAMES, steeringName, type SteeringName } from './steering-names.js';
import type { ValuePlace } from './value-judgement.js';

/* A value that no bounded pattern takes by chance, and numbers beyond any limit. */
const OPEN_VALUES: readonly string[] = ['999999', 'any text, with "quotes" and $(commands)'];
/* A name that no program knows: a pattern that takes it takes any. */
const ARBITRARY_NAME = 'QZ_ANYTHING_7';

const PLATFORM_PATTERNS: readonly string[] = INJECTED_ENVIRONMENT.filter(
  ({ strategy }) => strategy === 're2',
).map(({ pattern }) => pattern);

/* Of a pattern that these are said of, it is said already that it takes names which are not its own. */
const OPEN_NAMES: ReadonlySet<LintId> = new Set(['ENV_ANY_NAME', 'ENV_DANGEROUS', 'ENV_REOPENED']);

export function lintEnvironment(container: ContainerRule, label: string): readonly Finding[] {
  const place: ValuePlace = { mounted: container.mounts.map(({ destination }) => destination) };
  const patterns = container.env_rules.filter(({ strategy }) => strategy === 're2');
  const exact = container.env_rules.filter(({ strategy }) => strategy === 'string');
  const platform = patterns.filter(isPlatformRule);
  const judged = patterns.map((rule) => ({ rule, findings: lintPattern(rule, exact, label) }));
  const named = judged.filter(({ findings }) => !findings.some(({ id }) => OPEN_NAMES.has(id)));
  return [
    ...judged.flatMap(({ findings }) => findings),
    ...exact.flatMap((rule) => lintExact(rule, label, place)),
    ...lintRepeatedNames(
      exact,
      named.map(({ rule }) => rule),
      label,
    ),
    ...lintPlatform(platform, label),
    ...lintOptional(exact, label),
  ];
}

/** Whether this is one of the patterns for what the platform sets, with or without its anchors, whole or in parts. */
export function isPlatformRule({ pattern, parts }: EnvironmentRule): boolean {
  return PLATFORM_PATTERNS.includes(parts === undefined ? bare(pattern) : `${parts.name}=${parts.value}`);
}

function bare(pattern: string): string {
  return pattern.replace(
    /^\^(?:\(\?:(.*)\)\$|(.*)\$)$/s,
    (_, grouped: string | undefined, plain: string | undefined) => grouped ?? plain ?? '',
  );
}

function lintPattern(
  rule: EnvironmentRule,
  exact: readonly EnvironmentRule[],
  label: string,
): readonly Finding[] {
  const { pattern, required } = rule;
  const problem = patternProblem(pattern);
  if (problem === 'too large') {
    const example = `it was not tried whether the host may set LD_PRELOAD by ${shortened(pattern)}`;
    return [finding('ENV_UNDECIDED', label, 'a pattern is too large to search', example, pattern)];
  }
  if (problem !== null) {
    const consequence = required ? `${label} never starts` : 'the variable is dropped wherever it is set';
    return [finding('ENV_PATTERN_INVALID', label, `RE2 refuses ${pattern}: ${problem}`, consequence)];
  }
  const current = patternQuestions(pattern, 'anchored');
  if (current.takesPrefix(`${ARBITRARY_NAME}=`).taken !== 'no') {
    const message = `${pattern} takes variables of any name`;
    const example = `the host may set ${ARBITRARY_NAME}=1, and LD_PRELOAD as well`;
    return [finding('ENV_ANY_NAME', label, message, example)];
  }
  const steering = lintSteering(pattern, label, current);
  return [
    ...steering,
    ...lintReopened(pattern, exact, label, current),
    ...(steering.length > 0 ? [] : lintUnanchored(pattern, label)),
    ...(isPlatformRule(rule) ? [] : lintValue(pattern, label, current)),
  ];
}

function patternProblem(pattern: string): string | null {
  try {
    compilePattern(pattern);
    return null;
  } catch (cause) {
    if (cause instanceof PatternTooLarge) return 'too large';
    if (cause instanceof PatternError) return cause.message;
    throw cause;
  }
}

/* One finding a pattern: the first name, and how many more. */
function lintSteering(pattern: string, label: string, questions: PatternQuestions): readonly Finding[] {
  const initials = new Set(
    STEERING_NAMES.map(({ name }) => name.charAt(0)).filter(
      (initial) => questions.takesPrefix(initial).taken !== 'no',
    ),
  );
  const live = STEERING_NAMES.filter(
    ({ name }) => initials.has(name.charAt(0)) && questions.takesPrefix(`${name}=`).taken !== 'no',
  );
  const [first] = live;
  if (first === undefined) return [];
  const others = live.length > 1 ? ` and ${live.length - 1} more such names` : '';
  const message = `environment ${first.name} of ${label}${others} can be set, by ${pattern}; it ${first.effect}`;
  return [finding('ENV_DANGEROUS', label, message, `the host may set ${exampleFor(first, questions)}`)];
}

/* With the value that an attacker would choose, where the pattern takes it. */
function exampleFor({ name, attack }: SteeringName, questions: PatternQuestions): string {
  for (const prefix of [`${name}=${attack}`, `${name}=/`, `${name}=a`, `${name}=`]) {
    const answer = questions.takesPrefix(prefix);
    if (answer.taken === 'yes') return answer.example;
  }
  return `${name}=${attack}`;
}

/* A fixed variable that a pattern lets the host set again, beside the first: which of the two counts is not said. */
function lintReopened(
  pattern: string,
  exact: readonly EnvironmentRule[],
  label: string,
  questions: PatternQuestions,
): readonly Finding[] {
  const names = [...new Set(exact.map((rule) => nameOf(rule.pattern)))];
  return names.flatMap((name) => {
    const answer = questions.takesPrefix(`${name}=`);
    if (answer.taken === 'no') return [];
    const example = answer.taken === 'yes' ? answer.example : `${name}=…`;
    const message = `${name} of ${label} has a fixed value, and ${pattern} takes others`;
    return [finding('ENV_REOPENED', label, message, `the host may set ${example} beside it, or instead`)];
  });
}

function lintUnanchored(pattern: string, label: string): readonly Finding[] {
  const answer = patternQuestions(pattern, 'unanchored').takesPrefix('LD_PRELOAD=/tmp/x');
  if (answer.taken === 'no') return [];
  const example = answer.taken === 'yes' ? answer.example : 'LD_PRELOAD=/tmp/x';
  const message = `${pattern} is not bound to the beginning and end of the variable`;
  return [
    finding('ENV_UNANCHORED', label, message, `on guests before framework 0.4 the host may set ${example}`),
  ];
}

function lintValue(pattern: string, label: string, questions: PatternQuestions): readonly Finding[] {
  const any = questions.takesPrefix('');
  if (any.taken !== 'yes') {
    return [
      finding(
        'ENV_PARAMETER',
        label,
        `${pattern} of ${label} takes nothing`,
        'no value that it takes was found',
      ),
    ];
  }
  const name = nameOf(any.example);
  const open = questions.isOpenAtEnd();
  if (open.taken !== 'no') {
    const example = open.taken === 'yes' ? open.example : any.example;
    const message = `${shortened(pattern)} of ${label} is not closed at its end`;
    return [finding('ENV_OPEN_END', label, message, `the host may set ${example}`, pattern)];
  }
  const accepted = OPEN_VALUES.filter((value) => takes(pattern, `${name}=${value}`));
  if (accepted.length === OPEN_VALUES.length) {
    const example = `the host may set ${name}=${accepted[0] ?? ''}`;
    return [finding('ENV_OPEN_VALUE', label, `${name} of ${label} may have any value`, example, pattern)];
  }
  const example = accepted[0] === undefined ? any.example : `${name}=${accepted[0]}`;
  const within = pattern.length > 80 ? 'a pattern' : pattern;
  const message = `${name} of ${label} is chosen at deployment, within ${within}`;
  return [finding('ENV_PARAMETER', label, message, `the host may set ${shortened(example)}`, pattern)];
}

function takes(pattern: string, variable: string): boolean {
  try {
    return compilePattern(asGuestReads(pattern, 'anchored')).found(variable);
  } catch (cause) {
    if (cause instanceof PatternError) return false;
    throw cause;
  }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function lintExact(
  { pattern, required }: EnvironmentRule,
  label: string,
  place: ValuePlace,
): readonly Finding[] {
  const name = nameOf(pattern);
  const entry = steeringName(name);
  const value = pattern.slice(name.length + 1);
  if (entry === null || entry.harmless(value, place)) return [];
  const message = `${name} of ${label} is ${JSON.stringify(shortened(value))}; it ${entry.effect}`;
  const example = required
    ? `${label} always runs with ${shortened(pattern)}`
    : `the host may set ${shortened(pattern)}, or leave it out`;
  return [finding('ENV_DANGEROUS_VALUE', label, message, example, pattern)];
}

function lintPlatform(rules: readonly EnvironmentRule[], label: string): readonly Finding[] {
  if (rules.length === 0) return [];
  const names = rules.map(({ pattern }) => nameOf(bare(pattern)).replace(/\\(.)/g, '$1')).join(', ');
  const example = 'the host may set HOSTNAME=anything; code must not believe it';
  return [finding('ENV_PLATFORM', label, `the platform may set ${names} of ${label}`, example)];
}

function lintOptional(exact: readonly EnvironmentRule[], label: string): readonly Finding[] {
  const names = exact.filter(({ required }) => !required).map(({ pattern }) => nameOf(pattern));
  if (names.length === 0) return [];
  const example = `the host may start ${label} without ${names[0] ?? ''}`;
  return [finding('ENV_OPTIONAL', label, `${names.join(', ')} of ${label} may be left out`, example)];
}

function nameOf(variable: string): string {
  return variable.split('=')[0] ?? '';
}

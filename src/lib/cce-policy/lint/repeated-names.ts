// Findings about variables that two rules take: the host may set both, and programs differ in which of the two they read.

import { patternQuestions } from '../pattern/live-prefix.js';
import type { EnvironmentRule } from '../policy-document.js';
import { type Finding, finding } from './finding.js';
import { groupBy } from './group-by.js';

/** Several fixed values of one name, or several patterns that take it; a fixed value beside a pattern is another finding. */
export function lintRepeatedNames(
  exact: readonly EnvironmentRule[],
  patterns: readonly EnvironmentRule[],
  label: string,
): readonly Finding[] {
  return [...lintValues(exact, label), ...lintPatterns(patterns, label)];
}

function lintValues(exact: readonly EnvironmentRule[], label: string): readonly Finding[] {
  const byName = groupBy(exact, ({ pattern }) => nameOf(pattern));
  return [...byName].flatMap(([name, rules]) => {
    const values = [...new Set(rules.map(({ pattern }) => pattern))];
    if (values.length < 2) return [];
    const message = `${name} of ${label} has ${values.length} fixed values`;
    const example = `the host chooses between ${values.map(shortened).join(' and ')}, or sets both`;
    return [finding('ENV_TWICE', label, message, example)];
  });
}

/* One finding for a name: the first two patterns that take it. */
function lintPatterns(rules: readonly EnvironmentRule[], label: string): readonly Finding[] {
  const patterns = [...new Set(rules.map(({ pattern }) => pattern))];
  const found = new Map<string, Finding>();
  for (const [index, pattern] of patterns.entries()) {
    const name = nameTakenBy(pattern);
    if (name === null || found.has(name)) continue;
    const second = patterns.find((other, at) => at !== index && takesName(other, name));
    if (second === undefined) continue;
    const message = `${name} of ${label} is taken by two patterns`;
    const example = `the host may set it twice, by ${shortened(pattern)} and by ${shortened(second)}`;
    found.set(name, finding('ENV_TWICE', label, message, example));
  }
  return [...found.values()];
}

/* Names that stand in the pattern letter by letter are compared; the others are searched for. */
function nameTakenBy(pattern: string): string | null {
  const spelled = spelledName(pattern);
  if (spelled !== null) return spelled;
  const any = patternQuestions(pattern, 'anchored').takesPrefix('');
  return any.taken === 'yes' ? nameOf(any.example) : null;
}

function takesName(pattern: string, name: string): boolean {
  const spelled = spelledName(pattern);
  if (spelled !== null) return spelled === name;
  return patternQuestions(pattern, 'anchored').takesPrefix(`${name}=`).taken === 'yes';
}

/* Of a pattern without alternatives: `|` might hold another name. */
function spelledName(pattern: string): string | null {
  if (pattern.includes('|')) return null;
  return /^\^?([A-Za-z0-9_]+)=/.exec(pattern)?.[1] ?? null;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function nameOf(variable: string): string {
  return variable.split('=')[0] ?? '';
}

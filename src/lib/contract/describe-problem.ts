// A problem of a contract's form in the contract's own words: which field, and what it must be.

import type * as v from 'valibot';

type Issue = v.BaseIssue<unknown>;

const FORMS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  strict_object: 'a group of fields',
};

/** One or more lines `path: what it must be` for an issue of the schema; `within`: path of what contains it. */
export function describeIssue(issue: Issue, within = ''): readonly string[] {
  const path = pathOf(issue, within);
  if (issue.type === 'union') return describeUnion(issue, path);
  return [`${path === '' ? 'contract' : path}: ${describe(issue)}`];
}

function describe(issue: Issue): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'a contract has no such field';
  if (issue.received === 'undefined') return 'is missing';
  if (issue.kind === 'validation') return describeBound(issue);
  if (issue.type === 'picklist' || issue.type === 'literal')
    return `must be ${choicesOf(issue.expected ?? '')}${received(issue)}`;
  return `must be ${FORMS[issue.type] ?? 'of another form'}${received(issue)}`;
}

function describeBound(issue: Issue): string {
  const { type, message } = issue;
  const requirement = 'requirement' in issue ? String(issue.requirement) : '';
  switch (type) {
    case 'regex':
      return `must be ${message}`;
    case 'integer':
      return 'must be a whole number';
    case 'min_value':
      return `must be at least ${requirement}`;
    case 'max_value':
      return `must be at most ${requirement}`;
    case 'gt_value':
      return `must be more than ${requirement}`;
    case 'min_length':
      return requirement === '1' ? 'must not be empty' : `needs at least ${requirement} entries`;
    case 'max_length':
      return `takes at most ${requirement} entries`;
    default:
      return message;
  }
}

/* What is wrong with a value of one of the forms says more than that no form fits. */
function describeUnion(issue: Issue, path: string): readonly string[] {
  const values = (issue.issues ?? []).filter(
    ({ type, path: at }) => at !== undefined && !(type === 'strict_object' || type === 'union'),
  );
  if (values.length === 0) return [`${path}: ${issue.message}`];
  return [...new Set(values.flatMap((value) => describeIssue(value, path)))];
}

/* `("t5" | "bart")` as `t5 or bart`. */
function choicesOf(expected: string): string {
  const choices = expected
    .replace(/^\(|\)$/g, '')
    .split(' | ')
    .map((choice) => choice.replace(/^"|"$/g, ''));
  if (choices.length < 2) return choices.join('');
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
}

/* Short plain values are said again; longer ones, which may be anything, are not. */
function received({ input }: Issue): string {
  const shown =
    typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean'
      ? String(input)
      : null;
  return shown === null || shown.length > 40 ? '' : `, not ${JSON.stringify(shown)}`;
}

function pathOf(issue: Issue, within: string): string {
  const path = (issue.path ?? [])
    .map((item) => (typeof item.key === 'number' ? `[${item.key}]` : `.${String(item.key)}`))
    .join('');
  return `${within}${path}`.replace(/^\./, '');
}

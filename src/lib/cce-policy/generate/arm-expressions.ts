// Parameters and variables of an ARM template, filled in as confcom does: as text, one expression a string, no functions
// (confcom).

import type { Json } from '../../base/bytes/canonical-json.js';
import { CleanroomError } from '../../base/errors.js';
import { pythonText } from './environment-value.js';
import { type JsonFields } from './json-fields.js';

const PARAMETER = /\[parameters\(\s*'([^'./]+)'\s*\)\]/i;
const VARIABLE = /\[variables\(\s*'([^'./]+)'\s*\)\]/i;

/** Names in lower case: ARM does not tell cases apart. */
export interface TemplateScope {
  /** Undefined for a parameter that has neither value nor default. */
  readonly parameters: ReadonlyMap<string, Json | undefined>;
  readonly variables: ReadonlyMap<string, Json | undefined>;
}

/**
 * The values that a template's expressions stand for.
 *
 * @throws CleanroomError TEMPLATE_PARAMETER_UNKNOWN for a key of the file that the template does not declare.
 */
export function templateScope(template: JsonFields, parametersFile: JsonFields | null): TemplateScope {
  const declared = template.child('parameters');
  const given = parametersFile?.child('parameters') ?? null;
  const names = memberNames(template.get('parameters'));
  const known = new Set(names.map((name) => name.toLowerCase()));
  const unknown = memberNames(parametersFile?.get('parameters')).filter(
    (name) => !known.has(name.toLowerCase()),
  );
  if (unknown.length > 0) {
    throw new CleanroomError(
      'TEMPLATE_PARAMETER_UNKNOWN',
      `the parameters file sets ${unknown.join(', ')}; the template declares ${names.join(', ') || 'none'}`,
    );
  }
  const parameters = names.map((name): [string, Json | undefined] => {
    const own = declared.child(name);
    const file = given?.child(name);
    return [
      name.toLowerCase(),
      file?.get('value') ?? file?.get('secureValue') ?? own.get('value') ?? own.get('defaultValue'),
    ];
  });
  const variables = template.child('variables');
  return {
    parameters: new Map(parameters),
    variables: new Map(
      memberNames(template.get('variables')).map((name) => [name.toLowerCase(), variables.get(name)]),
    ),
  };
}

function memberNames(value: Json | undefined): readonly string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** What an expression came to: text with it filled in, or the name of the parameter that has no value. */
export type Substituted =
  | { readonly resolved: true; readonly text: string }
  | { readonly resolved: false; readonly parameter: string };

/**
 * Fills in the first expression of `text`. A value that itself holds an expression is not looked into.
 *
 * @throws CleanroomError TEMPLATE_INVALID for a name that the template does not declare, or a value that is no text.
 */
export function substitute(text: string, scope: TemplateScope, path: string): Substituted {
  const isParameter = text.toLowerCase().includes('parameters');
  const match = (isParameter ? PARAMETER : VARIABLE).exec(text);
  const name = match?.[1]?.toLowerCase();
  if (match === null || name === undefined) return { resolved: true, text };
  const values = isParameter ? scope.parameters : scope.variables;
  if (!values.has(name)) {
    throw new CleanroomError(
      'TEMPLATE_INVALID',
      `${path} refers to ${match[0]}, which the template does not declare`,
    );
  }
  const value = values.get(name);
  if (value === undefined) return { resolved: false, parameter: name };
  if (typeof value === 'object') {
    throw new CleanroomError('TEMPLATE_INVALID', `${path} refers to ${match[0]}, which is not plain text`);
  }
  return { resolved: true, text: text.replaceAll(match[0], () => pythonText(value)) };
}

/** As `substitute`, for a place where any value will not do. @throws also TEMPLATE_PARAMETER_UNRESOLVED */
export function resolveText(text: string, scope: TemplateScope, path: string): string {
  const outcome = substitute(text, scope, path);
  if (outcome.resolved) return outcome.text;
  throw new CleanroomError(
    'TEMPLATE_PARAMETER_UNRESOLVED',
    `${path} is the parameter ${outcome.parameter}, which has no value and no default`,
  );
}

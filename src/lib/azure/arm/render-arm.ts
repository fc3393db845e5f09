// A template as ARM JSON: expressions in brackets, child names in full, dependencies written out.

import { assertNever } from '../../base/errors.js';
import {
  Expression,
  resourceOf,
  symbolsIn,
  type Template,
  type TemplateParameter,
  type TemplateResource,
  type TemplateValue,
} from './template.js';

const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#';

/** The JSON file, for `az deployment group create` or the portal. */
export function renderArm(template: Template): string {
  const { parameters, resources, outputs } = template;
  const document = {
    $schema: SCHEMA,
    contentVersion: '1.0.0.0',
    parameters: mapEntries(parameters, (entry) => armParameter(entry, template)),
    resources: resources.map((resource) => armResource(resource, template)),
    ...(Object.keys(outputs).length === 0
      ? {}
      : {
          outputs: mapEntries(outputs, (value) => ({ type: 'string', value: armValue(value, template) })),
        }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function armParameter(
  { type, description, defaultValue }: TemplateParameter,
  template: Template,
): Record<string, unknown> {
  return {
    type,
    ...(defaultValue === undefined ? {} : { defaultValue: armValue(defaultValue, template) }),
    ...(description === undefined ? {} : { metadata: { description } }),
  };
}

function armResource(resource: TemplateResource, template: Template): Record<string, unknown> {
  const { type, apiVersion, parent, scope, body } = resource;
  const names = nameSegments(resource, template);
  const [only] = names;
  const name = names.length === 1 && only !== undefined ? only : joined(names);
  const dependencies = new Set([
    ...[parent, scope].filter((symbol) => symbol !== undefined),
    ...symbolsIn(resource.name),
    ...symbolsIn(body),
  ]);
  return {
    type,
    apiVersion,
    ...(scope === undefined ? {} : { scope: `[${resourceId(scope, template)}]` }),
    name: armValue(name, template),
    ...mapEntries(body, (value) => armValue(value, template)),
    ...(dependencies.size === 0
      ? {}
      : { dependsOn: [...dependencies].map((symbol) => `[${resourceId(symbol, template)}]`) }),
  };
}

/* `{0}/{1}`, filled with the names from the outermost resource on. */
function joined(names: readonly TemplateValue[]): Expression {
  const pattern = names.map((_, index) => `{${index}}`).join('/');
  return new Expression({ kind: 'call', name: 'format', values: [pattern, ...names], member: null });
}

function nameSegments({ name, parent }: TemplateResource, template: Template): readonly TemplateValue[] {
  return parent === undefined ? [name] : [...nameSegments(resourceOf(template, parent), template), name];
}

function armValue(value: TemplateValue, template: Template): unknown {
  if (value instanceof Expression) return `[${expression(value, template)}]`;
  // A text that begins with a bracket would be taken for an expression; two stand for one.
  if (typeof value === 'string') return value.startsWith('[') ? `[${value}` : value;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value))
    return (value as readonly TemplateValue[]).map((item) => armValue(item, template));
  return mapEntries(value as Readonly<Record<string, TemplateValue>>, (member) => armValue(member, template));
}

function expression({ term }: Expression, template: Template): string {
  switch (term.kind) {
    case 'parameter':
      return `parameters(${quoted(term.name)})`;
    case 'call': {
      const values = term.values.map((value) => argument(value, template)).join(', ');
      return `${term.name}(${values})${term.member === null ? '' : `.${term.member}`}`;
    }
    case 'resource-id':
      return resourceId(term.symbol, template);
    case 'resource-property': {
      const { apiVersion } = resourceOf(template, term.symbol);
      return `reference(${resourceId(term.symbol, template)}, ${quoted(apiVersion)}).${term.member}`;
    }
    default:
      return assertNever(term);
  }
}

function resourceId(symbol: string, template: Template): string {
  const resource = resourceOf(template, symbol);
  const names = nameSegments(resource, template).map((name) => argument(name, template));
  return `resourceId(${[quoted(resource.type), ...names].join(', ')})`;
}

function argument(value: TemplateValue, template: Template): string {
  if (value instanceof Expression) return expression(value, template);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value);
  throw new RangeError('functions of templates are given texts, numbers and expressions only');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function mapEntries<T, U>(record: Readonly<Record<string, T>>, convert: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]));
}

// A template as Bicep: parameters, resources by symbol, outputs. A small part of the language, and never more than that.

import { assertNever } from '../../base/errors.js';
import { Expression, type Template, type TemplateResource, type TemplateValue } from './template.js';

/** The Bicep file; says the same as the ARM JSON of the same template. */
export function renderBicep({ parameters, resources, outputs }: Template): string {
  const declared = Object.entries(parameters).map(([name, { type, description, defaultValue }]) => {
    const decorators = [
      ...(description === undefined ? [] : [`@description(${bicepString(description)})`]),
      ...(type === 'securestring' ? ['@secure()'] : []),
    ];
    const value = defaultValue === undefined ? '' : ` = ${bicepValue(defaultValue, 0)}`;
    return `${[...decorators, `param ${name} string${value}`].join('\n')}\n`;
  });
  const results = Object.entries(outputs).map(
    ([name, value]) => `output ${name} string = ${bicepValue(value, 0)}\n`,
  );
  return [...declared, ...resources.map(bicepResource), ...results].join('\n');
}

function bicepResource({ symbol, type, apiVersion, name, parent, scope, body }: TemplateResource): string {
  const links = [
    ...(parent === undefined ? [] : [`  parent: ${parent}\n`]),
    ...(scope === undefined ? [] : [`  scope: ${scope}\n`]),
  ];
  const members = Object.entries({ name, ...body }).map(
    ([key, value]) => `  ${bicepName(key)}: ${bicepValue(value, 1)}\n`,
  );
  return `resource ${symbol} '${type}@${apiVersion}' = {\n${[...links, ...members].join('')}}\n`;
}

function bicepValue(value: TemplateValue, depth: number): string {
  if (value instanceof Expression) return expression(value);
  if (typeof value === 'string') return bicepString(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : `json('${String(value)}')`;
  if (typeof value === 'boolean') return String(value);
  const indent = '  '.repeat(depth + 1);
  const close = '  '.repeat(depth);
  if (Array.isArray(value)) {
    const items = value as readonly TemplateValue[];
    if (items.length === 0) return '[]';
    return `[\n${items.map((item) => `${indent}${bicepValue(item, depth + 1)}\n`).join('')}${close}]`;
  }
  const members = Object.entries(value as Readonly<Record<string, TemplateValue>>);
  if (members.length === 0) return '{}';
  const lines = members.map(
    ([name, member]) => `${indent}${bicepName(name)}: ${bicepValue(member, depth + 1)}\n`,
  );
  return `{\n${lines.join('')}${close}}`;
}

function expression({ term }: Expression): string {
  switch (term.kind) {
    case 'parameter':
      return term.name;
    case 'call': {
      const values = term.values.map((value) => bicepValue(value, 0)).join(', ');
      return `${term.name}(${values})${term.member === null ? '' : `.${term.member}`}`;
    }
    case 'resource-id':
      return `${term.symbol}.id`;
    case 'resource-property':
      return `${term.symbol}.properties.${term.member}`;
    default:
      return assertNever(term);
  }
}

function bicepName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : bicepString(name);
}

function bicepString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('${', '\\${')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `'${escaped}'`;
}

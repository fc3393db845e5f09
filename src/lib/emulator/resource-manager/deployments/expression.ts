// Expressions of ARM templates, `[concat(parameters('name'), '-1')]`: a small part of the language, and never more than that.
// LEARN "ARM template functions".

import type { Json } from '../../../base/bytes/canonical-json.js';
import { AzureError } from '../../http/azure-error.js';

/** What expressions may ask for. */
export interface ExpressionScope {
  readonly parameters: Readonly<Record<string, Json>>;
  readonly variables: Readonly<Record<string, Json>>;
  readonly subscription: string;
  readonly resourceGroup: { readonly id: string; readonly name: string; readonly location: string };
}

/** The value of a template's text: itself, unless it stands in brackets. @throws AzureError 400 InvalidTemplate */
export function evaluateText(text: string, scope: ExpressionScope): Json {
  if (!text.startsWith('[') || !text.endsWith(']')) return text;
  if (text.startsWith('[[')) return text.slice(1);
  const reader = new Reader(text.slice(1, -1), scope);
  const value = reader.value();
  if (!reader.atEnd()) throw invalidTemplate(`the expression '${text}' is not valid`);
  return value;
}

/** The value with every expression in it worked out. */
export function evaluateDeep(value: Json, scope: ExpressionScope): Json {
  if (typeof value === 'string') return evaluateText(value, scope);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => evaluateDeep(item, scope));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, evaluateDeep(member as Json, scope)]),
  );
}

export function invalidTemplate(why: string): AzureError {
  return new AzureError(400, 'InvalidTemplate', `Deployment template validation failed: '${why}.'.`);
}

/* Recursive descent over one expression. */
class Reader {
  private place = 0;

  constructor(
    private readonly text: string,
    private readonly scope: ExpressionScope,
  ) {}

  atEnd(): boolean {
    this.skipSpace();
    return this.place === this.text.length;
  }

  value(): Json {
    this.skipSpace();
    const found = this.take(/'(?:[^']|'')*'/y);
    if (found !== null) return found.slice(1, -1).replaceAll("''", "'");
    const number = this.take(/-?\d+/y);
    if (number !== null) return Number(number);
    const name = this.take(/[A-Za-z]\w*/y);
    if (name === null) throw invalidTemplate(`the expression '${this.text}' is not valid`);
    return this.members(call(name, this.values(), this.scope));
  }

  private values(): readonly Json[] {
    const values: Json[] = [];
    this.expect('(');
    this.skipSpace();
    while (this.text[this.place] !== ')') {
      if (values.length > 0) this.expect(',');
      values.push(this.value());
      this.skipSpace();
    }
    this.place++;
    return values;
  }

  private members(value: Json): Json {
    let current: Json = value;
    for (;;) {
      const member = this.take(/\.[A-Za-z_]\w*/y)?.slice(1) ?? this.index();
      if (member === null) return current;
      current = memberOf(current, member);
    }
  }

  private index(): string | null {
    if (this.text[this.place] !== '[') return null;
    this.place++;
    const value = this.value();
    this.expect(']');
    return textOf('index', value);
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text)?.[0] ?? null;
    this.place += found?.length ?? 0;
    return found;
  }

  private expect(sign: string): void {
    this.skipSpace();
    if (this.text[this.place] !== sign) throw invalidTemplate(`the expression '${this.text}' is not valid`);
    this.place++;
  }

  private skipSpace(): void {
    this.take(/\s*/y);
  }
}

function memberOf(value: Json, name: string): Json {
  if (value !== null && typeof value === 'object') {
    const found = Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found[1] as Json;
  }
  throw invalidTemplate(`the template language expression property '${name}' doesn't exist`);
}

function call(name: string, values: readonly Json[], scope: ExpressionScope): Json {
  const [first = null] = values;
  const texts = (): readonly string[] => values.map((value) => textOf(name, value));
  switch (name.toLowerCase()) {
    case 'parameters':
      return named('parameter', scope.parameters, textOf(name, first));
    case 'variables':
      return named('variable', scope.variables, textOf(name, first));
    case 'resourcegroup':
      return { ...scope.resourceGroup };
    case 'subscription':
      return { subscriptionId: scope.subscription, id: `/subscriptions/${scope.subscription}` };
    case 'concat':
      return texts().join('');
    case 'format':
      return textOf(name, first).replace(/\{(\d+)\}/g, (_, index: string) =>
        textOf(name, values[Number(index) + 1] ?? ''),
      );
    case 'tolower':
      return textOf(name, first).toLowerCase();
    case 'toupper':
      return textOf(name, first).toUpperCase();
    case 'string':
      return typeof first === 'string' ? first : JSON.stringify(first);
    case 'int':
      return Number(first);
    case 'json':
      return JSON.parse(textOf(name, first)) as Json;
    case 'base64':
      return Buffer.from(textOf(name, first), 'utf8').toString('base64');
    case 'resourceid':
      return resourceId(texts(), scope.resourceGroup.id);
    default:
      throw invalidTemplate(`the local Azure does not know the template function '${name}'`);
  }
}

function resourceId([type = '', ...names]: readonly string[], group: string): string {
  const [provider = '', ...types] = type.split('/');
  const path = types.map((segment, index) => `${segment}/${names[index] ?? ''}`).join('/');
  return `${group}/providers/${provider}/${path}`;
}

function named(what: string, values: Readonly<Record<string, Json>>, name: string): Json {
  const found = Object.entries(values).find(([key]) => key.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw invalidTemplate(`the template ${what} '${name}' is not found`);
  return found[1];
}

function textOf(name: string, value: Json): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw invalidTemplate(`the template function '${name}' takes texts here`);
}

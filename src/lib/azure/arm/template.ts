// A deployment template as data: what the ARM JSON and the Bicep file are both rendered from.

/** A value of a resource's body. Expressions are objects of class Expression; everything else is plain JSON. */
export type TemplateValue =
  | string
  | number
  | boolean
  | Expression
  | readonly TemplateValue[]
  | { readonly [name: string]: TemplateValue };

/** Something that Azure Resource Manager works out when it deploys. */
export class Expression {
  constructor(readonly term: Term) {}
}

type Term =
  | { readonly kind: 'parameter'; readonly name: string }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly values: readonly TemplateValue[];
      /** A member of what the function returns, such as `location` of `resourceGroup()`. */
      readonly member: string | null;
    }
  | { readonly kind: 'resource-id'; readonly symbol: string }
  /** A member of a deployed resource's `properties`. */
  | { readonly kind: 'resource-property'; readonly symbol: string; readonly member: string };

export interface TemplateParameter {
  readonly type: 'string' | 'securestring';
  readonly description?: string;
  readonly defaultValue?: TemplateValue;
}

export interface TemplateResource {
  /** Its name inside the template; never seen by Azure. */
  readonly symbol: string;
  readonly type: string;
  readonly apiVersion: string;
  /** Its own segment of the name; those of its parents come before it. */
  readonly name: TemplateValue;
  /** Symbol of the resource that it is a child of. */
  readonly parent?: string;
  /** Symbol of the resource that it extends (a role assignment's). */
  readonly scope?: string;
  /** Everything else, in the order in which it is written. */
  readonly body: { readonly [name: string]: TemplateValue };
}

export interface Template {
  readonly parameters: Readonly<Record<string, TemplateParameter>>;
  readonly resources: readonly TemplateResource[];
  readonly outputs: Readonly<Record<string, Expression>>;
}

/** The value of a parameter. */
export function parameter(name: string): Expression {
  return new Expression({ kind: 'parameter', name });
}

/** A function that ARM and Bicep know under the same name. */
export function call(
  name: string,
  values: readonly TemplateValue[] = [],
  member: string | null = null,
): Expression {
  return new Expression({ kind: 'call', name, values, member });
}

/** The resource id of a resource of the template. */
export function idOf(symbol: string): Expression {
  return new Expression({ kind: 'resource-id', symbol });
}

/** A member of the `properties` of a resource of the template, once it is deployed. */
export function propertyOf(symbol: string, member: string): Expression {
  return new Expression({ kind: 'resource-property', symbol, member });
}

/** The resource of a symbol. */
export function resourceOf(template: Pick<Template, 'resources'>, symbol: string): TemplateResource {
  const found = template.resources.find((resource) => resource.symbol === symbol);
  if (found === undefined) throw new RangeError(`the template has no resource ${symbol}`);
  return found;
}

/** Symbols that a value speaks of, without repetition. */
export function symbolsIn(value: TemplateValue): readonly string[] {
  if (value instanceof Expression) {
    const { term } = value;
    if (term.kind === 'resource-id' || term.kind === 'resource-property') return [term.symbol];
    return term.kind === 'call' ? distinct(term.values.flatMap(symbolsIn)) : [];
  }
  if (typeof value !== 'object') return [];
  return distinct(Object.values(value as object).flatMap(symbolsIn));
}

function distinct(symbols: readonly string[]): readonly string[] {
  return [...new Set(symbols)];
}

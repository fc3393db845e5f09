// TypeScript types as JSON Schema (2020-12), as `JSON.stringify` writes values of them.

import ts from 'typescript';

export type Schema = Readonly<Record<string, unknown>> | boolean;

/** Collects the schemas of types; named object types stand once, in `$defs`. */
export class TypeSchemas {
  private readonly named = new Map<ts.Type, string>();
  private readonly bodies = new Map<string, Schema>();
  private readonly underWay = new Set<ts.Type>();

  constructor(private readonly checker: ts.TypeChecker) {}

  of(node: ts.TypeNode): Schema {
    return this.schemaOf(this.checker.getTypeFromTypeNode(node));
  }

  /** By name, in the order of the names. */
  definitions(): Readonly<Record<string, Schema>> {
    return Object.fromEntries([...this.bodies].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private schemaOf(type: ts.Type): Schema {
    const { flags } = type;
    if ((flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return {};
    if ((flags & ts.TypeFlags.Never) !== 0) return false;
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if ((flags & ts.TypeFlags.BooleanLiteral) !== 0)
      return { const: this.checker.typeToString(type) === 'true' };
    if ((flags & ts.TypeFlags.StringLike) !== 0) return { type: 'string' };
    if ((flags & ts.TypeFlags.NumberLike) !== 0) return { type: 'number' };
    if ((flags & ts.TypeFlags.BooleanLike) !== 0) return { type: 'boolean' };
    if ((flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void)) !== 0) return { type: 'null' };
    if (type.isUnion()) return type.aliasSymbol === undefined ? this.unionOf(type.types) : this.referenceTo(type);
    if (type.isIntersection()) {
      const primitive = type.types.find((part) => (part.flags & PRIMITIVE) !== 0);
      if (primitive !== undefined) return this.schemaOf(primitive);
    }
    return this.referenceTo(type);
  }

  private unionOf(types: readonly ts.Type[]): Schema {
    const present = types.filter(({ flags }) => (flags & ts.TypeFlags.Undefined) === 0);
    const constants: unknown[] = [];
    const others: Schema[] = [];
    for (const type of present) {
      const schema = this.schemaOf(type);
      if (typeof schema === 'object' && 'const' in schema) constants.push(schema['const']);
      else others.push(schema);
    }
    const bothTruths = constants.includes(true) && constants.includes(false);
    if (bothTruths) others.unshift({ type: 'boolean' });
    const left = constants.filter((value) => !bothTruths || typeof value !== 'boolean');
    if (left.length === 1) others.unshift({ const: left[0] });
    else if (left.length > 1) others.unshift({ enum: left });
    const [only] = others;
    return others.length === 1 && only !== undefined ? only : { anyOf: others };
  }

  /* What has a name of its own is a definition; what has none is written where it stands. */
  private referenceTo(type: ts.Type): Schema {
    const builtIn = this.builtIn(type);
    if (builtIn !== null) return builtIn;
    const name = nameOf(type);
    if (name === null) {
      if (this.underWay.has(type)) return {};
      this.underWay.add(type);
      const body = this.bodyOf(type);
      this.underWay.delete(type);
      return body;
    }
    const known = this.named.get(type);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    let free = name;
    for (let count = 2; this.bodies.has(free); count++) free = `${name}${count}`;
    this.named.set(type, free);
    this.bodies.set(free, {});
    this.bodies.set(free, this.bodyOf(type));
    return { $ref: `#/$defs/${free}` };
  }

  private builtIn(type: ts.Type): Schema | null {
    if (this.checker.isTupleType(type)) {
      const parts = this.checker.getTypeArguments(type as ts.TypeReference).map((part) => this.schemaOf(part));
      return { type: 'array', items: parts.length === 1 ? parts[0] : { anyOf: parts } };
    }
    if (this.checker.isArrayType(type)) {
      const [item] = this.checker.getTypeArguments(type as ts.TypeReference);
      return { type: 'array', items: item === undefined ? {} : this.schemaOf(item) };
    }
    const name = type.getSymbol()?.getName() ?? '';
    if (name === 'Date') return { type: 'string', format: 'date-time' };
    if (/^(?:Readonly)?(?:Map|Set)$|^(?:Uint8Array|Buffer|Promise)$/.test(name))
      throw new Error(`a result has a member of the type ${name}, which JSON does not have`);
    return null;
  }

  private bodyOf(type: ts.Type): Schema {
    return type.isUnion() ? this.unionOf(type.types) : this.objectOf(type);
  }

  private objectOf(type: ts.Type): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const symbol of this.checker.getPropertiesOfType(type)) {
      const name = symbol.getName();
      const value = this.checker.getTypeOfSymbol(symbol);
      if (name.startsWith('__') || value.getCallSignatures().length > 0) continue;
      const schema = this.schemaOf(value);
      const said = ts.displayPartsToString(symbol.getDocumentationComment(this.checker)).trim();
      properties[name] = said === '' || typeof schema === 'boolean' ? schema : { description: said, ...schema };
      if (!this.mayBeAbsent(symbol, value)) required.push(name);
    }
    const index = this.checker.getIndexInfosOfType(type)[0];
    return {
      type: 'object',
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.schemaOf(index.type) }),
    };
  }

  /* JSON leaves out what is undefined. */
  private mayBeAbsent({ flags }: ts.Symbol, value: ts.Type): boolean {
    if ((flags & ts.SymbolFlags.Optional) !== 0) return true;
    return value.isUnion() && value.types.some((part) => (part.flags & ts.TypeFlags.Undefined) !== 0);
  }
}

const PRIMITIVE = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike;

function nameOf(type: ts.Type): string | null {
  const name = (type.aliasSymbol ?? type.getSymbol())?.getName() ?? '__type';
  const isGeneric = (type.aliasTypeArguments ?? (type as Partial<ts.TypeReference>).typeArguments ?? []).length > 0;
  return isGeneric || name.startsWith('__') ? null : name;
}

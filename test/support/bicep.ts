// A reader of the part of Bicep that we write, and what the Bicep compiler makes of it: the ARM template. Written from the
// Bicep language reference, not from our renderer, so that the two can be held against each other.

type Tree =
  | { readonly is: 'literal'; readonly value: string | number | boolean }
  | { readonly is: 'list'; readonly items: readonly Tree[] }
  | { readonly is: 'object'; readonly members: readonly (readonly [string, Tree])[] }
  | { readonly is: 'call'; readonly name: string; readonly values: readonly Tree[] }
  | { readonly is: 'name'; readonly name: string }
  | { readonly is: 'member'; readonly of: Tree; readonly name: string };

interface BicepParameter {
  readonly name: string;
  readonly secure: boolean;
  readonly description: string | null;
  readonly defaultValue: Tree | null;
}

interface BicepResource {
  readonly symbol: string;
  readonly type: string;
  readonly apiVersion: string;
  readonly members: ReadonlyMap<string, Tree>;
}

interface BicepFile {
  readonly parameters: readonly BicepParameter[];
  readonly resources: readonly BicepResource[];
  readonly outputs: readonly (readonly [string, Tree])[];
}

/** The ARM template that a Bicep file compiles to. @throws Error where the file leaves our part of the language. */
export function compileBicep(text: string): Record<string, unknown> {
  return lower(parseFile(new Tokens(text)));
}

const TOKEN = /\s*(?:(\/\/[^\n]*)|('(?:[^'\\]|\\.)*')|(-?\d+)|([A-Za-z_]\w*)|([@={}()[\]:.,]))/y;

class Tokens {
  private readonly all: string[] = [];
  private position = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const at = TOKEN.lastIndex;
      const match = TOKEN.exec(text);
      if (match === null) throw new Error(`no Bicep token at: ${text.slice(at, at + 30)}`);
      if (match[1] === undefined) this.all.push(match[0].trim());
    }
  }

  get done(): boolean {
    return this.position >= this.all.length;
  }

  peek(): string {
    return this.all[this.position] ?? '';
  }

  take(expected?: string): string {
    const token = this.peek();
    if (expected !== undefined && token !== expected) throw new Error(`expected ${expected}, found ${token}`);
    this.position += 1;
    return token;
  }
}

function parseFile(tokens: Tokens): BicepFile {
  const parameters: BicepParameter[] = [];
  const resources: BicepResource[] = [];
  const outputs: (readonly [string, Tree])[] = [];
  let decorators: Tree[] = [];
  while (!tokens.done) {
    const word = tokens.take();
    if (word === '@') {
      decorators.push(parseValue(tokens));
    } else if (word === 'param') {
      const name = tokens.take();
      tokens.take('string');
      const defaultValue = tokens.peek() === '=' ? parseAfterEquals(tokens) : null;
      parameters.push({ name, ...readDecorators(decorators), defaultValue });
      decorators = [];
    } else if (word === 'resource') {
      const symbol = tokens.take();
      const [type = '', apiVersion = ''] = unquote(tokens.take()).split('@');
      const body = parseAfterEquals(tokens);
      if (body.is !== 'object') throw new Error(`${symbol} has no body`);
      resources.push({ symbol, type, apiVersion, members: new Map(body.members) });
    } else if (word === 'output') {
      const name = tokens.take();
      tokens.take('string');
      outputs.push([name, parseAfterEquals(tokens)]);
    } else throw new Error(`not in our part of Bicep: ${word}`);
  }
  return { parameters, resources, outputs };
}

function parseAfterEquals(tokens: Tokens): Tree {
  tokens.take('=');
  return parseValue(tokens);
}

function readDecorators(decorators: readonly Tree[]): Pick<BicepParameter, 'secure' | 'description'> {
  const calls = decorators.map((tree) => (tree.is === 'call' ? tree : null));
  const described = calls.find((entry) => entry?.name === 'description')?.values[0];
  return {
    secure: calls.some((entry) => entry?.name === 'secure'),
    description: described?.is === 'literal' ? String(described.value) : null,
  };
}

function parseValue(tokens: Tokens): Tree {
  let tree = parseSimple(tokens);
  while (tokens.peek() === '.') {
    tokens.take('.');
    tree = { is: 'member', of: tree, name: tokens.take() };
  }
  return tree;
}

function parseSimple(tokens: Tokens): Tree {
  const token = tokens.take();
  if (token.startsWith("'")) return { is: 'literal', value: unquote(token) };
  if (/^-?\d/.test(token)) return { is: 'literal', value: Number(token) };
  if (token === 'true' || token === 'false') return { is: 'literal', value: token === 'true' };
  if (token === '[') return { is: 'list', items: parseUntil(tokens, ']', parseValue) };
  if (token === '{') return { is: 'object', members: parseUntil(tokens, '}', parseMember) };
  if (!/^[A-Za-z_]/.test(token)) throw new Error(`not a Bicep value: ${token}`);
  if (tokens.peek() !== '(') return { is: 'name', name: token };
  tokens.take('(');
  return { is: 'call', name: token, values: parseUntil(tokens, ')', parseValue) };
}

function parseMember(tokens: Tokens): readonly [string, Tree] {
  const token = tokens.take();
  tokens.take(':');
  return [token.startsWith("'") ? unquote(token) : token, parseValue(tokens)];
}

function parseUntil<T>(tokens: Tokens, end: string, parse: (tokens: Tokens) => T): T[] {
  const found: T[] = [];
  while (tokens.peek() !== end) {
    found.push(parse(tokens));
    if (tokens.peek() === ',') tokens.take(',');
  }
  tokens.take(end);
  return found;
}

function unquote(token: string): string {
  if (/(?<!\\)\$\{/.test(token)) throw new Error('interpolation is not in our part of Bicep');
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return token.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}

function lower(file: BicepFile): Record<string, unknown> {
  const lowering = new Lowering(file);
  const outputs = file.outputs.map(([name, tree]) => [name, { type: 'string', value: lowering.value(tree) }]);
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(
      file.parameters.map(({ name, secure, description, defaultValue }) => [
        name,
        {
          type: secure ? 'securestring' : 'string',
          ...(defaultValue === null ? {} : { defaultValue: lowering.value(defaultValue) }),
          ...(description === null ? {} : { metadata: { description } }),
        },
      ]),
    ),
    resources: file.resources.map((resource) => lowering.resource(resource)),
    ...(outputs.length === 0 ? {} : { outputs: Object.fromEntries(outputs) as unknown }),
  };
}

class Lowering {
  constructor(private readonly file: BicepFile) {}

  resource(resource: BicepResource): Record<string, unknown> {
    const { type, apiVersion, members } = resource;
    const scope = this.link(resource, 'scope');
    const names = this.names(resource);
    const [only] = names;
    const body = [...members].filter(([name]) => !['name', 'parent', 'scope'].includes(name));
    const needed = new Set(
      [this.link(resource, 'parent'), scope]
        .filter((symbol) => symbol !== null)
        .concat([...members.values()].flatMap((tree) => this.symbols(tree))),
    );
    return {
      type,
      apiVersion,
      ...(scope === null ? {} : { scope: `[${this.id(this.find(scope))}]` }),
      name:
        names.length === 1 && only !== undefined
          ? this.value(only)
          : `[format('${names.map((_, index) => `{${index}}`).join('/')}', ${names.map((name) => this.term(name)).join(', ')})]`,
      ...Object.fromEntries(body.map(([name, tree]) => [name, this.value(tree)])),
      ...(needed.size === 0
        ? {}
        : { dependsOn: [...needed].map((symbol) => `[${this.id(this.find(symbol))}]`) }),
    };
  }

  value(tree: Tree): unknown {
    switch (tree.is) {
      case 'literal':
        return typeof tree.value === 'string' && tree.value.startsWith('[') ? `[${tree.value}` : tree.value;
      case 'list':
        return tree.items.map((item) => this.value(item));
      case 'object':
        return Object.fromEntries(tree.members.map(([name, member]) => [name, this.value(member)]));
      case 'call':
        if (tree.name === 'json' && tree.values[0]?.is === 'literal')
          return JSON.parse(String(tree.values[0].value)) as unknown;
        return `[${this.term(tree)}]`;
      default:
        return `[${this.term(tree)}]`;
    }
  }

  private term(tree: Tree): string {
    switch (tree.is) {
      case 'literal':
        return typeof tree.value === 'string' ? `'${tree.value.replaceAll("'", "''")}'` : String(tree.value);
      case 'call':
        return `${tree.name}(${tree.values.map((value) => this.term(value)).join(', ')})`;
      case 'name':
        if (!this.file.parameters.some(({ name }) => name === tree.name))
          throw new Error(`no parameter ${tree.name}`);
        return `parameters('${tree.name}')`;
      case 'member':
        return this.memberTerm(tree.of, tree.name);
      default:
        throw new Error('no value inside a function');
    }
  }

  private memberTerm(of: Tree, name: string): string {
    if (of.is === 'name' && this.isResource(of.name)) {
      if (name !== 'id') throw new Error(`not in our part of Bicep: .${name} of a resource`);
      return this.id(this.find(of.name));
    }
    if (
      of.is === 'member' &&
      of.name === 'properties' &&
      of.of.is === 'name' &&
      this.isResource(of.of.name)
    ) {
      const resource = this.find(of.of.name);
      return `reference(${this.id(resource)}, '${resource.apiVersion}').${name}`;
    }
    return `${this.term(of)}.${name}`;
  }

  private id(resource: BicepResource): string {
    return `resourceId('${resource.type}', ${this.names(resource)
      .map((name) => this.term(name))
      .join(', ')})`;
  }

  private names(resource: BicepResource): readonly Tree[] {
    const parent = this.link(resource, 'parent');
    const own = resource.members.get('name');
    if (own === undefined) throw new Error(`${resource.symbol} has no name`);
    return parent === null ? [own] : [...this.names(this.find(parent)), own];
  }

  private link(resource: BicepResource, name: 'parent' | 'scope'): string | null {
    const tree = resource.members.get(name);
    return tree?.is === 'name' ? tree.name : null;
  }

  private symbols(tree: Tree): readonly string[] {
    if (tree.is === 'name') return this.isResource(tree.name) ? [tree.name] : [];
    if (tree.is === 'member') return this.symbols(tree.of);
    if (tree.is === 'call') return tree.values.flatMap((value) => this.symbols(value));
    if (tree.is === 'list') return tree.items.flatMap((item) => this.symbols(item));
    return tree.is === 'object' ? tree.members.flatMap(([, member]) => this.symbols(member)) : [];
  }

  private isResource(symbol: string): boolean {
    return this.file.resources.some((resource) => resource.symbol === symbol);
  }

  private find(symbol: string): BicepResource {
    const found = this.file.resources.find((resource) => resource.symbol === symbol);
    if (found === undefined) throw new Error(`no resource ${symbol}`);
    return found;
  }
}

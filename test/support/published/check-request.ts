// A request against the published specifications: what of it they do not name, and what it lacks. Every unknown thing is a problem.

import type { Mappers } from '../published-schema.js';
import { schemaProblems } from '../published-schema.js';
import type {
  PublishedInterface,
  PublishedOperation,
  PublishedParameters,
  PublishedType,
} from './published-interface.js';
import { HSM_ROLES, KEYS } from './keys.js';
import { CONTAINER_GROUPS, OTHER_PROVIDERS } from './resource-manager.js';
import { BLOBS, SAS_PARAMETERS } from './storage.js';

export interface SentRequest {
  readonly service: 'managed-hsm' | 'key-vault' | 'blob-storage' | 'resource-manager';
  readonly method: string;
  /** Without the account where that is a segment of the path. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Null: none, or one that was not kept. */
  readonly body: string | null;
}

const INTERFACES: Readonly<Record<SentRequest['service'], readonly PublishedInterface[]>> = {
  'managed-hsm': [KEYS, HSM_ROLES],
  'key-vault': [KEYS],
  'blob-storage': [BLOBS],
  'resource-manager': [CONTAINER_GROUPS, ...OTHER_PROVIDERS],
};

/** One line for each problem of `request`; none where a published operation takes it as it is. */
export function requestProblems(request: SentRequest, mappers: Mappers): readonly string[] {
  const found = INTERFACES[request.service].flatMap((published) =>
    published.operations
      .filter((operation) => operation.method === request.method && takes(published, operation, request))
      .map((operation) => [
        ...versionProblems(published, request),
        ...parameterProblems('parameter', queryOf(request), operation.query ?? {}),
        ...parameterProblems('header', headersOf(request), operation.headers ?? {}),
        ...bodyProblems(published, operation, request, mappers),
      ]),
  );
  const what = `${request.service} ${request.method} ${request.path}`;
  if (found.length === 0) return [`${what}: no such operation`];
  const best = found.reduce((one, other) => (other.length < one.length ? other : one));
  return best.map((problem) => `${what}: ${problem}`);
}

function takes({ anyCase = false }: PublishedInterface, { path }: PublishedOperation, request: SentRequest) {
  const pattern = path
    .split(/\{(\w+[?*]?)\}/)
    .map((part, index) => (index % 2 === 0 ? literal(part) : variable(part)))
    .join('');
  return new RegExp(`^${pattern}$`, anyCase ? 'i' : '').test(request.path);
}

function variable(name: string): string {
  return name.endsWith('*') ? '.*' : name.endsWith('?') ? '[^/]*' : '[^/]+';
}

/* `/{scope*}/` is one slash where the scope is the root. */
function literal(text: string): string {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return escaped.startsWith('/providers/Microsoft.Authorization'.replaceAll('.', '\\.'))
    ? `/?${escaped.slice(1)}`
    : escaped;
}

/* The blob service has its version in a header, the others in the query. */
function versionProblems({ versions }: PublishedInterface, request: SentRequest): readonly string[] {
  const version =
    request.service === 'blob-storage' ? request.headers['x-ms-version'] : request.query['api-version'];
  if (version === undefined) return ['without a version'];
  return versions.includes(version) ? [] : [`version ${version} is none that was read`];
}

function queryOf({ service, query }: SentRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(query).filter(([name]) =>
      service === 'blob-storage' ? !SAS_PARAMETERS.has(name) : name !== 'api-version',
    ),
  );
}

const OF_EVERY_REQUEST = /^x-ms-(?:version|client-request-id|return-client-request-id|date|useragent)$/;

/* Others are HTTP's own. */
function headersOf({ headers }: SentRequest): Readonly<Record<string, string>> {
  const given = Object.entries(headers).map(([name, value = '']) => [name, value] as const);
  return Object.fromEntries(
    given.filter(([name]) => /^(?:x-ms-|if-|content-md5$)/.test(name) && !OF_EVERY_REQUEST.test(name)),
  );
}

function parameterProblems(
  what: string,
  given: Readonly<Record<string, string>>,
  allowed: PublishedParameters,
): readonly string[] {
  const demanded = Object.keys(allowed).filter((name) => name.endsWith('!'));
  const missing = demanded.map((name) => name.slice(0, -1)).filter((name) => given[name] === undefined);
  return [
    ...missing.map((name) => `${what} ${name} is missing`),
    ...Object.entries(given).flatMap(([name, value]) => {
      const values = allowed[name] ?? allowed[`${name}!`] ?? prefixed(allowed, name);
      if (values === undefined) return [`${what} ${name} is not published`];
      return values.test(value) ? [] : [`${what} ${name}: a value that is not published`];
    }),
  ];
}

function prefixed(allowed: PublishedParameters, name: string): RegExp | undefined {
  return Object.entries(allowed).find(
    ([known]) => known.endsWith('*') && name.startsWith(known.slice(0, -1)),
  )?.[1];
}

function bodyProblems(
  published: PublishedInterface,
  { body }: PublishedOperation,
  request: SentRequest,
  mappers: Mappers,
): readonly string[] {
  const sent = request.body ?? '';
  if (body === 'bytes') return [];
  if (body === undefined) return sent === '' ? [] : ['a body that is not published'];
  // A first request without a token has none, and is answered by a challenge.
  if (sent === '') return request.headers['authorization'] === undefined ? [] : ['the body is missing'];
  if ('xml' in body) {
    const elements = [...sent.matchAll(/<([A-Za-z]+)[\s/>]/g)].map(([, element = '']) => element);
    return [...new Set(elements)]
      .filter((element) => !body.xml.includes(element))
      .map((element) => `element ${element} is not published`);
  }
  const value: unknown = JSON.parse(sent);
  const [, ofClient] = /^client:(\w+)$/.exec(body.json) ?? [];
  return ofClient === undefined
    ? objectProblems(published, body.json, value, 'body')
    : schemaProblems(mappers, ofClient, value);
}

/** What of a JSON object is not of the type named, and what it lacks. */
export function objectProblems(
  published: PublishedInterface,
  name: string,
  value: unknown,
  path: string,
): readonly string[] {
  const members = published.types[name];
  if (members === undefined) return [`${path}: there is no type ${name}`];
  if (!isObject(value)) return [`${path} is no object`];
  const missing = Object.keys(members)
    .filter((member) => member.endsWith('!') && value[member.slice(0, -1)] === undefined)
    .map((member) => `${path}.${member.slice(0, -1)} is missing`);
  const present = Object.entries(value).flatMap(([member, inner]) => {
    const own = Object.hasOwn(members, member) ? members[member] : members[`${member}!`];
    return own === undefined
      ? [`${path}.${member} is not published`]
      : valueProblems(published, own, inner, `${path}.${member}`);
  });
  return [...missing, ...present];
}

function valueProblems(
  published: PublishedInterface,
  type: PublishedType,
  value: unknown,
  path: string,
): readonly string[] {
  const unless = (holds: boolean, problem: string) => (holds ? [] : [`${path}: ${problem}`]);
  if (type === 'text') return unless(typeof value === 'string', 'no text');
  if (type === 'whole') return unless(Number.isSafeInteger(value), 'no whole number');
  if (type === 'flag') return unless(typeof value === 'boolean', 'neither true nor false');
  if (type === 'dictionary')
    return unless(
      isObject(value) && Object.values(value).every((inner) => typeof inner === 'string'),
      'no texts by name',
    );
  if (isWords(type))
    return unless(type.includes(value as string), `${JSON.stringify(value)} is not published`);
  if ('of' in type) return objectProblems(published, type.of, value, path);
  if (!Array.isArray(value)) return [`${path}: no list`];
  return value.flatMap((inner, index) => valueProblems(published, type.list, inner, `${path}[${index}]`));
}

function isWords(type: PublishedType): type is readonly string[] {
  return Array.isArray(type);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

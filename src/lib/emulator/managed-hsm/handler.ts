// A key host on the wire: challenge, roles, routes, error shape (azure-wire 4).

import { randomBytes } from 'node:crypto';

import type { Json } from '../../base/bytes/canonical-json.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import { AzureError } from '../http/azure-error.js';
import {
  bearerToken,
  emptyResponse,
  jsonResponse,
  readJsonObject,
  type JsonObject,
} from '../http/messages.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import { TokenRefused, type AccessToken } from '../identity/access-tokens.js';
import type { IdentityAuthority } from '../identity/authority.js';
import type { RoleAssignments } from '../identity/role-assignments.js';
import type { Clock } from '../clock.js';
import type { KeyHost, KeyName, UseOperation } from './authority.js';
import { API_VERSIONS, PAGE_SIZE, type HostKind, type Operation } from './constants.js';
import * as refusals from './errors.js';
import {
  keyId,
  renderBundle,
  renderDeletion,
  renderItem,
  type DeletedKey,
  type KeyVersion,
} from './key-records.js';
import { routeRoles } from './role-routes.js';

export interface KeyHostHandlerOptions {
  readonly host: KeyHost;
  readonly identity: IdentityAuthority;
  /** A managed HSM has role assignments of its own; a vault shares those of Azure RBAC. */
  readonly roles: RoleAssignments;
  /** Scope of the host in `roles`: `` for a managed HSM, the vault's ARM id for a vault. */
  readonly scope: string;
  /** The tenant that the host is in: the challenge names it, and tokens of other tenants are refused. */
  readonly tenantId: string;
  /** Tenants besides whose tokens are taken; none in Azure. */
  readonly alsoTenants?: readonly string[];
  /** Token audiences besides the kind's own: the vault's on an HSM whose host name lacks `managedhsm`. */
  readonly alsoAudiences?: readonly string[];
  readonly clock: Clock;
}

/** Serves the REST API of one key host. */
export function createKeyHostHandler(options: KeyHostHandlerOptions): WireHandler {
  const { kind } = options.host.address;
  return async (request) => {
    try {
      const caller = await authenticate(request, options);
      if (caller === null) return challenge(kind, options.tenantId);
      return await route(request, caller, options);
    } catch (cause) {
      if (cause instanceof AzureError) return renderError(cause);
      throw cause;
    }
  };
}

async function authenticate(
  request: WireRequest,
  options: KeyHostHandlerOptions,
): Promise<AccessToken | null> {
  const token = bearerToken(request);
  if (token === null) return null;
  try {
    return await options.identity.verifyAccessToken(token, {
      audiences: [options.host.address.kind.resource, ...(options.alsoAudiences ?? [])],
      tenants: [options.tenantId, ...(options.alsoTenants ?? [])],
      now: options.clock(),
    });
  } catch (cause) {
    if (cause instanceof TokenRefused) return null;
    throw cause;
  }
}

/* A managed HSM answers with an empty body, a vault with an error. */
function challenge(kind: HostKind, tenantId: string): WireResponse {
  const headers = {
    'www-authenticate': `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="${kind.resource}"`,
  };
  if (kind.name === 'managed-hsm') return emptyResponse(401, headers);
  const message = 'AKV10000: Request is missing a Bearer or PoP token.';
  return jsonResponse(401, { error: { code: 'Unauthorized', message } }, headers);
}

/* What a route needs at hand. */
interface Call {
  readonly request: WireRequest;
  readonly options: KeyHostHandlerOptions;
  readonly host: KeyHost;
  readonly kind: HostKind;
  readonly caller: AccessToken;
}

async function route(
  request: WireRequest,
  caller: AccessToken,
  options: KeyHostHandlerOptions,
): Promise<WireResponse> {
  const { host } = options;
  const call: Call = { request, options, host, kind: host.address.kind, caller };
  const segments = request.path.split('/').filter(Boolean);
  const version = request.query.get('api-version');
  if (version === null || !API_VERSIONS.includes(version))
    throw refusals.badParameter(call.kind, `The specified version (${version ?? ''}) is not recognized.`);
  const provider = segments.findIndex((segment) => segment.toLowerCase() === 'providers');
  if (provider >= 0 && call.kind.name === 'managed-hsm')
    return routeRoles(request, caller, options.roles, {
      kind: call.kind,
      scope: `/${segments.slice(0, provider).join('/')}`,
      rest: segments.slice(provider + 1),
    });
  const [collection, name, ...rest] = segments;
  switch (collection) {
    case 'keys':
      return name === undefined ? listKeys(call) : routeKey(call, name, rest);
    case 'deletedkeys':
      return name === undefined ? listDeleted(call) : routeDeleted(call, name, rest);
    case 'rng':
      return randomNumbers(call);
    default:
      return jsonResponse(404, { error: { code: 'NotFound', message: `no ${request.path} here` } });
  }
}

async function routeKey(call: Call, name: string, rest: readonly string[]): Promise<WireResponse> {
  const { request, host } = call;
  const [first, second] = rest;
  switch (`${request.method} ${rest.length}`) {
    case 'PUT 0':
      authorize(call, 'import', name);
      return bundle(call, await host.import(name, body(call)));
    case 'DELETE 0':
      authorize(call, 'delete', name);
      return deletedBundle(call, name, await host.delete(name));
    case 'GET 0':
      authorize(call, 'read', name);
      return bundle(call, host.get({ name }));
    case 'GET 1':
      authorize(call, 'read', name);
      return first === 'versions' ? listVersions(call, name) : bundle(call, host.get(versionOf(name, first)));
    case 'PATCH 0':
    case 'PATCH 1':
      authorize(call, 'update', name);
      return bundle(call, await host.update(versionOf(name, first), body(call)));
    case 'POST 1':
      if (first === 'create') {
        authorize(call, 'create', name);
        return bundle(call, await host.create(name, body(call)));
      }
      return useKey(call, { name }, first ?? '');
    case 'POST 2':
      return useKey(call, versionOf(name, first), second ?? '');
    default:
      return methodNotAllowed(request);
  }
}

/* The wire spells the operations in lower case: wrapkey, unwrapkey. */
const USES: Readonly<Record<string, UseOperation>> = {
  wrapkey: 'wrapKey',
  unwrapkey: 'unwrapKey',
  encrypt: 'encrypt',
  decrypt: 'decrypt',
  sign: 'sign',
  verify: 'verify',
};

async function useKey(call: Call, key: KeyName, action: string): Promise<WireResponse> {
  const { host, request } = call;
  if (action === 'release') {
    authorize(call, 'release', key.name);
    const value = await host.release(key, request.query.get('api-version') ?? '', body(call));
    return jsonResponse(200, { value });
  }
  const operation = USES[action.toLowerCase()];
  if (operation === undefined) return notEmulated(action);
  authorize(call, operation, key.name);
  const { key: used, result } = host.use(key, operation, body(call));
  if (operation === 'verify') return jsonResponse(200, { ...result });
  return jsonResponse(200, { kid: keyId(host.address, used.name, used.version), ...result });
}

async function routeDeleted(call: Call, name: string, rest: readonly string[]): Promise<WireResponse> {
  const { request, host } = call;
  switch (`${request.method} ${rest.join('/').toLowerCase()}`) {
    case 'GET ':
      authorize(call, 'readDeleted', name);
      return deletedBundle(call, name, host.deleted(name));
    case 'DELETE ':
      authorize(call, 'purge', name);
      await host.purge(name);
      return emptyResponse(204);
    case 'POST recover':
      authorize(call, 'recover', name);
      return bundle(call, await host.recover(name));
    default:
      return methodNotAllowed(request);
  }
}

function listKeys(call: Call): WireResponse {
  authorize(call, 'read', null);
  return page(
    call,
    call.host.list().map((key) => renderItem(call.host.address, key, 'name-only')),
  );
}

function listVersions(call: Call, name: string): WireResponse {
  return page(
    call,
    call.host.listVersions(name).map((key) => renderItem(call.host.address, key, 'with-version')),
  );
}

function listDeleted(call: Call): WireResponse {
  authorize(call, 'readDeleted', null);
  const { address } = call.host;
  return page(
    call,
    call.host.listDeleted().flatMap((deleted) => {
      const latest = deleted.versions.at(-1);
      if (latest === undefined) return [];
      const item = renderItem(address, latest, 'name-only') as Record<string, Json>;
      return [{ ...item, ...renderDeletion(address, latest.name, deleted) }];
    }),
  );
}

/* `$skiptoken` is the index that the next page begins at. */
function page({ request, host, kind }: Call, items: readonly Json[]): WireResponse {
  const size = Number(request.query.get('maxresults') ?? PAGE_SIZE);
  if (!Number.isInteger(size) || size < 1 || size > PAGE_SIZE)
    throw refusals.badParameter(kind, `The maxresults value must be between 1 and ${PAGE_SIZE}.`);
  const start = Number(request.query.get('$skiptoken') ?? 0);
  const end = start + size;
  const version = request.query.get('api-version') ?? '';
  const next = `${host.address.url}${request.path}?api-version=${version}&$skiptoken=${end}&maxresults=${size}`;
  return jsonResponse(200, { value: items.slice(start, end), nextLink: end < items.length ? next : null });
}

function randomNumbers(call: Call): WireResponse {
  if (call.request.method !== 'POST' || call.kind.name !== 'managed-hsm')
    return methodNotAllowed(call.request);
  authorize(call, 'random', null);
  const { count } = body(call);
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 128)
    throw refusals.badParameter(call.kind, 'Property count has an invalid value.');
  return jsonResponse(200, { value: toBase64Url(randomBytes(count)) });
}

/* Every operation is decided by a role of the caller at the key, the collection or the host. */
function authorize({ caller, kind, options }: Call, operation: Operation, name: string | null): void {
  const action = kind.dataActions[operation];
  const scope = `${options.scope}/keys${name === null ? '' : `/${name}`}`;
  const allowed = options.roles.allows({
    principalId: caller.principalId,
    kind: 'dataAction',
    action,
    scope,
  });
  if (!allowed) throw refusals.notAuthorized(kind, caller, action, scope);
}

function body(call: Call): JsonObject {
  const value = readJsonObject(call.request);
  if (value === null) throw refusals.badParameter(call.kind, 'The request body is missing or not JSON.');
  return value;
}

function versionOf(name: string, version: string | undefined): KeyName {
  return version === undefined ? { name } : { name, version };
}

function bundle({ host }: Call, key: KeyVersion): WireResponse {
  return jsonResponse(200, renderBundle(host.address, key));
}

function deletedBundle({ host }: Call, name: string, deleted: DeletedKey): WireResponse {
  const latest = deleted.versions.at(-1);
  return jsonResponse(200, {
    ...(latest === undefined ? {} : renderBundle(host.address, latest)),
    ...renderDeletion(host.address, name, deleted),
  });
}

function methodNotAllowed({ method }: WireRequest): WireResponse {
  return jsonResponse(405, {
    error: { code: 'MethodNotAllowed', message: `The requested method ${method} is not allowed here.` },
  });
}

/* Said aloud rather than answered wrongly: README 'Differences from Azure'. */
function notEmulated(action: string): WireResponse {
  return jsonResponse(501, {
    error: { code: 'NotEmulated', message: `The local Azure has no operation ${action}.` },
  });
}

function renderError({ status, code, message, innerCode }: AzureError): WireResponse {
  const inner = innerCode === undefined ? {} : { innererror: { code: innerCode } };
  return jsonResponse(status, { error: { code, message, ...inner } });
}

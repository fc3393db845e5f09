// A key host on the wire: challenge, api-versions, roles, error shape (Key Vault). What it answers: key-routes.ts.

import { randomBytes } from 'node:crypto';

import { toBase64Url } from '../../base/bytes/base64.js';
import { AzureError } from '../http/azure-error.js';
import { createGuardedHandler } from '../http/guarded-handler.js';
import { bearerToken, jsonResponse } from '../http/messages.js';
import { documented } from '../http/proof.js';
import type { Parameters } from '../http/route.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import { TokenRefused, type AccessToken } from '../identity/access-tokens.js';
import { API_VERSIONS, type HostKind } from './constants.js';
import { badParameter, notAuthorized } from './errors.js';
import {
  bodyOf,
  type KeyHostCall,
  type KeyHostHandlerOptions,
  keyHostRoute,
  type KeyPermission,
} from './key-host-call.js';
import { KEY_ROUTES } from './key-routes.js';
import { ROLE_ROUTES } from './role-routes.js';

/** What a Key Vault Premium answers. */
export const VAULT_ROUTES = KEY_ROUTES;

/** What a managed HSM answers. */
export const MANAGED_HSM_ROUTES = [
  ...ROLE_ROUTES,
  ...KEY_ROUTES,
  keyHostRoute.guarded({
    method: 'POST',
    path: '/rng',
    permission: { operation: 'random', at: 'keys' },
    proof: documented('2026-11', 'REST reference, Key Vault keys, Get Random Bytes'),
    answer: randomNumbers,
  }),
];

/** Serves the REST API of one key host. */
export function createKeyHostHandler(options: KeyHostHandlerOptions): WireHandler {
  const { host } = options;
  const { kind } = host.address;
  return createGuardedHandler({
    routes: kind.name === 'managed-hsm' ? MANAGED_HSM_ROUTES : VAULT_ROUTES,
    open: (): never => {
      throw new Error('a key host has no open route');
    },
    admit: async (request) => {
      const caller = await authenticate(request, options);
      checkVersion(request, kind);
      return { request, options, host, kind, caller };
    },
    authorize,
    noRoute: (request, found) =>
      found === 'other-method'
        ? refusal(405, 'MethodNotAllowed', `The requested method ${request.method} is not allowed here.`)
        : refusal(404, 'NotFound', `no ${request.path} here`),
    refuse: (cause) => {
      if (cause instanceof Challenge) return challenge(kind, options.tenantId);
      return cause instanceof AzureError ? renderError(cause) : null;
    },
  });
}

/** Thrown for a caller without a token that holds. */
class Challenge extends Error {}

async function authenticate(request: WireRequest, options: KeyHostHandlerOptions): Promise<AccessToken> {
  const token = bearerToken(request);
  if (token === null) throw new Challenge('no token');
  try {
    return await options.identity.verifyAccessToken(token, {
      audiences: [options.host.address.kind.resource, ...(options.alsoAudiences ?? [])],
      tenants: [options.tenantId, ...(options.alsoTenants ?? [])],
      now: options.clock(),
    });
  } catch (cause) {
    if (cause instanceof TokenRefused) throw new Challenge('the token is refused', { cause });
    throw cause;
  }
}

/* A managed HSM's body is two letters in spite of its content type (recorded 2022-10); a vault's is an error. */
function challenge(kind: HostKind, tenantId: string): WireResponse {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-cache',
    'www-authenticate': `Bearer authorization="https://${kind.loginHost}/${tenantId}", resource="${kind.resource}"`,
  };
  if (kind.name === 'managed-hsm') return { status: 401, headers, body: 'OK' };
  const message = 'AKV10000: Request is missing a Bearer or PoP token.';
  return jsonResponse(401, { error: { code: 'Unauthorized', message } }, headers);
}

function checkVersion(request: WireRequest, kind: HostKind): void {
  const version = request.query.get('api-version') ?? '';
  if (!API_VERSIONS.includes(version))
    throw badParameter(kind, `The specified version (${version}) is not recognized.`);
}

/* Every operation is decided by a role of the caller at the key, the collection or the scope that the path names. */
function authorize(
  { caller, kind, options }: KeyHostCall,
  permission: KeyPermission,
  parameters: Parameters,
): void {
  const action = 'operation' in permission ? kind.dataActions[permission.operation] : permission.dataAction;
  const scope = `${options.scope}/${scopeOf(permission, parameters)}`;
  const allowed = options.roles.allows({
    principalId: caller.principalId,
    kind: 'dataAction',
    action,
    scope,
  });
  if (!allowed) throw notAuthorized(kind, caller, action, scope);
}

function scopeOf({ at }: KeyPermission, { name = '', scope = '' }: Parameters): string {
  switch (at) {
    case 'key':
      return `keys/${name}`;
    case 'keys':
      return 'keys';
    case 'scope':
      return scope;
  }
}

function randomNumbers(call: KeyHostCall): WireResponse {
  const { count } = bodyOf(call);
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 128)
    throw badParameter(call.kind, 'Property count has an invalid value.');
  return jsonResponse(200, { value: toBase64Url(randomBytes(count)) });
}

function renderError({ status, code, message, innerCode }: AzureError): WireResponse {
  const inner = innerCode === undefined ? {} : { innererror: { code: innerCode } };
  return jsonResponse(status, { error: { code, message, ...inner } });
}

function refusal(status: number, code: string, message: string): WireResponse {
  return jsonResponse(status, { error: { code, message } });
}

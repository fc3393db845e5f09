// What a route of a key host is answered from, and the permission that it states.

import { routeWriter } from '../http/route.js';
import type { WireAnswer } from '../http/guarded-handler.js';
import { jsonResponse, readJsonObject, type JsonObject } from '../http/messages.js';
import type { WireRequest, WireResponse } from '../http/wire.js';
import type { AccessToken } from '../identity/access-tokens.js';
import type { IdentityAuthority } from '../identity/authority.js';
import type { RoleAssignments } from '../identity/role-assignments.js';
import type { Clock } from '../clock.js';
import type { KeyHost } from './authority.js';
import type { HostKind, Operation } from './constants.js';
import { badParameter } from './errors.js';

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

export interface KeyHostCall {
  readonly request: WireRequest;
  readonly options: KeyHostHandlerOptions;
  readonly host: KeyHost;
  readonly kind: HostKind;
  readonly caller: AccessToken;
}

/** A data action of the host: at the key of the path, at all keys, or at the scope that the path names. */
export type KeyPermission =
  | { readonly operation: Operation; readonly at: 'key' | 'keys' }
  | { readonly dataAction: string; readonly at: 'scope' };

/** No route of a key host is open. */
export const keyHostRoute = routeWriter<KeyHostCall, never, KeyPermission, WireAnswer>();

/** The body as an object. @throws AzureError 400 */
export function bodyOf({ request, kind }: KeyHostCall): JsonObject {
  const value = readJsonObject(request);
  if (value === null) throw badParameter(kind, 'The request body is missing or not JSON.');
  return value;
}

/** Said aloud rather than answered wrongly: an operation that Azure has and the local Azure has not. */
export function notEmulated(operation: string): WireResponse {
  return jsonResponse(501, {
    error: { code: 'NotEmulated', message: `The local Azure has no operation ${operation}.` },
  });
}

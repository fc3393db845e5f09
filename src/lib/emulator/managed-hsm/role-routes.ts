// Local RBAC of a managed HSM over REST: roleDefinitions and roleAssignments under a scope.
// Shapes: recordings of azure-sdk-for-js keyvault-admin against a real HSM.

import type { Json } from '../../base/bytes/canonical-json.js';
import { AzureError } from '../http/azure-error.js';
import { asObject, emptyResponse, jsonResponse, readJsonObject } from '../http/messages.js';
import type { WireRequest, WireResponse } from '../http/wire.js';
import type { AccessToken } from '../identity/access-tokens.js';
import { normalScope, type RoleAssignment, type RoleAssignments } from '../identity/role-assignments.js';
import type { RoleDefinition } from '../identity/role-definitions.js';
import type { HostKind } from './constants.js';
import { badParameter, notAuthorized } from './errors.js';

const HSM = 'Microsoft.KeyVault/managedHsm';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface RolePath {
  readonly kind: HostKind;
  /** `/`, `/keys` or `/keys/NAME`. */
  readonly scope: string;
  /** Segments after `providers`. */
  readonly rest: readonly string[];
}

/** Answers `/{scope}/providers/Microsoft.Authorization/…`. @throws AzureError */
export async function routeRoles(
  request: WireRequest,
  caller: AccessToken,
  roles: RoleAssignments,
  path: RolePath,
): Promise<WireResponse> {
  const [provider, collection, name] = path.rest;
  if (provider?.toLowerCase() !== 'microsoft.authorization') throw notFound(request.path);
  const authorize = (action: string): void => {
    const question = {
      principalId: caller.principalId,
      kind: 'dataAction',
      action,
      scope: path.scope,
    } as const;
    if (!roles.allows(question)) throw notAuthorized(path.kind, caller, action, path.scope);
  };
  switch (`${request.method} ${collection?.toLowerCase() ?? ''} ${name === undefined ? 'all' : 'one'}`) {
    case 'GET roledefinitions all':
      authorize(`${HSM}/roleDefinitions/read/action`);
      return jsonResponse(200, { value: roles.roles.map(renderDefinition) });
    case 'GET roleassignments all':
      authorize(`${HSM}/roleAssignments/read/action`);
      return jsonResponse(200, { value: listed(request, roles, path.scope).map(renderAssignment) });
    case 'GET roleassignments one':
      authorize(`${HSM}/roleAssignments/read/action`);
      return jsonResponse(200, renderAssignment(existing(roles, path.scope, name ?? '')));
    case 'PUT roleassignments one':
      authorize(`${HSM}/roleAssignments/write/action`);
      return jsonResponse(201, renderAssignment(await put(request, roles, path, name ?? '')));
    case 'DELETE roleassignments one': {
      authorize(`${HSM}/roleAssignments/delete/action`);
      const removed = existing(roles, path.scope, name ?? '');
      await roles.remove(removed);
      return jsonResponse(200, renderAssignment(removed));
    }
    default:
      return emptyResponse(405);
  }
}

/* `$filter=principalId eq 'GUID'` narrows; other filters are refused rather than ignored. */
function listed(request: WireRequest, roles: RoleAssignments, scope: string): readonly RoleAssignment[] {
  const all = roles.list(scope === '/' ? null : scope);
  const filter = request.query.get('$filter');
  if (filter === null || filter === 'atScope()') return all;
  const principal = /^principalId eq '([^']+)'$/.exec(filter.trim())?.[1];
  if (principal === undefined) throw new AzureError(400, 'BadParameter', 'The filter is not supported.');
  return all.filter(({ principalId }) => principalId === principal);
}

async function put(
  request: WireRequest,
  roles: RoleAssignments,
  { kind, scope }: RolePath,
  name: string,
): Promise<RoleAssignment> {
  const properties = asObject(readJsonObject(request)?.['properties']);
  const { principalId, roleDefinitionId } = properties ?? {};
  const roleId = typeof roleDefinitionId === 'string' ? roleDefinitionId.split('/').at(-1) : undefined;
  const role = roles.roles.find(({ id }) => id === roleId);
  if (typeof principalId !== 'string' || !GUID.test(principalId) || role === undefined || !GUID.test(name))
    throw badParameter(kind, 'Invalid role assignment: a GUID, a principal and a known role are needed.');
  const same = roles
    .list(scope)
    .some(
      (entry) =>
        entry.name === name ||
        (entry.principalId === principalId && entry.roleId === role.id && entry.scope === normalScope(scope)),
    );
  if (same) throw new AzureError(409, 'RoleAssignmentExists', 'The role assignment already exists.');
  const assignment = { name, principalId, roleId: role.id, scope: normalScope(scope) };
  await roles.put(assignment);
  return assignment;
}

function existing(roles: RoleAssignments, scope: string, name: string): RoleAssignment {
  const found = roles.get(scope, name);
  if (found === null)
    throw new AzureError(404, 'RoleAssignmentNotFound', `The role assignment ${name} is not found.`);
  return found;
}

function renderDefinition(role: RoleDefinition): Json {
  return {
    id: definitionId(role.id),
    name: role.id,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName: role.name,
      description: '',
      type: 'AKVBuiltInRole',
      assignableScopes: ['/'],
      permissions: [
        {
          actions: [...role.actions],
          notActions: [],
          dataActions: [...role.dataActions],
          notDataActions: [],
        },
      ],
    },
  };
}

function renderAssignment(assignment: RoleAssignment): Json {
  const at = assignment.scope === '/' ? '' : assignment.scope;
  return {
    id: `${at}/providers/Microsoft.Authorization/roleAssignments/${assignment.name}`,
    name: assignment.name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      principalId: assignment.principalId,
      roleDefinitionId: definitionId(assignment.roleId),
      scope: assignment.scope,
    },
  };
}

function definitionId(id: string): string {
  return `Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${id}`;
}

function notFound(path: string): AzureError {
  return new AzureError(404, 'NotFound', `no ${path} here`);
}

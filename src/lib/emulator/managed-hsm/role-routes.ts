// Local RBAC of a managed HSM over REST: roleDefinitions and roleAssignments under a scope.
// Shapes: recordings of azure-sdk-for-js keyvault-admin against a real HSM.

import type { Json } from '../../base/bytes/canonical-json.js';
import { AzureError } from '../http/azure-error.js';
import { asObject, jsonResponse, readJsonObject } from '../http/messages.js';
import { recorded } from '../http/proof.js';
import type { WireRequest } from '../http/wire.js';
import { normalScope, type RoleAssignment, type RoleAssignments } from '../identity/role-assignments.js';
import type { RoleDefinition } from '../identity/role-definitions.js';
import { badParameter } from './errors.js';
import { type KeyHostCall, keyHostRoute } from './key-host-call.js';

const HSM = 'Microsoft.KeyVault/managedHsm';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const { guarded } = keyHostRoute;
const ASSIGNMENT_RECORDING = recorded('2022-11', 'azure-rest/managedhsm/recorded-role-assignment.json');

/** Local RBAC: of a managed HSM only. A scope is `/`, `/keys` or `/keys/NAME`. */
export const ROLE_ROUTES = [
  guarded({
    method: 'GET',
    path: '/{scope*}/providers/Microsoft.Authorization/roleDefinitions',
    permission: { dataAction: `${HSM}/roleDefinitions/read/action`, at: 'scope' },
    proof: recorded('2022-10', 'azure-rest/managedhsm/recorded-role-definitions.json'),
    answer: ({ options }) => jsonResponse(200, { value: options.roles.roles.map(renderDefinition) }),
  }),
  guarded({
    method: 'GET',
    path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments',
    permission: { dataAction: `${HSM}/roleAssignments/read/action`, at: 'scope' },
    proof: ASSIGNMENT_RECORDING,
    answer: ({ request, options }, { scope }) =>
      jsonResponse(200, { value: listed(request, options.roles, scope).map(renderAssignment) }),
  }),
  guarded({
    method: 'GET',
    path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments/{name}',
    permission: { dataAction: `${HSM}/roleAssignments/read/action`, at: 'scope' },
    proof: ASSIGNMENT_RECORDING,
    answer: ({ options }, { scope, name }) =>
      jsonResponse(200, renderAssignment(existing(options.roles, scope, name))),
  }),
  guarded({
    method: 'PUT',
    path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments/{name}',
    permission: { dataAction: `${HSM}/roleAssignments/write/action`, at: 'scope' },
    proof: ASSIGNMENT_RECORDING,
    answer: async (call, { scope, name }) =>
      jsonResponse(201, renderAssignment(await put(call, scope, name))),
  }),
  guarded({
    method: 'DELETE',
    path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments/{name}',
    permission: { dataAction: `${HSM}/roleAssignments/delete/action`, at: 'scope' },
    proof: ASSIGNMENT_RECORDING,
    answer: async ({ options }, { scope, name }) => {
      const removed = existing(options.roles, scope, name);
      await options.roles.remove(removed);
      return jsonResponse(200, renderAssignment(removed));
    },
  }),
];

/* `$filter=principalId eq 'GUID'` narrows; other filters are refused rather than ignored. */
function listed(request: WireRequest, roles: RoleAssignments, scope: string): readonly RoleAssignment[] {
  const all = roles.list(scope === '' ? null : scope);
  const filter = request.query.get('$filter');
  if (filter === null || filter === 'atScope()') return all;
  const principal = /^principalId eq '([^']+)'$/.exec(filter.trim())?.[1];
  if (principal === undefined) throw new AzureError(400, 'BadParameter', 'The filter is not supported.');
  return all.filter(({ principalId }) => principalId === principal);
}

async function put(
  { request, kind, options: { roles } }: KeyHostCall,
  scope: string,
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

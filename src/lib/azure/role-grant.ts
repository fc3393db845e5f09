// Role assignments and definitions as Azure's two RBAC realms tell them: Azure Resource Manager, and a Managed HSM's own.

import * as v from 'valibot';

import type { RoleGrant } from '../evidence/key-powers.js';

export const RoleAssignmentForm = v.looseObject({
  properties: v.looseObject({
    principalId: v.string(),
    roleDefinitionId: v.string(),
    scope: v.optional(v.string(), '/'),
  }),
});

const Actions = v.optional(v.array(v.string()), []);

export const RoleDefinitionForm = v.looseObject({
  id: v.string(),
  properties: v.looseObject({
    roleName: v.string(),
    permissions: v.array(
      v.looseObject({ actions: Actions, notActions: Actions, dataActions: Actions, notDataActions: Actions }),
    ),
  }),
});

/** An assignment with what its role gives. A role whose definition was not told keeps its id for a name, and no actions. */
export function grantOf(
  { properties }: v.InferOutput<typeof RoleAssignmentForm>,
  definitions: readonly v.InferOutput<typeof RoleDefinitionForm>[],
): RoleGrant {
  const { principalId: principal, roleDefinitionId, scope } = properties;
  const definition = definitions.find(({ id }) => lastSegment(id) === lastSegment(roleDefinitionId));
  if (definition === undefined) return { principal, role: roleDefinitionId, scope };
  const { roleName: role, permissions } = definition.properties;
  return {
    principal,
    role,
    scope,
    actions: permissions.flatMap(({ actions }) => actions),
    notActions: permissions.flatMap(({ notActions }) => notActions),
    dataActions: permissions.flatMap(({ dataActions }) => dataActions),
    notDataActions: permissions.flatMap(({ notDataActions }) => notDataActions),
  };
}

function lastSegment(id: string): string {
  return (id.split('/').at(-1) ?? '').toLowerCase();
}

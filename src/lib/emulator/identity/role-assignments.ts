// Who may do what, where: role assignments of one realm (a managed HSM's local RBAC, or Azure RBAC).

import { randomUUID } from 'node:crypto';

import * as v from 'valibot';

import { createChanges } from '../state/changes.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { roleAllows, type RoleDefinition } from './role-definitions.js';

const Assignment = v.strictObject({
  /** A GUID: the assignment's name in REST. */
  name: v.string(),
  principalId: v.string(),
  /** GUID of the role definition. */
  roleId: v.string(),
  /** `/`, `/keys`, `/keys/NAME`, or an ARM id; always with a leading slash and no trailing one. */
  scope: v.string(),
});
const State = v.array(Assignment);

export type RoleAssignment = v.InferOutput<typeof Assignment>;

/** One question: may this principal do this here? */
export interface AccessQuestion {
  readonly principalId: string;
  readonly kind: 'action' | 'dataAction';
  readonly action: string;
  readonly scope: string;
}

export interface RoleAssignments {
  readonly roles: readonly RoleDefinition[];
  /** Allowed by an assignment at `scope` or above it; nothing is allowed by default. */
  allows(question: AccessQuestion): boolean;
  /** Assignments at `scope` and above it; all of the realm if null. */
  list(scope: string | null): readonly RoleAssignment[];
  get(scope: string, name: string): RoleAssignment | null;
  /** Adds one, or returns the one that says the same already. */
  assign(principalId: string, role: RoleDefinition, scope: string): Promise<RoleAssignment>;
  put(assignment: RoleAssignment): Promise<void>;
  remove(assignment: RoleAssignment): Promise<void>;
}

/**
 * Opens the assignments of `realm`.
 *
 * @param realm - names the document; one a managed HSM (`hsm-fabrikam`), `azure` for Azure RBAC.
 * @param roles - the definitions that this realm knows.
 */
export async function openRoleAssignments(
  store: StateStore,
  realm: string,
  roles: readonly RoleDefinition[],
): Promise<RoleAssignments> {
  const document = `roles-${realm}`;
  const state = createChanges<RoleAssignment[]>({
    initial: (await loadDocumentAs(store, document, State)) ?? [],
    copy: (kept) => [...kept],
    save: (changed) => store.save(document, changed),
  });
  const add = async (assignment: RoleAssignment): Promise<void> => {
    await state.change((kept) => kept.push({ ...assignment, scope: normalScope(assignment.scope) }));
  };

  return {
    roles,
    allows: ({ principalId, kind, action, scope }) =>
      state.current.some((assignment) => {
        const role = roles.find((entry) => entry.id === assignment.roleId);
        return (
          assignment.principalId === principalId &&
          role !== undefined &&
          covers(assignment.scope, scope) &&
          roleAllows(role, kind, action)
        );
      }),
    list: (scope) => state.current.filter((assignment) => scope === null || covers(assignment.scope, scope)),
    get: (scope, name) =>
      state.current.find((entry) => entry.name === name && sameScope(entry.scope, scope)) ?? null,
    assign: async (principalId, role, scope) => {
      const kept = state.current.find(
        (entry) =>
          entry.principalId === principalId && entry.roleId === role.id && sameScope(entry.scope, scope),
      );
      if (kept !== undefined) return kept;
      const assignment = { name: randomUUID(), principalId, roleId: role.id, scope: normalScope(scope) };
      await add(assignment);
      return assignment;
    },
    put: add,
    remove: async (assignment) => {
      await state.change((kept) => {
        const index = kept.findIndex(
          (entry) => entry.name === assignment.name && sameScope(entry.scope, assignment.scope),
        );
        if (index >= 0) kept.splice(index, 1);
      });
    },
  };
}

/** One leading slash, no trailing one, no empty segments. */
export function normalScope(scope: string): string {
  return `/${scope.split('/').filter(Boolean).join('/')}`;
}

/** Whether an assignment at `outer` reaches `inner`: equal, or an ancestor by whole segments. */
function covers(outer: string, inner: string): boolean {
  const above = normalScope(outer).toLowerCase();
  const below = normalScope(inner).toLowerCase();
  return above === '/' || below === above || below.startsWith(`${above}/`);
}

function sameScope(a: string, b: string): boolean {
  return normalScope(a).toLowerCase() === normalScope(b).toLowerCase();
}

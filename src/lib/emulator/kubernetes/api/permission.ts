// What a caller must be allowed to do, in the words of Kubernetes' RBAC.

import type { Resource } from '../objects/objects.js';
import type { Verb } from '../objects/resources.js';

/** A verb of Kubernetes' RBAC on a resource, or nothing but a login. */
export type ApiPermission =
  | { readonly verb: Verb; readonly resource: Resource; readonly subresource?: 'log' }
  | { readonly loginOnly: string };

/** As RBAC words it, for the table of operations. */
export function permissionText(permission: Exclude<ApiPermission, { readonly loginOnly: string }>): string {
  const { verb, resource, subresource } = permission;
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

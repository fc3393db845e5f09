// Everything that the local Azure answers, as data: what the reference page and the tests are made from.

import { ATTESTATION_ROUTES } from './attestation-service/handler.js';
import type { Proof } from './http/proof.js';
import type { Method } from './http/route.js';
import { IDENTITY_ROUTES } from './identity/handler.js';
import { METADATA_ROUTES } from './identity/metadata-handler.js';
import { KUBERNETES_ROUTES } from './kubernetes/api/handler.js';
import { permissionText } from './kubernetes/api/permission.js';
import { KEY_VAULT_PREMIUM, MANAGED_HSM } from './managed-hsm/constants.js';
import { MANAGED_HSM_ROUTES, VAULT_ROUTES } from './managed-hsm/handler.js';
import type { KeyPermission } from './managed-hsm/key-host-call.js';
import type { HostKind } from './managed-hsm/constants.js';
import { REGISTRY_ROUTES } from './registry/handler.js';
import type { ArmPermission } from './resource-manager/arm-call.js';
import { RESOURCE_MANAGER_ROUTES } from './resource-manager/handler.js';
import { SIDECAR_ROUTES } from './sidecar/handler.js';
import { BLOB_ROUTES } from './storage/blob-routes.js';
import { STORAGE_PERMISSIONS } from './storage/constants.js';

/** Who may ask. */
export type Access =
  | { readonly kind: 'open'; readonly because: string }
  /** A login is enough: the answer is about the caller. */
  | { readonly kind: 'login'; readonly because: string }
  /** Any of these actions of Azure RBAC, or of the HSM's local RBAC. */
  | { readonly kind: 'permission'; readonly anyOf: readonly string[] };

export interface EmulatedOperation {
  readonly method: Method;
  readonly path: string;
  readonly query: Readonly<Record<string, string | null>>;
  readonly access: Access;
  readonly proof: Proof;
}

export interface EmulatedService {
  readonly service: string;
  readonly operations: readonly EmulatedOperation[];
}

interface Described {
  readonly method: Method;
  readonly path: string;
  readonly query: Readonly<Record<string, string | null>>;
  readonly proof: Proof;
}

/** By service, in the order in which requests are compared with them. */
export const EMULATED_SERVICES: readonly EmulatedService[] = [
  {
    service: 'managed HSM',
    operations: MANAGED_HSM_ROUTES.map((route) => describe(route, keyAccess(route.permission, MANAGED_HSM))),
  },
  {
    service: 'key vault',
    operations: VAULT_ROUTES.map((route) => describe(route, keyAccess(route.permission, KEY_VAULT_PREMIUM))),
  },
  {
    service: 'resource manager',
    operations: RESOURCE_MANAGER_ROUTES.map((route) =>
      describe(route, 'permission' in route ? armAccess(route.permission) : openTo(route)),
    ),
  },
  {
    service: 'blob storage',
    operations: BLOB_ROUTES.map((route) =>
      describe(route, permission(STORAGE_PERMISSIONS[route.permission].map(({ action }) => action))),
    ),
  },
  {
    service: 'kubernetes',
    operations: KUBERNETES_ROUTES.map((route) => describe(route, kubernetesAccess(route))),
  },
  { service: 'token endpoint', operations: IDENTITY_ROUTES.map((route) => describe(route, openTo(route))) },
  { service: 'metadata service', operations: METADATA_ROUTES.map((route) => describe(route, openTo(route))) },
  {
    service: 'attestation service',
    operations: ATTESTATION_ROUTES.map((route) => describe(route, openTo(route))),
  },
  { service: 'registry', operations: REGISTRY_ROUTES.map((route) => describe(route, openTo(route))) },
  { service: 'sidecar', operations: SIDECAR_ROUTES.map((route) => describe(route, openTo(route))) },
];

function describe({ method, path, query, proof }: Described, access: Access): EmulatedOperation {
  return { method, path, query, access, proof };
}

function openTo({ openBecause }: { readonly openBecause: string }): Access {
  return { kind: 'open', because: openBecause };
}

function permission(anyOf: readonly string[]): Access {
  return { kind: 'permission', anyOf };
}

function keyAccess(asked: KeyPermission, { dataActions }: HostKind): Access {
  return permission(['operation' in asked ? dataActions[asked.operation] : asked.dataAction]);
}

function kubernetesAccess(route: (typeof KUBERNETES_ROUTES)[number]): Access {
  if (!('permission' in route)) return openTo(route);
  const asked = route.permission;
  if ('loginOnly' in asked) return { kind: 'login', because: asked.loginOnly };
  return permission([permissionText(asked)]);
}

function armAccess(asked: ArmPermission): Access {
  if ('loginOnly' in asked) return { kind: 'login', because: asked.loginOnly };
  return permission([asked.action]);
}

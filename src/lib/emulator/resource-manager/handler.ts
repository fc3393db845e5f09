// Azure Resource Manager on the wire: who calls, api-versions, permissions, error shape. What it answers: the route files.

import { randomUUID } from 'node:crypto';

import { AzureError } from '../http/azure-error.js';
import { createGuardedHandler } from '../http/guarded-handler.js';
import { jsonResponse } from '../http/messages.js';
import type { Parameters } from '../http/route.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import {
  type ArmCall,
  type ArmPermission,
  type ArmScope,
  groupScope,
  type ResourceManagerOptions,
  resourceGroupScope,
  subscriptionScope,
} from './arm-call.js';
import { authenticate, authorize } from './authorization.js';
import { CLOUD_ROUTES } from './cloud-routes.js';
import { API_VERSIONS, OPERATION_API_VERSION, PROVIDER } from './constants.js';
import { DEPLOYMENT_ROUTES, deploymentScope } from './deployments/deployment-routes.js';
import { GROUP_ROUTES, requireOperation } from './group-routes.js';
import { INVENTORY_ROUTES } from './inventory-routes.js';
import { ThrottledError } from './provoked.js';

/** Every operation of the local Azure Resource Manager. */
export const RESOURCE_MANAGER_ROUTES = [
  ...CLOUD_ROUTES,
  ...GROUP_ROUTES,
  ...DEPLOYMENT_ROUTES,
  ...INVENTORY_ROUTES,
];

/** Serves `https://management.azure.com/…`. */
export function createResourceManagerHandler(options: ResourceManagerOptions): WireHandler {
  const handler = createGuardedHandler({
    routes: RESOURCE_MANAGER_ROUTES,
    open: (request) => ({ request, options }),
    admit: async (request): Promise<ArmCall> => {
      const caller = await authenticate(request, options);
      checkApiVersion(request);
      return { ...options, options, request, caller };
    },
    authorize: checkPermission,
    noRoute,
    refuse,
  });
  return async (request) => {
    const response = await handler(request);
    const ids = { 'x-ms-request-id': randomUUID(), 'x-ms-correlation-request-id': randomUUID() };
    return { ...response, headers: { ...ids, ...response.headers } };
  };
}

function checkPermission(call: ArmCall, permission: ArmPermission, parameters: Parameters): void {
  if ('loginOnly' in permission) return;
  authorize(call.caller, permission.action, scopeOf(call, permission.at, parameters), call);
}

function scopeOf(call: ArmCall, at: ArmScope, parameters: Parameters): string {
  switch (at) {
    case 'subscription':
      return subscriptionScope(parameters);
    case 'resourceGroup':
      return resourceGroupScope(parameters);
    case 'group':
      return groupScope(parameters);
    case 'deployment':
      return deploymentScope(parameters);
    case 'operation': {
      const id = parameters['operation'] ?? '';
      return requireOperation(call.groups.operation(id), id).groupId;
    }
    case 'named':
      return `/subscriptions/${parameters['scope'] ?? ''}`;
  }
}

function checkApiVersion(request: WireRequest): void {
  const version = request.query.get('api-version');
  if (version === null || version === '')
    throw new AzureError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  const known = new RegExp(`/${PROVIDER}(?:/|$)`, 'i').test(request.path)
    ? [...API_VERSIONS, OPERATION_API_VERSION]
    : null;
  if (known === null ? !/^\d{4}-\d\d-\d\d(?:-preview)?$/.test(version) : !known.includes(version))
    throw new AzureError(
      400,
      'NoRegisteredProviderFound',
      `No registered resource provider found for API version '${version}'. The supported api-versions are '${API_VERSIONS.join(', ')}'.`,
    );
}

function noRoute(request: WireRequest, kind: 'other-method' | 'nothing'): WireResponse {
  return kind === 'other-method'
    ? errorResponse(405, 'MethodNotAllowed', `The method ${request.method} is not allowed.`)
    : errorResponse(
        404,
        'InvalidResourceType',
        `The resource type could not be found for '${request.path}'.`,
      );
}

function refuse(cause: unknown): WireResponse | null {
  if (!(cause instanceof AzureError)) return null;
  const retry: Record<string, string> =
    cause instanceof ThrottledError ? { 'retry-after': String(cause.retryAfterSeconds) } : {};
  const challenge: Record<string, string> =
    cause.status === 401 ? { 'www-authenticate': `Bearer error="invalid_token"` } : {};
  return errorResponse(cause.status, cause.code, cause.message, { ...retry, ...challenge });
}

function errorResponse(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  return jsonResponse(status, { error: { code, message } }, headers);
}

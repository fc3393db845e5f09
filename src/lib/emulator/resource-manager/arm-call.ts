// What a route of Azure Resource Manager is answered from, and the permission that it states.

import type { FaultSource } from '../faults/fault-file.js';
import type { WireAnswer } from '../http/guarded-handler.js';
import { AzureError } from '../http/azure-error.js';
import { type JsonObject, readJsonObject } from '../http/messages.js';
import { type Parameters, routeWriter } from '../http/route.js';
import type { WireRequest } from '../http/wire.js';
import type { AccessToken } from '../identity/access-tokens.js';
import type { Directory } from '../identity/directory.js';
import type { RoomHost } from '../room-host/group-spec.js';
import type { AuthorizationOptions } from './authorization.js';
import { PROVIDER } from './constants.js';
import type { DeploymentRecords } from './deployments/deployment-records.js';
import type { GroupRecords } from './group-records.js';
import type { Inventory } from './inventory.js';

/** URLs of the local Azure, no trailing slash. */
export interface CloudEndpoints {
  readonly authority: string;
  readonly resourceManager: string;
}

export interface ResourceManagerOptions extends AuthorizationOptions {
  readonly groups: GroupRecords;
  readonly deployments: DeploymentRecords;
  readonly host: RoomHost;
  readonly faults: FaultSource;
  readonly inventory: Inventory;
  readonly directory: Pick<Directory, 'managedIdentity' | 'ensureManagedIdentity' | 'tenant'>;
  readonly endpoints: CloudEndpoints;
}

export interface OpenArmCall {
  readonly request: WireRequest;
  readonly options: ResourceManagerOptions;
}

export interface ArmCall extends ResourceManagerOptions, OpenArmCall {
  readonly caller: AccessToken;
}

/** Where an action is asked for. */
export type ArmScope =
  | 'subscription'
  | 'resourceGroup'
  /** The container group of the path. */
  | 'group'
  /** The container group that an operation is about. */
  | 'operation'
  /** The deployment of the path, or that of a deployment's operation. */
  | 'deployment'
  /** The scope before `/providers/Microsoft.Authorization`. */
  | 'named';

/** An action at a scope; or nothing but a login, since the answer is about the caller. */
export type ArmPermission =
  { readonly action: string; readonly at: ArmScope } | { readonly loginOnly: string };

export const armRoute = routeWriter<ArmCall, OpenArmCall, ArmPermission, WireAnswer>();

export const GROUPS = `providers/${PROVIDER}/containerGroups`;

export function subscriptionScope({ subscription = '' }: Parameters): string {
  return `/subscriptions/${subscription}`;
}

export function resourceGroupScope(parameters: Parameters): string {
  return `${subscriptionScope(parameters)}/resourceGroups/${parameters['resourceGroup'] ?? ''}`;
}

export function groupScope(parameters: Parameters): string {
  return `${resourceGroupScope(parameters)}/${GROUPS}/${parameters['name'] ?? ''}`;
}

/** @throws AzureError 404 ResourceGroupNotFound */
export function requireResourceGroup({ inventory }: ArmCall, id: string): string {
  if (inventory.resourceGroup(id) !== null) return id;
  const name = id.split('/')[4] ?? '';
  throw new AzureError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
}

/** The body as an object. @throws AzureError 400 */
export function bodyOf(request: WireRequest): JsonObject {
  const body = readJsonObject(request);
  if (body === null)
    throw new AzureError(
      400,
      'InvalidRequestContent',
      'The request content was invalid and could not be deserialized.',
    );
  return body;
}

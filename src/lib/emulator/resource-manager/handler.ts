// Azure Resource Manager on the wire: Microsoft.ContainerInstance/containerGroups and what its clients ask besides.

import { randomUUID } from 'node:crypto';

import type { FaultSource } from '../faults/fault-file.js';
import { AzureError } from '../http/azure-error.js';
import { emptyResponse, type JsonObject, jsonResponse, readJsonObject } from '../http/messages.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import type { AccessToken } from '../identity/access-tokens.js';
import type { RoomHost } from '../room-host/group-spec.js';
import {
  type AuthorizationOptions,
  authenticate,
  authorizationFailed,
  authorize,
  authorizeIdentity,
} from './authorization.js';
import { API_VERSIONS, NAME, OPERATION_API_VERSION, POLL_SECONDS, PROVIDER } from './constants.js';
import type { GroupOperation, GroupRecord, GroupRecords } from './group-records.js';
import { renderGroup } from './group-resource.js';
import { answerInventory, type Inventory } from './inventory.js';
import { tailLog } from './logs.js';
import { refuseProvoked, ThrottledError } from './provoked.js';

export interface ResourceManagerOptions extends AuthorizationOptions {
  readonly groups: GroupRecords;
  readonly host: RoomHost;
  readonly faults: FaultSource;
  readonly inventory: Inventory;
  /** Whether a resource group exists: `/subscriptions/ID/resourceGroups/NAME`, any case. */
  readonly hasResourceGroup: (id: string) => boolean;
}

interface Call extends ResourceManagerOptions {
  readonly request: WireRequest;
  readonly caller: AccessToken;
  /** Segments of the path after `/subscriptions/`. */
  readonly subscription: string;
}

/** Serves `https://management.azure.com/…` for container groups. */
export function createResourceManagerHandler(options: ResourceManagerOptions): WireHandler {
  return async (request) => {
    const ids = { 'x-ms-request-id': randomUUID(), 'x-ms-correlation-request-id': randomUUID() };
    try {
      const response = await route(request, options);
      return { ...response, headers: { ...ids, ...response.headers } };
    } catch (failure) {
      if (!(failure instanceof AzureError)) throw failure;
      const retry =
        failure instanceof ThrottledError ? { 'retry-after': String(failure.retryAfterSeconds) } : {};
      const challenge = failure.status === 401 ? { 'www-authenticate': `Bearer error="invalid_token"` } : {};
      const body = { error: { code: failure.code, message: failure.message } };
      return jsonResponse(failure.status, body, { ...ids, ...retry, ...challenge });
    }
  };
}

const GROUPS = `providers/${PROVIDER}/containerGroups`;
const PATTERNS = {
  operation: new RegExp(
    `^/subscriptions/([^/]+)/providers/${PROVIDER}/locations/([^/]+)/operations/([^/]+)$`,
    'i',
  ),
  listAll: new RegExp(`^/subscriptions/([^/]+)/${GROUPS}$`, 'i'),
  list: new RegExp(`^/subscriptions/([^/]+)/resourceGroups/([^/]+)/${GROUPS}$`, 'i'),
  group: new RegExp(`^/subscriptions/([^/]+)/resourceGroups/([^/]+)/${GROUPS}/([^/]+)$`, 'i'),
  verb: new RegExp(
    `^/subscriptions/([^/]+)/resourceGroups/([^/]+)/${GROUPS}/([^/]+)/(start|stop|restart)$`,
    'i',
  ),
  container: new RegExp(
    `^/subscriptions/([^/]+)/resourceGroups/([^/]+)/${GROUPS}/([^/]+)/containers/([^/]+)/(logs|exec|attach)$`,
    'i',
  ),
  resourceGroup: /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i,
};

async function route(request: WireRequest, options: ResourceManagerOptions): Promise<WireResponse> {
  const caller = await authenticate(request, options);
  const path = request.path.replace(/\/+$/, '');
  const call: Call = { ...options, request, caller, subscription: path.split('/')[2] ?? '' };
  checkApiVersion(request);
  const match = (pattern: RegExp): readonly string[] | null => pattern.exec(path)?.slice(1) ?? null;
  let parts = match(PATTERNS.operation);
  if (parts !== null) return getOperation(call, parts);
  parts = match(PATTERNS.listAll);
  if (parts !== null) return listGroups(call, `/subscriptions/${parts[0] ?? ''}`);
  parts = match(PATTERNS.list);
  if (parts !== null) return listGroups(call, resourceGroupId(call, parts[1]));
  parts = match(PATTERNS.group);
  if (parts !== null) return routeGroup(call, parts);
  parts = match(PATTERNS.verb);
  if (parts !== null) return runVerb(call, parts);
  parts = match(PATTERNS.container);
  if (parts !== null) return routeContainer(call, parts);
  parts = match(PATTERNS.resourceGroup);
  if (parts !== null && request.method !== 'PUT') return getResourceGroup(call, parts);
  const listed = answerInventory(path, caller, options.inventory, (...asked) => authorize(...asked, options));
  if (listed !== null) return listed;
  throw new AzureError(
    404,
    'InvalidResourceType',
    `The resource type could not be found for '${request.path}'.`,
  );
}

function checkApiVersion(request: WireRequest): void {
  const version = request.query.get('api-version');
  if (version === null || version === '')
    throw new AzureError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  const known = new RegExp(PROVIDER, 'i').test(request.path)
    ? [...API_VERSIONS, OPERATION_API_VERSION]
    : null;
  if (known !== null && !known.includes(version))
    throw new AzureError(
      400,
      'NoRegisteredProviderFound',
      `No registered resource provider found for API version '${version}'. The supported api-versions are '${API_VERSIONS.join(', ')}'.`,
    );
}

/** @throws AzureError 404 ResourceGroupNotFound */
function resourceGroupId({ subscription, hasResourceGroup }: Call, name = ''): string {
  const id = `/subscriptions/${subscription}/resourceGroups/${name}`;
  if (!hasResourceGroup(id))
    throw new AzureError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
  return id;
}

function getResourceGroup(call: Call, [, name = '']: readonly string[]): WireResponse {
  const id = resourceGroupId(call, name);
  authorize(call.caller, 'Microsoft.Resources/subscriptions/resourceGroups/read', id, call);
  return jsonResponse(200, {
    id,
    name,
    location: 'westeurope',
    properties: { provisioningState: 'Succeeded' },
  });
}

function listGroups(call: Call, scope: string): WireResponse {
  authorize(call.caller, `${PROVIDER}/containerGroups/read`, scope, call);
  // A list leaves the instance view out, as the service does.
  return jsonResponse(200, {
    value: call.groups
      .list(`${scope}/`)
      .map((record) => withoutInstanceViews(renderGroup(record, call.groups.view(record)))),
  });
}

function withoutInstanceViews(group: JsonObject): JsonObject {
  const properties = group['properties'] as JsonObject;
  const containers = (properties['containers'] as readonly JsonObject[]).map((container) => ({
    ...container,
    properties: without(container['properties'] as JsonObject, 'instanceView'),
  }));
  return { ...group, properties: { ...without(properties, 'instanceView'), containers } };
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

async function routeGroup(
  call: Call,
  [, resourceGroup, name = '']: readonly string[],
): Promise<WireResponse> {
  const { request, caller, groups } = call;
  const id = `${resourceGroupId(call, resourceGroup)}/${GROUPS}/${name}`;
  const verb = { GET: 'read', PUT: 'write', DELETE: 'delete' }[request.method];
  if (verb === undefined)
    throw new AzureError(405, 'MethodNotAllowed', `The method ${request.method} is not allowed.`);
  authorize(caller, `${PROVIDER}/containerGroups/${verb}`, id, call);
  if (request.method === 'PUT') return putGroup(call, id, name);
  await refuseProvoked(call.faults, request.method, name, '');
  const record = groups.get(id);
  if (request.method === 'DELETE') {
    if (record === null) return emptyResponse(204);
    const resource = renderGroup(record, groups.view(record));
    await groups.remove(record);
    return jsonResponse(200, resource);
  }
  return jsonResponse(200, renderGroup(existing(record, name), groups.view(existing(record, name))));
}

async function putGroup(call: Call, id: string, name: string): Promise<WireResponse> {
  const { request, caller, groups } = call;
  if (!NAME.test(name))
    throw new AzureError(400, 'InvalidContainerGroupName', `The container group name '${name}' is invalid.`);
  const body = readJsonObject(request);
  if (body === null)
    throw new AzureError(
      400,
      'InvalidRequestContent',
      'The request content was invalid and could not be deserialized.',
    );
  const identities = Object.keys(
    (body['identity'] as JsonObject | undefined)?.['userAssignedIdentities'] ?? {},
  );
  for (const identity of identities) authorizeIdentity(caller, identity, id, call);
  if ((await call.faults('role-not-yet-effective', name)) !== null)
    throw authorizationFailed(caller, `${PROVIDER}/containerGroups/write`, id);
  const location = typeof body['location'] === 'string' ? body['location'] : '';
  await refuseProvoked(call.faults, 'PUT', name, location);
  const { record, created, operation } = await groups.put(id, name, body);
  const headers = operation === null ? {} : operationHeaders(call, record, operation);
  return jsonResponse(created ? 201 : 200, renderGroup(record, groups.view(record)), headers);
}

function operationHeaders(
  call: Call,
  record: GroupRecord,
  operation: GroupOperation,
): Record<string, string> {
  const url = `${call.request.origin}/subscriptions/${call.subscription}/providers/${PROVIDER}/locations/${record.location}/operations/${operation.id}?api-version=${OPERATION_API_VERSION}`;
  return { 'azure-asyncoperation': url, 'retry-after': String(POLL_SECONDS) };
}

async function getOperation(call: Call, [, , id = '']: readonly string[]): Promise<WireResponse> {
  const operation = call.groups.operation(id);
  if (operation === null)
    throw new AzureError(404, 'OperationNotFound', `The operation '${id}' could not be found.`);
  authorize(call.caller, `${PROVIDER}/containerGroups/read`, operation.groupId, call);
  await refuseProvoked(call.faults, 'GET', operation.groupId.split('/').at(-1) ?? '', '');
  return jsonResponse(
    200,
    {
      id: call.request.path,
      status: operation.status,
      ...(operation.error === null ? {} : { error: operation.error }),
    },
    operation.status === 'Pending' ? { 'retry-after': String(POLL_SECONDS) } : {},
  );
}

async function runVerb(
  call: Call,
  [, resourceGroup, name = '', verb = '']: readonly string[],
): Promise<WireResponse> {
  const { caller, groups, request } = call;
  if (request.method !== 'POST')
    throw new AzureError(405, 'MethodNotAllowed', `The method ${request.method} is not allowed.`);
  const id = `${resourceGroupId(call, resourceGroup)}/${GROUPS}/${name}`;
  const action = verb.toLowerCase();
  authorize(caller, `${PROVIDER}/containerGroups/${action}/action`, id, call);
  await refuseProvoked(call.faults, 'POST', name, '');
  const record = existing(groups.get(id), name);
  if (action === 'stop') {
    await groups.stop(record);
    return emptyResponse(204);
  }
  const operation = await (action === 'start' ? groups.start(record) : groups.restart(record));
  return emptyResponse(202, operationHeaders(call, record, operation));
}

async function routeContainer(call: Call, parts: readonly string[]): Promise<WireResponse> {
  const [, resourceGroup, name = '', container = '', operation = ''] = parts;
  const { caller, groups, request, host } = call;
  const id = `${resourceGroupId(call, resourceGroup)}/${GROUPS}/${name}`;
  const kind = operation.toLowerCase();
  const action = kind === 'logs' ? 'containers/logs/read' : `containers/${kind}/action`;
  authorize(caller, `${PROVIDER}/containerGroups/${action}`, id, call);
  const record = existing(groups.get(id), name);
  if (kind !== 'logs') throw execRefused(container, record);
  const content = await host.logs(record.id, container);
  if (content === null)
    throw new AzureError(
      404,
      'ContainerNotFound',
      `The container '${container}' is not found in container group '${name}'.`,
    );
  return jsonResponse(200, { content: tailLog(content, request.query) });
}

/** A confidential group's policy rules exec out (I4); for others the local Azure has no terminal to give. */
function execRefused(container: string, record: GroupRecord): AzureError {
  const confidential = (record.body['properties'] as JsonObject)['sku'] === 'Confidential';
  return confidential
    ? new AzureError(
        403,
        'ContainerExecDenied',
        `Exec into container '${container}' is denied by the CCE policy of the container group.`,
      )
    : new AzureError(501, 'NotImplemented', 'The local Azure does not run commands inside containers.');
}

function existing(record: GroupRecord | null, name: string): GroupRecord {
  if (record !== null) return record;
  throw new AzureError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.ContainerInstance/containerGroups/${name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

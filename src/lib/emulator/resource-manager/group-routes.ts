// Microsoft.ContainerInstance/containerGroups: create, read, change, delete, start, stop, logs, and the operations on them.

import type { Json } from '../../base/bytes/canonical-json.js';
import { AzureError } from '../http/azure-error.js';
import { emptyResponse, type JsonObject, jsonResponse } from '../http/messages.js';
import { documented, publishedExample, recorded, usedBy } from '../http/proof.js';
import type { Parameters } from '../http/route.js';
import type { WireResponse } from '../http/wire.js';
import {
  type ArmCall,
  armRoute,
  bodyOf,
  groupScope,
  GROUPS,
  requireResourceGroup,
  resourceGroupScope,
  subscriptionScope,
} from './arm-call.js';
import { OPERATION_API_VERSION, PROVIDER } from './constants.js';
import { putGroup } from './group-put.js';
import type { GroupOperation, GroupRecord } from './group-records.js';
import { renderGroup, withoutInstanceViews } from './group-resource.js';
import { tailLog } from './logs.js';
import { refuseProvoked } from './provoked.js';

const { guarded } = armRoute;
const ONE = `/subscriptions/{subscription}/resourceGroups/{resourceGroup}/${GROUPS}/{name}` as const;
const SDK = usedBy('2026-11', '@azure/arm-containerinstance 9.1');

const act = (action: string) => `${PROVIDER}/containerGroups/${action}`;

export const GROUP_ROUTES = [
  guarded({
    method: 'GET',
    path: `/subscriptions/{subscription}/providers/${PROVIDER}/locations/{location}/operations/{operation}`,
    permission: { action: act('read'), at: 'operation' },
    proof: recorded('2023-01', 'azure-rest/containerinstance/recorded-create.json'),
    answer: getOperation,
  }),
  guarded({
    method: 'GET',
    path: `/subscriptions/{subscription}/${GROUPS}`,
    permission: { action: act('read'), at: 'subscription' },
    proof: recorded('2022-08', 'azure-rest/containerinstance/recorded-list.json'),
    answer: (call, parameters) => listGroups(call, subscriptionScope(parameters)),
  }),
  guarded({
    method: 'GET',
    path: `/subscriptions/{subscription}/resourceGroups/{resourceGroup}/${GROUPS}`,
    permission: { action: act('read'), at: 'resourceGroup' },
    proof: recorded('2022-08', 'azure-rest/containerinstance/recorded-list.json'),
    answer: (call, parameters) =>
      listGroups(call, requireResourceGroup(call, resourceGroupScope(parameters))),
  }),
  guarded({
    method: 'PUT',
    path: ONE,
    permission: { action: act('write'), at: 'group' },
    proof: recorded('2023-01', 'azure-rest/containerinstance/recorded-create.json'),
    answer: async (call, parameters) => {
      requireResourceGroup(call, resourceGroupScope(parameters));
      const body = bodyOf(call.request);
      const id = groupScope(parameters);
      const { record, created, operation } = await putGroup(call, id, parameters.name, body);
      const headers = operation === null ? {} : operationHeaders(call, record, operation);
      return jsonResponse(created ? 201 : 200, render(call, record), headers);
    },
  }),
  guarded({
    method: 'GET',
    path: ONE,
    permission: { action: act('read'), at: 'group' },
    proof: recorded('2023-01', 'azure-rest/containerinstance/recorded-get.json'),
    answer: async (call, parameters) => {
      const record = await existing(call, parameters);
      return jsonResponse(200, render(call, record));
    },
  }),
  guarded({
    method: 'PATCH',
    path: ONE,
    permission: { action: act('write'), at: 'group' },
    proof: documented('2026-11', 'REST reference, Container Groups, Update'),
    answer: async (call, parameters) => {
      const record = await existing(call, parameters);
      const changed = await call.groups.tag(record, tagsOf(bodyOf(call.request)));
      return jsonResponse(200, render(call, changed));
    },
  }),
  guarded({
    method: 'DELETE',
    path: ONE,
    permission: { action: act('delete'), at: 'group' },
    proof: recorded('2022-07', 'azure-rest/containerinstance/recorded-delete.json'),
    answer: async (call, parameters) => {
      await refuseProvoked(call.faults, 'DELETE', parameters.name, '');
      requireResourceGroup(call, resourceGroupScope(parameters));
      const record = call.groups.get(groupScope(parameters));
      if (record === null) return emptyResponse(204);
      const resource = render(call, record);
      await call.groups.remove(record);
      return jsonResponse(200, resource);
    },
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/start`,
    permission: { action: act('start/action'), at: 'group' },
    proof: SDK,
    answer: async (call, parameters) => {
      const record = await existing(call, parameters);
      return emptyResponse(202, operationHeaders(call, record, await call.groups.start(record)));
    },
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/stop`,
    permission: { action: act('stop/action'), at: 'group' },
    proof: SDK,
    answer: async (call, parameters) => {
      await call.groups.stop(await existing(call, parameters));
      return emptyResponse(204);
    },
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/restart`,
    permission: { action: act('restart/action'), at: 'group' },
    proof: SDK,
    answer: async (call, parameters) => {
      await call.groups.restart(await existing(call, parameters));
      return emptyResponse(204);
    },
  }),
  guarded({
    method: 'GET',
    path: `${ONE}/outboundNetworkDependenciesEndpoints`,
    permission: { action: act('outboundNetworkDependenciesEndpoints/read'), at: 'group' },
    proof: documented(
      '2026-11',
      'REST reference, Container Groups, Get Outbound Network Dependencies Endpoints',
    ),
    answer: async (call, parameters) => {
      await existing(call, parameters);
      return jsonResponse(200, []);
    },
  }),
  guarded({
    method: 'GET',
    path: `${ONE}/containers/{container}/logs`,
    permission: { action: act('containers/logs/read'), at: 'group' },
    proof: SDK,
    answer: readLogs,
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/containers/{container}/exec`,
    permission: { action: act('containers/exec/action'), at: 'group' },
    proof: publishedExample('2025-09', 'azure-rest/containerinstance/ContainerExec.json (refused here)'),
    answer: async (call, parameters) => {
      throw execRefused(parameters.container, await existing(call, parameters));
    },
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/containers/{container}/attach`,
    permission: { action: act('containers/attach/action'), at: 'group' },
    proof: documented('2026-11', 'REST reference, Containers, Attach (refused here)'),
    answer: async (call, parameters) => {
      throw execRefused(parameters.container, await existing(call, parameters));
    },
  }),
];

function render({ groups, directory }: ArmCall, record: GroupRecord): JsonObject {
  return renderGroup(record, groups.view(record), directory);
}

function listGroups(call: ArmCall, scope: string): WireResponse {
  // A list leaves the instance view out, as the service does.
  const value = call.groups.list(`${scope}/`).map((record) => withoutInstanceViews(render(call, record)));
  return jsonResponse(200, { value });
}

function getOperation({ groups }: ArmCall, { operation: id }: { readonly operation: string }): WireResponse {
  const { groupId, status, startTime, error } = requireOperation(groups.operation(id), id);
  return jsonResponse(200, {
    id: groupId,
    status,
    startTime,
    properties: { events: [] },
    ...(error === null ? {} : { error }),
  });
}

/** @throws AzureError 404 for an operation that there is not, or not any more */
export function requireOperation(operation: GroupOperation | null, id: string): GroupOperation {
  if (operation !== null) return operation;
  throw new AzureError(404, 'OperationNotFound', `The operation '${id}' could not be found.`);
}

/** Where the operation can be asked: the service suggests no time to wait (recorded 2023-01). */
export function operationHeaders(
  { request }: ArmCall,
  { location, id }: GroupRecord,
  operation: GroupOperation,
): Record<string, string> {
  const subscription = id.split('/')[2] ?? '';
  const path = `/subscriptions/${subscription}/providers/${PROVIDER}/locations/${location}/operations/${operation.id}`;
  return {
    'azure-asyncoperation': `${request.origin}${path}?api-version=${OPERATION_API_VERSION}`,
    'x-ms-request-id': `${location}:${operation.id}`,
  };
}

async function readLogs(
  call: ArmCall,
  parameters: Parameters & { readonly container: string },
): Promise<WireResponse> {
  const record = await existing(call, parameters);
  const content = await call.host.logs(record.id, parameters.container);
  if (content === null)
    throw new AzureError(
      404,
      'ContainerNotFound',
      `The container '${parameters.container}' is not found in container group '${record.name}'.`,
    );
  return jsonResponse(200, { content: tailLog(content, call.request.query) });
}

function tagsOf({ tags }: JsonObject): Record<string, string> {
  const entries = Object.entries((tags ?? {}) as Record<string, Json>);
  if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    return Object.fromEntries(entries);
  throw new AzureError(
    400,
    'InvalidRequestContent',
    'The request content was invalid and could not be deserialized.',
  );
}

/** A confidential group's policy rules exec out (I4); for others the local Azure has no terminal to give. */
function execRefused(container: string, record: GroupRecord): AzureError {
  const { sku } = record.body['properties'] as JsonObject;
  return typeof sku === 'string' && sku.toLowerCase() === 'confidential'
    ? new AzureError(
        403,
        'ContainerExecDenied',
        `Exec into container '${container}' is denied by the CCE policy of the container group.`,
      )
    : new AzureError(501, 'NotImplemented', 'The local Azure does not run commands inside containers.');
}

/* Refusals that only a real region has come first, as they would. */
async function existing(call: ArmCall, parameters: Parameters): Promise<GroupRecord> {
  const name = parameters['name'] ?? '';
  await refuseProvoked(call.faults, call.request.method, name, '');
  requireResourceGroup(call, resourceGroupScope(parameters));
  const record = call.groups.get(groupScope(parameters));
  if (record !== null) return record;
  throw new AzureError(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.ContainerInstance/containerGroups/${name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

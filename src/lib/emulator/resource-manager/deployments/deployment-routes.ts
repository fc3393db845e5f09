// Microsoft.Resources/deployments in a resource group: validate, what-if, create, and how a deployment went.

import { createHash } from 'node:crypto';

import { decodeUtf8, utf8 } from '../../../base/bytes/arrays.js';
import { canonicalJson } from '../../../base/bytes/canonical-json.js';
import { describeCause } from '../../../base/errors.js';
import { AzureError } from '../../http/azure-error.js';
import { type JsonObject, jsonResponse } from '../../http/messages.js';
import { documented } from '../../http/proof.js';
import type { Parameters } from '../../http/route.js';
import type { WireRequest, WireResponse } from '../../http/wire.js';
import { type ArmCall, armRoute, bodyOf, requireResourceGroup, resourceGroupScope } from '../arm-call.js';
import { authorize } from '../authorization.js';
import { PROVIDER } from '../constants.js';
import { checkPut, putGroup } from '../group-put.js';
import { renderGroup } from '../group-resource.js';
import { REGIONS } from '../regions.js';
import type { Deployment } from './deployment-records.js';
import { relaxedJson } from './relaxed-json.js';
import { type EvaluatedTemplate, evaluateTemplate, type TemplateGroup } from './template.js';

const { guarded } = armRoute;
const DEPLOYMENTS =
  '/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Resources/deployments';
const ONE = `${DEPLOYMENTS}/{deployment}` as const;
const REST = documented('2026-11', 'REST reference, Deployments');
const act = (action: string) => `Microsoft.Resources/deployments/${action}`;

export const DEPLOYMENT_ROUTES = [
  guarded({
    method: 'GET',
    path: DEPLOYMENTS,
    permission: { action: act('read'), at: 'resourceGroup' },
    proof: documented('2026-11', 'REST reference, Deployments, List By Resource Group'),
    answer: (call, parameters) => {
      const scope = requireResourceGroup(call, resourceGroupScope(parameters));
      return jsonResponse(200, { value: call.deployments.list(scope).map(renderDeployment) });
    },
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/validate`,
    permission: { action: act('validate/action'), at: 'deployment' },
    proof: REST,
    answer: (call, parameters) => {
      const evaluated = checkedTemplate(call, parameters);
      const id = deploymentScope(parameters);
      return jsonResponse(200, {
        id,
        name: parameters.deployment,
        type: 'Microsoft.Resources/deployments',
        properties: {
          ...describeTemplate(evaluated),
          provisioningState: 'Succeeded',
          timestamp: new Date().toISOString(),
          validatedResources: evaluated.groups.map((group) => ({ id: group.id })),
        },
      });
    },
  }),
  guarded({
    method: 'POST',
    path: `${ONE}/whatIf`,
    permission: { action: act('whatIf/action'), at: 'deployment' },
    proof: REST,
    answer: (call, parameters) => {
      const { groups } = checkedTemplate(call, parameters);
      return jsonResponse(200, {
        status: 'Succeeded',
        properties: { changes: groups.map((group) => whatChanges(call, group)) },
      });
    },
  }),
  guarded({
    method: 'PUT',
    path: ONE,
    permission: { action: act('write'), at: 'deployment' },
    proof: REST,
    answer: createDeployment,
  }),
  guarded({
    method: 'GET',
    path: ONE,
    permission: { action: act('read'), at: 'deployment' },
    proof: REST,
    answer: (call, parameters) => jsonResponse(200, renderDeployment(existing(call, parameters))),
  }),
  guarded({
    method: 'GET',
    path: `${ONE}/operationStatuses/{operation}`,
    permission: { action: act('operationstatuses/read'), at: 'deployment' },
    proof: REST,
    answer: (call, parameters) => {
      const { status, error } = existing(call, parameters);
      return jsonResponse(200, { status, ...(error === null ? {} : { error: failure(error) }) });
    },
  }),
  guarded({
    method: 'GET',
    path: `${ONE}/operations`,
    permission: { action: act('operations/read'), at: 'deployment' },
    proof: documented('2026-11', 'REST reference, Deployment Operations, List'),
    answer: (call, parameters) => {
      const { id, resources, status, timestamp } = existing(call, parameters);
      const value = resources.map((resource, index) => ({
        id: `${id}/operations/${index}`,
        operationId: String(index),
        properties: {
          provisioningOperation: 'Create',
          provisioningState: status,
          timestamp,
          targetResource: describeResource(resource),
        },
      }));
      return jsonResponse(200, { value });
    },
  }),
];

/* az writes the template into the body as it stands in its file. */
function relaxed(request: WireRequest): WireRequest {
  const text = decodeUtf8(request.body);
  return text === null ? request : { ...request, body: utf8(relaxedJson(text)) };
}

export function deploymentScope(parameters: Parameters): string {
  return `${resourceGroupScope(parameters)}/providers/Microsoft.Resources/deployments/${parameters['deployment'] ?? ''}`;
}

/* Everything that can be said without making anything; a template may hold only what its caller may write. */
function checkedTemplate(call: ArmCall, parameters: Parameters): EvaluatedTemplate {
  const id = requireResourceGroup(call, resourceGroupScope(parameters));
  const evaluated = evaluateTemplate(bodyOf(relaxed(call.request)), {
    subscription: parameters['subscription'] ?? '',
    resourceGroup: { id, name: parameters['resourceGroup'] ?? '', location: 'westeurope' },
  });
  for (const { id: group, name, body, apiVersion } of evaluated.groups) {
    authorize(call.caller, `${PROVIDER}/containerGroups/write`, group, call);
    checkPut(call, group, name, body, apiVersion);
  }
  return evaluated;
}

async function createDeployment(
  call: ArmCall,
  parameters: Parameters & { readonly deployment: string },
): Promise<WireResponse> {
  const evaluated = checkedTemplate(call, parameters);
  const deployment = await call.deployments.begin({
    id: deploymentScope(parameters),
    name: parameters.deployment,
    resources: evaluated.groups.map(({ id }) => id),
    parameters: evaluated.parameters,
    outputs: evaluated.outputs,
  });
  void run(call, deployment, evaluated.groups);
  const version = call.request.query.get('api-version') ?? '';
  const status = `${deployment.id}/operationStatuses/${deployment.operation}?api-version=${version}`;
  return jsonResponse(201, renderDeployment({ ...deployment, status: 'Running' }), {
    'azure-asyncoperation': `${call.request.origin}${status}`,
  });
}

/* In the background, group after group; the deployment says how it ended. */
async function run(call: ArmCall, deployment: Deployment, groups: readonly TemplateGroup[]): Promise<void> {
  let error: Deployment['error'] = null;
  try {
    for (const { id, name, body, apiVersion } of groups) {
      const { operation } = await putGroup(call, id, name, body, apiVersion);
      error ??= operation === null ? null : await call.groups.ended(operation);
    }
  } catch (cause) {
    error =
      cause instanceof AzureError
        ? { code: cause.code, message: cause.message }
        : { code: 'InternalServerError', message: describeCause(cause) };
  }
  await call.deployments.end(deployment, error).catch(() => undefined);
}

function whatChanges(call: ArmCall, { id, body, apiVersion }: TemplateGroup): JsonObject {
  const record = call.groups.get(id);
  const after = withoutSecureValues({
    ...body,
    id,
    type: 'Microsoft.ContainerInstance/containerGroups',
    apiVersion,
  });
  if (record === null) return { resourceId: id, changeType: 'Create', after };
  const before = renderGroup(record, null, call.directory);
  const same = canonicalJson(record.body) === canonicalJson(body);
  return { resourceId: id, changeType: same ? 'NoChange' : 'Modify', before, after, delta: [] };
}

/* What a secure parameter filled in is not shown. */
function withoutSecureValues(value: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(value, (name, member: unknown) =>
      ['secureValue', 'password', 'storageAccountKey'].includes(name) ? undefined : member,
    ),
  ) as JsonObject;
}

function renderDeployment(deployment: Deployment): JsonObject {
  const { id, name, status, error, resources, parameters, outputs, timestamp, correlationId } = deployment;
  return {
    id,
    name,
    type: 'Microsoft.Resources/deployments',
    properties: {
      ...describeTemplate({ groups: [], parameters, outputs }),
      provisioningState: status,
      timestamp,
      correlationId,
      outputResources: resources.map((resource) => ({ id: resource })),
      ...(error === null ? {} : { error: failure(error) }),
    },
  };
}

function describeTemplate({ parameters, outputs }: EvaluatedTemplate): JsonObject {
  return {
    templateHash: String(createHash('sha256').update(canonicalJson(parameters)).digest().readBigUInt64BE()),
    mode: 'Incremental',
    parameters,
    outputs,
    providers: [
      {
        namespace: PROVIDER,
        resourceTypes: [{ resourceType: 'containerGroups', locations: [...REGIONS] }],
      },
    ],
    dependencies: [],
  };
}

function describeResource(id: string): JsonObject {
  return {
    id,
    resourceType: 'Microsoft.ContainerInstance/containerGroups',
    resourceName: id.split('/').at(-1) ?? '',
  };
}

function failure(error: { readonly code: string; readonly message: string }): JsonObject {
  return {
    code: 'DeploymentFailed',
    message:
      'At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.',
    details: [{ ...error }],
  };
}

function existing({ deployments }: ArmCall, parameters: Parameters): Deployment {
  const found = deployments.get(deploymentScope(parameters));
  if (found !== null) return found;
  throw new AzureError(
    404,
    'DeploymentNotFound',
    `Deployment '${parameters['deployment'] ?? ''}' could not be found.`,
  );
}

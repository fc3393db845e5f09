// Making, changing and removing objects.

import type { Parameters } from '../../http/route.js';
import { asObject } from '../../http/messages.js';
import type { Json } from '../../../base/bytes/canonical-json.js';
import { mergePatch, strategicMergePatch } from '../objects/patches.js';
import type { ClusterObject } from '../objects/objects.js';
import type { ResourceFacts } from '../objects/resources.js';
import { admitChange, admitObject, sentForm, type WritableResource } from './admission.js';
import { type ApiCall, apiRoute, namespaceOf, sendJson } from './api-call.js';
import { ApiError } from './api-error.js';
import { proofOf } from './call-proof.js';
import { readSentBody } from './read-body.js';
import { groupResource, pathOf, requireObject, selectorOf } from './read-routes.js';
import { removeObject } from './remove-object.js';

/** The routes that change a resource whose objects clients make. */
export function writeRoutes(facts: ResourceFacts, resource: WritableResource) {
  const one = `${pathOf(facts)}/{name}` as '/{namespace}/{name}';
  const all = pathOf(facts) as '/{namespace}';
  const routes = [
    apiRoute.guarded({
      method: 'POST',
      path: all,
      permission: { verb: 'create', resource },
      proof: proofOf(resource, 'create'),
      answer: (call, parameters) => create(call, facts, resource, parameters),
    }),
    apiRoute.guarded({
      method: 'PUT',
      path: one,
      permission: { verb: 'update', resource },
      proof: proofOf(resource, 'update'),
      answer: (call, parameters) => replace(call, facts, resource, parameters),
    }),
    apiRoute.guarded({
      method: 'PATCH',
      path: one,
      permission: { verb: 'patch', resource },
      proof: proofOf(resource, 'patch'),
      answer: (call, parameters) => patch(call, facts, resource, parameters),
    }),
    apiRoute.guarded({
      method: 'DELETE',
      path: one,
      permission: { verb: 'delete', resource },
      proof: proofOf(resource, 'delete'),
      answer: (call, parameters) => remove(call, facts, parameters),
    }),
    apiRoute.guarded({
      method: 'DELETE',
      path: all,
      permission: { verb: 'deletecollection', resource },
      proof: proofOf(resource, 'deletecollection'),
      answer: (call, parameters) => removeAll(call, facts, parameters),
    }),
  ];
  return routes.filter(({ permission }) => 'verb' in permission && facts.verbs.includes(permission.verb));
}

async function create(
  call: ApiCall,
  facts: ResourceFacts,
  resource: WritableResource,
  parameters: Parameters,
): Promise<void> {
  const body = await readSentBody(call);
  if (body === null) throw new ApiError('BadRequest', 'the request has no body');
  await make(call, facts, resource, parameters, body.value);
}

async function make(
  call: ApiCall,
  facts: ResourceFacts,
  resource: WritableResource,
  parameters: Parameters,
  value: Json,
): Promise<void> {
  const { objects } = call.options;
  const namespace = namespaceOf(facts, parameters);
  const object = admitObject(resource, namespace, value);
  if (namespace !== null && objects.get('namespaces', null, namespace) === null)
    throw new ApiError('NotFound', `namespaces "${namespace}" not found`);
  if (isDryRun(call)) return sendJson(call, object, 201);
  const made = objects.create(resource, object);
  if (made === null)
    throw new ApiError('AlreadyExists', `${groupResource(facts)} "${object.metadata.name}" already exists`);
  await objects.saved();
  return sendJson(call, made, 201);
}

async function replace(
  call: ApiCall,
  facts: ResourceFacts,
  resource: WritableResource,
  parameters: Parameters,
): Promise<void> {
  const body = await readSentBody(call);
  if (body === null) throw new ApiError('BadRequest', 'the request has no body');
  await change(call, facts, resource, requireObject(call, facts, parameters), body.value);
}

const APPLY = 'application/apply-patch+yaml';

async function patch(
  call: ApiCall,
  facts: ResourceFacts,
  resource: WritableResource,
  parameters: Parameters,
): Promise<void> {
  const body = await readSentBody(call);
  if (body === null || asObject(body.value) === null)
    throw new ApiError('BadRequest', 'the patch is no object');
  const { name = '' } = parameters;
  const there = call.options.objects.get(facts.resource, namespaceOf(facts, parameters), name);
  if (body.type === APPLY) {
    if ((call.query.get('fieldManager') ?? '') === '')
      throw new ApiError('BadRequest', 'fieldManager is required for apply patch');
    if (there === null) return make(call, facts, resource, parameters, body.value);
  }
  const before = requireObject(call, facts, parameters);
  await change(call, facts, resource, before, patched(body.type, sentForm(before), body.value));
}

function patched(type: string, before: Json, value: Json): Json {
  switch (type) {
    case APPLY:
    case 'application/merge-patch+json':
      return mergePatch(before, value);
    case 'application/strategic-merge-patch+json':
      return strategicMergePatch(before, value);
    default:
      throw new ApiError('UnsupportedMediaType', `the local cluster takes no patch of type ${type}`);
  }
}

async function change(
  call: ApiCall,
  facts: ResourceFacts,
  resource: WritableResource,
  before: ClusterObject,
  value: Json,
): Promise<void> {
  const { objects } = call.options;
  const { name, namespace = null, resourceVersion } = before.metadata;
  const sentVersion = asObject(asObject(value)?.['metadata'])?.['resourceVersion'];
  if (typeof sentVersion === 'string' && sentVersion !== '' && sentVersion !== resourceVersion)
    throw new ApiError(
      'Conflict',
      `Operation cannot be fulfilled on ${groupResource(facts)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  const admitted = admitObject(resource, namespace, value);
  if (admitted.metadata.name !== name)
    throw new ApiError('BadRequest', 'the name of the object does not match the name on the URL');
  const changed = admitChange(resource, before as never, admitted as never);
  if (isDryRun(call)) return sendJson(call, changed);
  const updated = objects.update(resource, changed);
  if (updated === null) throw new ApiError('Conflict', `${groupResource(facts)} "${name}" is gone`);
  await objects.saved();
  return sendJson(call, updated);
}

async function remove(call: ApiCall, facts: ResourceFacts, parameters: Parameters): Promise<void> {
  const policy = await propagationOf(call);
  const object = requireObject(call, facts, parameters);
  if (!isDryRun(call)) removeObject(call.options.objects, facts.resource, object, policy);
  await call.options.objects.saved();
  const { name, uid } = object.metadata;
  return sendJson(call, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, kind: facts.resource, uid, ...(facts.group === '' ? {} : { group: facts.group }) },
  });
}

async function removeAll(call: ApiCall, facts: ResourceFacts, parameters: Parameters): Promise<void> {
  const { objects } = call.options;
  const policy = await propagationOf(call);
  const found = objects.list(facts.resource, null).filter(selectorOf(call, facts, parameters));
  if (!isDryRun(call)) for (const object of found) removeObject(objects, facts.resource, object, policy);
  await objects.saved();
  return sendJson(call, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
}

/* Said in the query or in DeleteOptions; a Job's own is to leave its pods (batch/v1, for clients of long ago). */
async function propagationOf(call: ApiCall): Promise<'Orphan' | 'Background'> {
  const options = asObject((await readSentBody(call))?.value);
  const said = call.query.get('propagationPolicy') ?? options?.['propagationPolicy'];
  return said === 'Background' || said === 'Foreground' ? 'Background' : 'Orphan';
}

function isDryRun({ query }: ApiCall): boolean {
  return query.getAll('dryRun').includes('All');
}

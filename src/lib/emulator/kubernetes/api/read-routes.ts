// Reading objects: one, all of a namespace, all of the cluster, as they change, as a table; and the log of a pod.

import type { Parameters } from '../../http/route.js';
import { writeWireResponse } from '../../http/serve.js';
import { tailLog } from '../../resource-manager/logs.js';
import { fieldSelector, labelSelector, type Selector } from '../objects/selectors.js';
import type { ClusterObject } from '../objects/objects.js';
import { apiVersionOf, type ResourceFacts } from '../objects/resources.js';
import { type ApiCall, apiRoute, namespaceOf, sendJson } from './api-call.js';
import { ApiError, notFound } from './api-error.js';
import { proofOf, USED } from './call-proof.js';
import { tableOf } from './tables.js';
import { answerWatch } from './watch.js';

/** Where the resource's objects are, as a path; null where it is asked for over all namespaces. */
export function pathOf({ group, namespaced, resource }: ResourceFacts, everywhere = false): string {
  const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  return `${root}${namespaced && !everywhere ? '/namespaces/{namespace}' : ''}/${resource}`;
}

/** The routes that read a resource. */
export function readRoutes(facts: ResourceFacts) {
  const { resource } = facts;
  const list = (path: string) =>
    apiRoute.guarded({
      method: 'GET',
      path: path as '/{namespace}',
      permission: { verb: 'list', resource },
      proof: proofOf(resource, 'list'),
      answer: (call, parameters) => answerList(call, facts, parameters),
    });
  return [
    list(pathOf(facts)),
    ...(facts.namespaced ? [list(pathOf(facts, true))] : []),
    apiRoute.guarded({
      method: 'GET',
      path: `${pathOf(facts)}/{name}` as '/{namespace}/{name}',
      permission: { verb: 'get', resource },
      proof: proofOf(resource, 'get'),
      answer: (call, parameters) => {
        const object = requireObject(call, facts, parameters);
        return sendJson(call, wantsTable(call) ? tableOfAll(call, facts, [object]) : object);
      },
    }),
  ];
}

export const LOG_ROUTE = apiRoute.guarded({
  method: 'GET',
  path: '/api/v1/namespaces/{namespace}/pods/{name}/log',
  permission: { verb: 'get', resource: 'pods', subresource: 'log' },
  proof: USED,
  answer: answerLog,
});

/** @throws ApiError NotFound */
export function requireObject(
  { options }: ApiCall,
  facts: ResourceFacts,
  parameters: Parameters,
): ClusterObject {
  const name = parameters['name'] ?? '';
  const found = options.objects.get(facts.resource, namespaceOf(facts, parameters), name);
  if (found === null) throw notFound(groupResource(facts), name);
  return found;
}

export function groupResource({ resource, group }: ResourceFacts): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Whether an object is one of those that the query asks for. @throws ApiError BadRequest */
export function selectorOf(
  { query }: ApiCall,
  facts: ResourceFacts,
  parameters: Parameters,
): (object: ClusterObject) => boolean {
  const namespace = namespaceOf(facts, parameters);
  const selectors = [
    selector(query.get('labelSelector'), labelSelector),
    selector(query.get('fieldSelector'), fieldSelector),
  ];
  return (object) =>
    (namespace === null || object.metadata.namespace === namespace) &&
    selectors.every((selects) => selects(object));
}

function selector(text: string | null, parse: (text: string) => Selector | null): Selector {
  const parsed = parse(text ?? '');
  if (parsed === null) throw new ApiError('BadRequest', `unable to parse requirement: ${text ?? ''}`);
  return parsed;
}

function answerList(call: ApiCall, facts: ResourceFacts, parameters: Parameters): Promise<void> {
  const { query, options } = call;
  const selects = selectorOf(call, facts, parameters);
  const table = wantsTable(call);
  if (query.get('watch') === 'true' || query.get('watch') === '1')
    return answerWatch(call, {
      resource: facts.resource,
      selects,
      render: (object) => (table ? tableOfAll(call, facts, [object]) : object),
      bookmark: table
        ? { kind: 'Table', apiVersion: 'meta.k8s.io/v1' }
        : { kind: facts.kind, apiVersion: apiVersionOf(facts) },
    });
  const items = options.objects.list(facts.resource, null).filter(selects);
  if (table) return sendJson(call, tableOfAll(call, facts, items));
  return sendJson(call, {
    kind: `${facts.kind}List`,
    apiVersion: apiVersionOf(facts),
    metadata: { resourceVersion: String(options.objects.version()) },
    items,
  });
}

function tableOfAll(
  { options }: ApiCall,
  { resource }: ResourceFacts,
  items: readonly ClusterObject[],
): unknown {
  const metadata = { resourceVersion: String(options.objects.version()) };
  return tableOf(resource, items, metadata, options.now());
}

function wantsTable({ request }: ApiCall): boolean {
  return /as=Table;/.test(request.headers.accept ?? '') && /v=v1;/.test(request.headers.accept ?? '');
}

const FOLLOW_MS = 200;

async function answerLog(call: ApiCall, parameters: Parameters): Promise<void> {
  const { options, query, response } = call;
  const pod = options.objects.get('pods', parameters['namespace'] ?? '', parameters['name'] ?? '');
  if (pod === null) throw notFound('pods', parameters['name'] ?? '');
  const containers = [...pod.spec.containers, ...pod.spec.initContainers].map(({ name }) => name);
  const container = query.get('container') ?? '';
  const [only] = containers;
  if (container === '' && (only === undefined || containers.length > 1))
    throw new ApiError(
      'BadRequest',
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.join(' ')}]`,
    );
  const chosen = container === '' ? (only ?? '') : container;
  if (!containers.includes(chosen))
    throw new ApiError('BadRequest', `container ${chosen} is not valid for pod ${pod.metadata.name}`);
  const read = async (): Promise<string> => (await options.logs.read(pod.metadata.uid, chosen)) ?? '';
  const shown = new URLSearchParams(query);
  shown.set('tail', query.get('tailLines') ?? '');
  if (query.get('tailLines') === null) shown.delete('tail');
  const text = tailLog(await read(), shown);
  if (query.get('follow') !== 'true') {
    writeWireResponse(response, { status: 200, headers: { 'content-type': 'text/plain' }, body: text });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(text);
  await follow(call, pod.metadata.uid, chosen, {
    read,
    seen: tailLog(await read(), new URLSearchParams({ timestamps: query.get('timestamps') ?? '' })),
  });
  response.end();
}

/* Until the container has ended, the pod is gone, or the client. */
async function follow(
  { options, response, query }: ApiCall,
  uid: string,
  container: string,
  log: { readonly read: () => Promise<string>; readonly seen: string },
): Promise<void> {
  const times = new URLSearchParams({ timestamps: query.get('timestamps') ?? '' });
  let { seen } = log;
  for (;;) {
    const pod = options.objects.list('pods', null).find(({ metadata }) => metadata.uid === uid);
    const all = tailLog(await log.read(), times);
    response.write(all.slice(seen.length));
    seen = all;
    const statuses = [...(pod?.status.containerStatuses ?? []), ...(pod?.status.initContainerStatuses ?? [])];
    const ended = statuses.some(({ name, state }) => name === container && 'terminated' in state);
    if (pod === undefined || ended || options.signal.aborted || response.destroyed) return;
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
}

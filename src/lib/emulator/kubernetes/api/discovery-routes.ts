// What clients ask before they ask for objects: versions, groups, resources, and which parameters a PATCH takes.

import { usedBy } from '../../http/proof.js';
import { RESOURCES, type ResourceFacts } from '../objects/resources.js';
import { apiRoute, sendJson } from './api-call.js';

const { guarded, open } = apiRoute;
const ASKED = usedBy('2026-11-30', 'kubectl 1.35, @kubernetes/client-node 1.4');
const SAME_FOR_ALL = 'tells every login what the server has (Kubernetes: system:discovery)';

export const KUBERNETES_VERSION = { major: '1', minor: '34', gitVersion: 'v1.34.0-cleanroom.local' } as const;

export const DISCOVERY_ROUTES = [
  open({
    method: 'GET',
    path: '/version',
    openBecause: 'public in Kubernetes too (system:public-info-viewer)',
    proof: ASKED,
    answer: (call) => sendJson(call, { ...KUBERNETES_VERSION, platform: 'linux/amd64' }),
  }),
  asked('/api', () => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] })),
  asked('/apis', () => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: [BATCH] })),
  asked('/api/v1', () => resourceList('')),
  asked('/apis/batch', () => ({ kind: 'APIGroup', apiVersion: 'v1', ...BATCH })),
  asked('/apis/batch/v1', () => resourceList('batch')),
  asked('/openapi/v3', () => ({
    paths: {
      'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=1' },
      'apis/batch/v1': { serverRelativeURL: '/openapi/v3/apis/batch/v1?hash=1' },
    },
  })),
  asked('/openapi/v3/api/v1', () => parametersOf('')),
  asked('/openapi/v3/apis/batch/v1', () => parametersOf('batch')),
];

/* Asked by whoever is logged in. */
function asked(path: string, answer: () => unknown) {
  return guarded({
    method: 'GET',
    path,
    permission: { loginOnly: SAME_FOR_ALL },
    proof: ASKED,
    answer: (call) => sendJson(call, answer()),
  });
}

const BATCH = {
  name: 'batch',
  versions: [{ groupVersion: 'batch/v1', version: 'v1' }],
  preferredVersion: { groupVersion: 'batch/v1', version: 'v1' },
} as const;

function resourceList(group: ResourceFacts['group']): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? 'v1' : 'batch/v1',
    resources: RESOURCES.filter((facts) => facts.group === group).flatMap(
      ({ resource, kind, singular, shortNames, namespaced, verbs }) => [
        { name: resource, singularName: singular, namespaced, kind, verbs, shortNames },
        ...(resource === 'pods'
          ? [{ name: 'pods/log', singularName: '', namespaced, kind: 'Pod', verbs: ['get'] }]
          : []),
      ],
    ),
  };
}

/* That the server checks the fields of what it is sent, so that clients need no schemas (OpenAPI v3, as far as kubectl reads it). */
function parametersOf(group: ResourceFacts['group']): unknown {
  const entries = RESOURCES.filter((facts) => facts.group === group).map(({ resource, kind, namespaced }) => {
    const base = `${group === '' ? '/api/v1' : '/apis/batch/v1'}${namespaced ? '/namespaces/{namespace}' : ''}`;
    const operation = {
      operationId: `patch${kind}`,
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group, version: 'v1', kind },
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
        name,
        in: 'query',
        schema: { type: 'string', uniqueItems: true },
      })),
      responses: { '200': { description: 'OK' } },
    };
    return [`${base}/${resource}/{name}`, { patch: operation }];
  });
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION.gitVersion },
    paths: Object.fromEntries(entries) as unknown,
  };
}

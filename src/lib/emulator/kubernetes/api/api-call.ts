// What a route of the Kubernetes API is answered from, and the permission that it states.

import type { IncomingMessage, ServerResponse } from 'node:http';

import { type Parameters, routeWriter } from '../../http/route.js';
import { writeWireResponse } from '../../http/serve.js';
import type { ObjectStore } from '../objects/object-store.js';
import type { ResourceFacts } from '../objects/resources.js';
import type { ClusterUser } from './access.js';
import type { ApiPermission } from './permission.js';

/** What the node keeps of a pod's containers. */
export interface PodLogs {
  /** Each line with its time before it; null for a pod that has no such container. */
  read(podUid: string, container: string): Promise<string | null>;
}

export interface ApiOptions {
  readonly objects: ObjectStore;
  readonly logs: PodLogs;
  readonly authenticate: (token: string) => ClusterUser | null;
  readonly now: () => Date;
  /** Aborted when the emulator ends: watches end with it. */
  readonly signal: AbortSignal;
}

export interface OpenApiCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly options: ApiOptions;
}

export interface ApiCall extends OpenApiCall {
  readonly user: ClusterUser;
}

export const apiRoute = routeWriter<ApiCall, OpenApiCall, ApiPermission, Promise<void>>();

export function namespaceOf({ namespaced }: ResourceFacts, parameters: Parameters): string | null {
  return namespaced ? (parameters['namespace'] ?? null) : null;
}

export function sendJson({ response }: OpenApiCall, value: unknown, status = 200): Promise<void> {
  writeWireResponse(response, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
    body: JSON.stringify(value),
  });
  return Promise.resolve();
}

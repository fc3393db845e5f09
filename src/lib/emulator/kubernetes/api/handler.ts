// The API server of the local cluster on the wire: who calls, what they may, and a refusal in Kubernetes' words.

import { isGuarded, type Parameters } from '../../http/route.js';
import { createRouter } from '../../http/router.js';
import { type StreamHandler, writeWireResponse } from '../../http/serve.js';
import { RESOURCES } from '../objects/resources.js';
import { requirePermission } from './access.js';
import { isWritable } from './admission.js';
import type { ApiCall, ApiOptions, OpenApiCall } from './api-call.js';
import { ApiError } from './api-error.js';
import { DISCOVERY_ROUTES } from './discovery-routes.js';
import { LOG_ROUTE, readRoutes } from './read-routes.js';
import { writeRoutes } from './write-routes.js';

/** Every operation of the local cluster. */
export const KUBERNETES_ROUTES = [
  ...DISCOVERY_ROUTES,
  LOG_ROUTE,
  ...RESOURCES.flatMap((facts) => [
    ...readRoutes(facts),
    ...(isWritable(facts.resource) ? writeRoutes(facts, facts.resource) : []),
  ]),
];

/** Serves `/api`, `/apis`, `/openapi/v3` and `/version`. */
export function createKubernetesHandler(options: ApiOptions): StreamHandler {
  const find = createRouter(KUBERNETES_ROUTES);
  return async (request, response) => {
    try {
      const url = new URL(request.url ?? '/', 'https://kubernetes');
      const open: OpenApiCall = { request, response, query: url.searchParams, options };
      const found = find({
        method: request.method ?? 'GET',
        path: decoded(url.pathname),
        query: url.searchParams,
      });
      if (found.kind === 'route' && !isGuarded(found.route)) {
        await found.route.answer(open, found.parameters);
        return;
      }
      const call: ApiCall = { ...open, user: authenticate(open) };
      if (found.kind === 'other-method')
        throw new ApiError(
          'MethodNotAllowed',
          'the server does not allow this method on the requested resource',
        );
      if (found.kind === 'nothing')
        throw new ApiError('NotFound', 'the server could not find the requested resource');
      const { route, parameters } = found;
      if (isGuarded(route)) await answerGuarded(call, route, parameters);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      request.resume();
      writeWireResponse(response, {
        status: failure.status,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(failure.toStatus()),
      });
    }
  };
}

type Guarded = Extract<(typeof KUBERNETES_ROUTES)[number], { readonly permission: unknown }>;

async function answerGuarded(call: ApiCall, route: Guarded, parameters: Parameters): Promise<void> {
  requirePermission(call.user, route.permission, parameters['namespace']);
  await route.answer(call, parameters);
}

function authenticate({ request, options }: OpenApiCall): ApiCall['user'] {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const user = token === undefined ? null : options.authenticate(token);
  if (user === null) throw new ApiError('Unauthorized', 'Unauthorized');
  return user;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new ApiError('NotFound', 'the server could not find the requested resource');
  }
}

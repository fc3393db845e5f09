// A service as its routes: finds the route, admits the caller, asks for the route's permission, and only then answers.

import { isGuarded, type OpenRoute, type Parameters, type Route } from './route.js';
import { createRouter } from './router.js';
import type { WireHandler, WireRequest, WireResponse } from './wire.js';

/** An answer that fits into memory. */
export type WireAnswer = WireResponse | Promise<WireResponse>;

export interface GuardedService<Call, OpenCall, Permission> {
  readonly routes: readonly Route<Call, OpenCall, Permission, WireAnswer>[];
  /** What an open route is answered from. */
  readonly open: (request: WireRequest) => OpenCall;
  /** Proves who calls; throws the service's refusal. */
  readonly admit: (request: WireRequest) => Call | Promise<Call>;
  /** Throws the service's refusal unless the caller holds the permission. */
  readonly authorize: (call: Call, permission: Permission, parameters: Parameters) => void | Promise<void>;
  /** For a caller who was admitted and asked for what there is not. */
  readonly noRoute: (request: WireRequest, kind: 'other-method' | 'nothing') => WireResponse;
  /** A refusal as an answer; null for what is no refusal. */
  readonly refuse: (cause: unknown) => WireResponse | null;
}

/** The handler of a service. Nothing but open routes is answered to a caller who is not admitted. */
export function createGuardedHandler<Call, OpenCall, Permission>(
  service: GuardedService<Call, OpenCall, Permission>,
): WireHandler {
  const find = createRouter(service.routes);
  return async (request) => {
    try {
      const found = find(request);
      if (found.kind === 'route' && !isGuarded(found.route))
        return await found.route.answer(service.open(request), found.parameters);
      const call = await service.admit(request);
      if (found.kind !== 'route') return service.noRoute(request, found.kind);
      const { route, parameters } = found;
      if (!isGuarded(route)) return await route.answer(service.open(request), parameters);
      await service.authorize(call, route.permission, parameters);
      return await route.answer(call, parameters);
    } catch (cause) {
      const refused = service.refuse(cause);
      if (refused === null) throw cause;
      return refused;
    }
  };
}

export interface OpenService<OpenCall> {
  readonly routes: readonly OpenRoute<OpenCall, WireAnswer>[];
  readonly open: (request: WireRequest) => OpenCall;
  readonly noRoute: (request: WireRequest, kind: 'other-method' | 'nothing') => WireResponse;
  readonly refuse: (cause: unknown, request: WireRequest) => WireResponse | null;
}

/** The handler of a service that has open routes only. */
export function createOpenHandler<OpenCall>(service: OpenService<OpenCall>): WireHandler {
  const find = createRouter(service.routes);
  return async (request) => {
    const found = find(request);
    if (found.kind !== 'route') return service.noRoute(request, found.kind);
    try {
      return await found.route.answer(service.open(request), found.parameters);
    } catch (cause) {
      const refused = service.refuse(cause, request);
      if (refused === null) throw cause;
      return refused;
    }
  };
}

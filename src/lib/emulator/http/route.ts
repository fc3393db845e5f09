// A route of an emulated service, as data: method, path, the permission that it needs, and how its parity is proven.

import type { Proof } from './proof.js';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Names between braces in a path: `{name}` is one segment, `{name+}` one or more, `{name*}` any number. */
export type PathParameters<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in BareName<Name>]: string } & PathParameters<Rest>
  : unknown;

type BareName<Name extends string> = Name extends `${infer Bare}+` | `${infer Bare}*` ? Bare : Name;

/** Parameter names to values, decoded. */
export type Parameters = Readonly<Record<string, string>>;

interface RouteBase {
  readonly method: Method;
  readonly path: string;
  /** Query parameters that must be there with this value, as in `comp=block`. */
  readonly query: Readonly<Record<string, string>>;
  readonly proof: Proof;
}

/** A route that a caller needs a permission for; it is asked for before `answer` runs. */
export interface GuardedRoute<Call, Permission, Answer> extends RouteBase {
  readonly permission: Permission;
  readonly answer: (call: Call, parameters: Parameters) => Answer;
}

/** A route that anybody may ask, and why. */
export interface OpenRoute<OpenCall, Answer> extends RouteBase {
  readonly openBecause: string;
  readonly answer: (call: OpenCall, parameters: Parameters) => Answer;
}

export type Route<Call, OpenCall, Permission, Answer> =
  GuardedRoute<Call, Permission, Answer> | OpenRoute<OpenCall, Answer>;

interface Place<Path extends string> {
  readonly method: Method;
  readonly path: Path;
  readonly query?: Readonly<Record<string, string>>;
  readonly proof: Proof;
}

/** The two ways of writing a route of a service. Neither compiles without a permission, or the reason for none. */
export interface RouteWriter<Call, OpenCall, Permission, Answer> {
  readonly guarded: <const Path extends string>(
    route: Place<Path> & {
      readonly permission: Permission;
      readonly answer: (call: Call, parameters: PathParameters<Path>) => Answer;
    },
  ) => GuardedRoute<Call, Permission, Answer>;
  readonly open: <const Path extends string>(
    route: Place<Path> & {
      readonly openBecause: string;
      readonly answer: (call: OpenCall, parameters: PathParameters<Path>) => Answer;
    },
  ) => OpenRoute<OpenCall, Answer>;
}

/** The writer of a service whose guarded routes are answered from `Call` and need a `Permission`. */
export function routeWriter<Call, OpenCall, Permission, Answer>(): RouteWriter<
  Call,
  OpenCall,
  Permission,
  Answer
> {
  return {
    guarded: ({ query = {}, answer, ...route }) => ({ ...route, query, answer: answer as never }),
    open: ({ query = {}, answer, ...route }) => ({ ...route, query, answer: answer as never }),
  };
}

/** Whether a permission has to be held. */
export function isGuarded<Call, OpenCall, Permission, Answer>(
  route: Route<Call, OpenCall, Permission, Answer>,
): route is GuardedRoute<Call, Permission, Answer> {
  return 'permission' in route;
}

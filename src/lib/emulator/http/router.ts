// Finds the route of a request. The first that fits counts, so special paths stand before general ones.

import type { Method, Parameters } from './route.js';

/** What a router needs to know of a route. */
export interface Routed {
  readonly method: Method;
  readonly path: string;
  /** Parameters that must have this value; null: that must be absent. */
  readonly query: Readonly<Record<string, string | null>>;
}

export type Found<R> =
  | { readonly kind: 'route'; readonly route: R; readonly parameters: Parameters }
  /** The path exists; not with this method. */
  | { readonly kind: 'other-method' }
  | { readonly kind: 'nothing' };

export interface Asked {
  readonly method: string;
  /** Decoded once; slashes that are doubled or at the end make no difference. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Finds routes of `routes`; literal parts of paths are compared in any case, as Azure's services do. */
export function createRouter<R extends Routed>(routes: readonly R[]): (asked: Asked) => Found<R> {
  const compiled = routes.map((route) => ({ route, pattern: compilePath(route.path) }));
  return ({ method, path, query }) => {
    const bare = `/${path.split('/').filter(Boolean).join('/')}`;
    let known = false;
    for (const { route, pattern } of compiled) {
      const groups = pattern.exec(bare);
      if (groups === null || !Object.entries(route.query).every(([name, value]) => query.get(name) === value))
        continue;
      if (route.method === method) return { kind: 'route', route, parameters: parametersOf(groups) };
      known = true;
    }
    return { kind: known ? 'other-method' : 'nothing' };
  };
}

function parametersOf({ groups = {} }: RegExpExecArray): Parameters {
  // A group that took no part is undefined, whatever its type says.
  const found = groups as Readonly<Record<string, string | undefined>>;
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value ?? '']));
}

function compilePath(path: string): RegExp {
  const source = path
    .split('/')
    .slice(1)
    .map((segment) => {
      const name = /^\{(\w+)([+*]?)\}$/.exec(segment);
      if (name === null) return `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
      const [, parameter = '', repeat = ''] = name;
      if (repeat === '*') return `(?:/(?<${parameter}>.+))?`;
      return `/(?<${parameter}>${repeat === '+' ? '.+' : '[^/]+'})`;
    })
    .join('');
  return new RegExp(`^${source === '' ? '/' : source}$`, 'i');
}

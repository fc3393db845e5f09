// What a storage request is aimed at and what it does, read from method, path and query alone.

import type { StorageAction } from './constants.js';

export interface StorageTarget {
  readonly account: string;
  /** Container; null for the service itself. */
  readonly container: string | null;
  /** Blob name, decoded; null for the container itself. */
  readonly blob: string | null;
}

/** Reads a path-style path (percent-encoded); null where there is no account in it. */
export function parseTarget(path: string): StorageTarget | null {
  const [account, container, ...rest] = path.split('/').slice(1).map(decodeOnce);
  if (account === undefined || account === '') return null;
  return {
    account,
    container: container === undefined || container === '' ? null : container,
    blob: rest.length === 0 || rest.join('/') === '' ? null : rest.join('/'),
  };
}

function decodeOnce(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The action that a blob request needs. */
export function blobAction(method: string, target: StorageTarget, query: URLSearchParams): StorageAction {
  const component = query.get('comp');
  const reading = method === 'GET' || method === 'HEAD';
  if (component === 'acl' || component === 'tier' || component === 'immutabilityPolicies')
    return 'blob-permissions';
  if (target.container === null) {
    if (component === 'userdelegationkey') return 'delegation-key';
    return reading ? 'container-read' : 'container-write';
  }
  if (target.blob === null) {
    if (reading) return component === 'list' ? 'blob-read' : 'container-read';
    return method === 'DELETE' ? 'container-delete' : 'container-write';
  }
  if (reading) return 'blob-read';
  return method === 'DELETE' ? 'blob-delete' : 'blob-write';
}

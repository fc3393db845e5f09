// Who may call the local cluster: a user a party, known by a token. The cluster is the host's; the others have no right in it.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import * as v from 'valibot';

import { loadDocumentAs } from '../../state/stored-document.js';
import type { StateStore } from '../../state/state-store.js';
import { ApiError } from './api-error.js';
import { type ApiPermission, permissionText } from './permission.js';

export interface ClusterUser {
  readonly name: string;
  /** Bound to Kubernetes' role `cluster-admin`. */
  readonly admin: boolean;
}

export interface ClusterAccess {
  readonly tokens: ReadonlyMap<string, string>;
  authenticate(token: string): ClusterUser | null;
}

const DOCUMENT = 'kubernetes-tokens';
const Tokens = v.record(v.string(), v.string());

/** A token a name, made once; the first name is that of the cluster's owner. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openClusterAccess(store: StateStore, names: readonly string[]): Promise<ClusterAccess> {
  const kept = (await loadDocumentAs(store, DOCUMENT, Tokens)) ?? {};
  const tokens = new Map(
    names.map((name) => [name, kept[name] ?? randomBytes(32).toString('base64url')] as const),
  );
  await store.save(DOCUMENT, Object.fromEntries(tokens));
  return {
    tokens,
    authenticate: (token) => {
      for (const [name, known] of tokens)
        if (timingSafeEqual(digest(known), digest(token))) return { name, admin: name === names[0] };
      return null;
    },
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** @throws ApiError Forbidden, in the API server's words */
export function requirePermission(
  { name, admin }: ClusterUser,
  permission: ApiPermission,
  namespace: string | undefined,
): void {
  if ('loginOnly' in permission || admin) return;
  const [verb, resource] = permissionText(permission).split(' ');
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw new ApiError(
    'Forbidden',
    `${resource ?? ''} is forbidden: User "${name}" cannot ${verb ?? ''} resource "${resource ?? ''}" ${scope}`,
  );
}

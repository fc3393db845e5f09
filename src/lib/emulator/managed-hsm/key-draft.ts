// A key version as a request asks for it, before it has material.

import { randomBytes } from 'node:crypto';

import type { JsonObject } from '../http/messages.js';
import type { HostKind } from './constants.js';
import type { KeyVersion } from './key-records.js';
import { readAttributes, readPolicy, readTags } from './key-requests.js';

export type KeyDraft = Omit<KeyVersion, 'publicMembers' | 'sealed'>;

export interface DraftedType extends Pick<KeyDraft, 'kty' | 'keyOps'> {
  /** Epoch seconds. */
  readonly now: number;
}

/** A draft of a new version. @throws AzureError for attributes, tags or a release policy that the host does not take */
export function draftKey(kind: HostKind, name: string, type: DraftedType, request: JsonObject): KeyDraft {
  const { kty, keyOps, now } = type;
  const attributes = readAttributes(kind, request);
  return {
    name,
    version: randomBytes(16).toString('hex'),
    kty,
    keyOps: [...keyOps],
    enabled: attributes.enabled ?? true,
    notBefore: attributes.notBefore ?? null,
    expires: attributes.expires ?? null,
    exportable: attributes.exportable ?? false,
    created: now,
    updated: now,
    tags: readTags(kind, request) ?? {},
    releasePolicy: readPolicy(kind, request),
    imported: false,
  };
}

// Keys as the host keeps them: names, versions, deleted names; and how they appear in answers.

import * as v from 'valibot';

import type { Json } from '../../base/bytes/canonical-json.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import type { HostKind } from './constants.js';

const StoredPolicy = v.strictObject({
  contentType: v.string(),
  /** Decoded JSON text. */
  text: v.string(),
  immutable: v.boolean(),
});

const KeyVersion = v.strictObject({
  name: v.string(),
  version: v.string(),
  kty: v.string(),
  keyOps: v.array(v.string()),
  publicMembers: v.record(v.string(), v.string()),
  enabled: v.boolean(),
  notBefore: v.nullable(v.number()),
  expires: v.nullable(v.number()),
  exportable: v.boolean(),
  created: v.number(),
  updated: v.number(),
  tags: v.record(v.string(), v.string()),
  releasePolicy: v.nullable(StoredPolicy),
  /** Whether its material came from outside. */
  imported: v.optional(v.boolean(), false),
  /** Ciphertext of the material; see at-rest.ts. */
  sealed: v.string(),
});

const DeletedKey = v.strictObject({
  versions: v.array(KeyVersion),
  deletedOn: v.number(),
  purgeOn: v.number(),
});

const RotationPolicy = v.strictObject({
  actions: v.array(
    v.strictObject({
      type: v.picklist(['Rotate', 'Notify']),
      trigger: v.strictObject({
        timeAfterCreate: v.optional(v.string()),
        timeBeforeExpiry: v.optional(v.string()),
      }),
    }),
  ),
  expiryTime: v.nullable(v.string()),
  created: v.number(),
  updated: v.number(),
});

/* Lists, not objects: a key may be named `constructor`. */
const State = v.strictObject({
  keys: v.array(v.strictObject({ name: v.string(), versions: v.array(KeyVersion) })),
  deleted: v.array(v.strictObject({ name: v.string(), ...DeletedKey.entries })),
  rotation: v.optional(v.array(v.strictObject({ name: v.string(), policy: RotationPolicy })), []),
});

export type StoredPolicy = v.InferOutput<typeof StoredPolicy>;
export type KeyVersion = v.InferOutput<typeof KeyVersion>;
export type DeletedKey = v.InferOutput<typeof DeletedKey>;
export type StoredRotationPolicy = v.InferOutput<typeof RotationPolicy>;

export interface KeyRecords {
  /** Name to versions, oldest first; never an empty list. */
  readonly keys: Map<string, KeyVersion[]>;
  readonly deleted: Map<string, DeletedKey>;
  readonly rotation: Map<string, StoredRotationPolicy>;
}

/** The records of host `id`. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function loadKeyRecords(store: StateStore, id: string): Promise<KeyRecords> {
  const state = await loadDocumentAs(store, `keys-${id}`, State);
  return {
    keys: new Map(state?.keys.map(({ name, versions }) => [name, versions])),
    deleted: new Map(state?.deleted.map(({ name, ...deleted }) => [name, deleted])),
    rotation: new Map(state?.rotation.map(({ name, policy }) => [name, policy])),
  };
}

export function saveKeyRecords(store: StateStore, id: string, records: KeyRecords): Promise<void> {
  return store.save(`keys-${id}`, {
    keys: [...records.keys].map(([name, versions]) => ({ name, versions })),
    deleted: [...records.deleted].map(([name, deleted]) => ({ name, ...deleted })),
    rotation: [...records.rotation].map(([name, policy]) => ({ name, policy })),
  });
}

/** Where a host is: what key ids begin with. */
export interface HostAddress {
  readonly kind: HostKind;
  /** `https://host[:port]`, no trailing slash. */
  readonly url: string;
}

export function keyId({ url }: HostAddress, name: string, version?: string): string {
  return version === undefined ? `${url}/keys/${name}` : `${url}/keys/${name}/${version}`;
}

/** The key bundle of REST: never any private member. */
export function renderBundle(host: HostAddress, key: KeyVersion): Record<string, Json> {
  return {
    key: {
      kid: keyId(host, key.name, key.version),
      kty: key.kty,
      key_ops: key.keyOps,
      ...renderPublicMembers(host.kind, key),
    },
    attributes: renderAttributes(host.kind, key),
    ...renderTags(key),
    ...(key.releasePolicy === null ? {} : { release_policy: renderPolicy(host.kind, key.releasePolicy) }),
  };
}

/** An entry of a list: no public key, no policy. */
export function renderItem(
  host: HostAddress,
  key: KeyVersion,
  withVersion: 'with-version' | 'name-only',
): Json {
  return {
    kid: keyId(host, key.name, withVersion === 'with-version' ? key.version : undefined),
    attributes: renderAttributes(host.kind, key),
    ...renderTags(key),
  };
}

/** The members that a deleted key's bundle or item has besides. */
export function renderDeletion(
  { url }: HostAddress,
  name: string,
  deleted: DeletedKey,
): Record<string, Json> {
  return {
    recoveryId: `${url}/deletedkeys/${name}`,
    deletedDate: deleted.deletedOn,
    scheduledPurgeDate: deleted.purgeOn,
  };
}

/** Tags, where there are any. */
export function renderTags({ tags }: KeyVersion): Record<string, Json> {
  return Object.keys(tags).length === 0 ? {} : { tags };
}

/* 65537 in four bytes: so a vault writes the exponent of its HSM keys (recorded 2022-05). */
const PADDED_EXPONENT: Readonly<Record<string, string>> = { AQAB: 'AAEAAQ' };

/** The public half as the host writes it. */
export function renderPublicMembers(
  { padsHsmExponent }: HostKind,
  { kty, publicMembers }: KeyVersion,
): Record<string, string> {
  const { e } = publicMembers;
  if (e === undefined || !padsHsmExponent || kty !== 'RSA-HSM') return publicMembers;
  return { ...publicMembers, e: PADDED_EXPONENT[e] ?? e };
}

/** The bundle with the HSM's word about the key among its attributes. */
export function renderAttestedBundle(
  host: HostAddress,
  key: KeyVersion,
  attestation: Record<string, Json>,
): Record<string, Json> {
  return { ...renderBundle(host, key), attributes: { ...renderAttributes(host.kind, key), attestation } };
}

export function renderAttributes(kind: HostKind, key: KeyVersion): Record<string, Json> {
  return {
    enabled: key.enabled,
    ...(key.notBefore === null ? {} : { nbf: key.notBefore }),
    ...(key.expires === null ? {} : { exp: key.expires }),
    created: key.created,
    updated: key.updated,
    exportable: key.exportable,
    recoverableDays: kind.recoverableDays,
    recoveryLevel: kind.recoveryLevel,
  };
}

export function renderPolicy(kind: HostKind, policy: StoredPolicy): Record<string, Json> {
  return {
    contentType: policy.contentType,
    data: Buffer.from(policy.text, 'utf8').toString('base64url'),
    ...(policy.immutable || kind.showsMutable ? { immutable: policy.immutable } : {}),
  };
}

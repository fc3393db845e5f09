// Metadata of every object of Kubernetes (apimachinery, meta/v1, ObjectMeta), as clients send it and as the local cluster keeps it.

import * as v from 'valibot';

const Texts = v.record(v.string(), v.string());

/** What a client may say; what the server owns is taken from it and not believed. */
export const SentMetadata = v.strictObject({
  name: v.optional(v.string()),
  generateName: v.optional(v.string()),
  namespace: v.optional(v.string()),
  labels: v.optional(v.nullable(Texts)),
  annotations: v.optional(v.nullable(Texts)),
  ownerReferences: v.optional(v.unknown()),
  finalizers: v.optional(v.unknown()),
  managedFields: v.optional(v.unknown()),
  uid: v.optional(v.unknown()),
  resourceVersion: v.optional(v.unknown()),
  generation: v.optional(v.unknown()),
  creationTimestamp: v.optional(v.unknown()),
  deletionTimestamp: v.optional(v.unknown()),
  deletionGracePeriodSeconds: v.optional(v.unknown()),
  selfLink: v.optional(v.unknown()),
});

/** The object that another one belongs to, and goes with. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
  readonly blockOwnerDeletion: boolean;
}

export interface Metadata {
  readonly name: string;
  /** Absent of what belongs to the cluster as a whole. */
  readonly namespace?: string;
  readonly uid: string;
  /** Of the change that made it what it is: grows over all objects of the cluster. */
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Name of an object (RFC 1123 subdomain). */
export const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

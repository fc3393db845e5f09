// From what a client sends to an object of the cluster: its form, its name, and what may not change any more.

import * as v from 'valibot';

import { toBase64 } from '../../../base/bytes/base64.js';
import { utf8 } from '../../../base/bytes/arrays.js';
import { fromBase64 } from '../../../base/bytes/base64.js';
import { canonicalJson, type Json } from '../../../base/bytes/canonical-json.js';
import { JobSpecSchema } from '../objects/job-schema.js';
import { OBJECT_NAME, SentMetadata } from '../objects/metadata.js';
import type { NewMetadata, NewObject } from '../objects/object-store.js';
import type { ClusterObject, ObjectsByResource, Resource } from '../objects/objects.js';
import { PodSpecSchema } from '../objects/pod-schema.js';
import { apiVersionOf, factsOf } from '../objects/resources.js';
import { ApiError } from './api-error.js';

const head = {
  apiVersion: v.optional(v.string()),
  kind: v.optional(v.string()),
  metadata: SentMetadata,
  status: v.optional(v.unknown()),
};
const Texts = v.optional(v.nullable(v.record(v.string(), v.string())));

const SCHEMAS = {
  jobs: v.strictObject({ ...head, spec: JobSpecSchema }),
  pods: v.strictObject({ ...head, spec: PodSpecSchema }),
  secrets: v.strictObject({
    ...head,
    type: v.optional(v.string(), 'Opaque'),
    immutable: v.optional(v.boolean()),
    data: Texts,
    stringData: Texts,
  }),
  namespaces: v.strictObject({ ...head, spec: v.optional(v.unknown()) }),
};

/** Resources whose objects clients make. */
export type WritableResource = keyof typeof SCHEMAS;

/**
 * The object that a client's JSON stands for.
 *
 * @param namespace - of the path; null for a resource that has none.
 * @throws ApiError BadRequest for another kind or an unknown member, Invalid for a value that is none
 */
export function admitObject<R extends WritableResource>(
  resource: R,
  namespace: string | null,
  body: Json,
): NewObject<R> {
  const facts = factsOf(resource);
  const outcome = v.safeParse(SCHEMAS[resource], body);
  if (!outcome.success) throw refused(outcome.issues[0]);
  const sent: Sent = {
    apiVersion: apiVersionOf(facts),
    kind: facts.kind,
    ...(outcome.output as Partial<Sent> & Pick<Sent, 'metadata'>),
  };
  if (sent.apiVersion !== apiVersionOf(facts) || sent.kind !== facts.kind)
    throw new ApiError(
      'BadRequest',
      `the object provided is ${sent.apiVersion} ${sent.kind}, and the path is of ${apiVersionOf(facts)} ${facts.kind}`,
    );
  const metadata = admitMetadata(sent.metadata, namespace);
  return {
    apiVersion: sent.apiVersion,
    kind: sent.kind,
    metadata,
    ...contentOf(resource, sent),
  } as unknown as NewObject<R>;
}

interface Sent {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: v.InferOutput<typeof SentMetadata>;
  readonly spec?: unknown;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>> | null;
  readonly stringData?: Readonly<Record<string, string>> | null;
}

function contentOf(resource: WritableResource, sent: Sent): Readonly<Record<string, unknown>> {
  switch (resource) {
    case 'jobs':
      return { spec: sent.spec, status: {} };
    case 'pods':
      return { spec: sent.spec, status: { phase: 'Pending' } };
    case 'namespaces':
      return { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
    case 'secrets':
      return {
        type: sent.type,
        ...(sent.immutable === undefined ? {} : { immutable: sent.immutable }),
        data: secretData(sent),
      };
  }
}

function secretData({ data, stringData }: Sent): Readonly<Record<string, string>> {
  const bad = Object.entries(data ?? {}).find(([, value]) => fromBase64(value) === null);
  if (bad !== undefined)
    throw new ApiError(
      'BadRequest',
      `Secret in version "v1" cannot be handled: data.${bad[0]}: illegal base64 data`,
    );
  const texts = Object.entries(stringData ?? {}).map(([name, value]) => [name, toBase64(utf8(value))]);
  return { ...data, ...(Object.fromEntries(texts) as Readonly<Record<string, string>>) };
}

function admitMetadata(sent: v.InferOutput<typeof SentMetadata>, namespace: string | null): NewMetadata {
  const name = sent.name ?? '';
  if (!OBJECT_NAME.test(name)) throw new ApiError('Invalid', `metadata.name: Invalid value: "${name}"`);
  if (sent.namespace !== undefined && sent.namespace !== namespace)
    throw new ApiError(
      'BadRequest',
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  return {
    name,
    ...(namespace === null ? {} : { namespace }),
    ...(sent.labels == null ? {} : { labels: sent.labels }),
    ...(sent.annotations == null ? {} : { annotations: sent.annotations }),
  };
}

function refused(issue: v.BaseIssue<unknown>): ApiError {
  const path = v.getDotPath(issue) ?? '';
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return new ApiError(
      'BadRequest',
      `strict decoding error: unknown field "${path}" (or one that the local cluster does not run)`,
    );
  return new ApiError('Invalid', `${path}: ${issue.message}`);
}

/** What of a changed object stays: its identity and its status. @throws ApiError Invalid for what may not change */
export function admitChange<R extends WritableResource>(
  resource: R,
  before: ObjectsByResource[R],
  changed: NewObject<R>,
): ObjectsByResource[R] {
  const fixed = FIXED[resource](before as never);
  const now = FIXED[resource](changed as never);
  for (const [path, value] of Object.entries(fixed))
    if (text(value) !== text(now[path]))
      throw new ApiError(
        'Invalid',
        `${factsOf(resource).kind} "${before.metadata.name}" is invalid: ${path}: field is immutable`,
      );
  const status = 'status' in before ? { status: before.status } : {};
  const specChanges = 'spec' in before && text(before.spec) !== text((changed as { spec?: unknown }).spec);
  const generation = before.metadata.generation + (specChanges ? 1 : 0);
  const { ownerReferences } = before.metadata;
  const owners = ownerReferences === undefined ? {} : { ownerReferences };
  const { uid, creationTimestamp, resourceVersion } = before.metadata;
  const metadata = { ...changed.metadata, ...owners, uid, creationTimestamp, resourceVersion, generation };
  return { ...changed, ...status, metadata } as unknown as ObjectsByResource[R];
}

/* Members that no update changes, by their path (kubernetes, pkg/apis, validation). */
const FIXED: {
  readonly [R in WritableResource]: (object: ObjectsByResource[R]) => Readonly<Record<string, unknown>>;
} = {
  jobs: ({ spec: { completions, completionMode, template, backoffLimitPerIndex, podFailurePolicy } }) => ({
    'spec.completions': completions,
    'spec.completionMode': completionMode,
    'spec.template': template.spec,
    'spec.template.annotations': template.metadata?.annotations,
    'spec.backoffLimitPerIndex': backoffLimitPerIndex,
    'spec.podFailurePolicy': podFailurePolicy,
  }),
  pods: ({ spec, metadata }) => ({
    spec,
    [`metadata.annotations[${POLICY}]`]: metadata.annotations?.[POLICY],
  }),
  secrets: ({ type, immutable, data }) => ({ type, ...(immutable === true ? { data, immutable } : {}) }),
  namespaces: () => ({}),
};

/* A pod runs under the policy that it was made with: the platform reads it once. */
const POLICY = 'microsoft.containerinstance.virtualnode.ccepolicy';

function text(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value as Json);
}

/** The object as a client would send it, to be patched. */
export function sentForm(object: ClusterObject): Json {
  return JSON.parse(JSON.stringify(object)) as Json;
}

export function isWritable(resource: Resource): resource is WritableResource {
  return Object.hasOwn(SCHEMAS, resource);
}

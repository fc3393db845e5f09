// The manifests of docs/howto/keda-and-kueue.md, over the Job that is deployed: what the schemas of KEDA's and Kueue's own resources say.
// test/vectors/kubernetes/queues.json: those of KEDA at 8b4f083 and of Kueue at ff69552, without descriptions, defaults and status.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { parseAllDocuments } from 'yaml';

import { jobManifest, type Manifest } from '../../../src/lib/kubernetes/manifest/job-manifest.js';
import { schemaProblems } from '../../support/closed-schema.js';
import { job } from '../../support/job-fixture.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

const ajv = new Ajv({ strict: false, allErrors: true });
const schemas = Object.entries(
  JSON.parse(readFileSync('test/vectors/kubernetes/queues.json', 'utf8')) as Record<string, Schema>,
).map(([name, schema]) => [name, ajv.compile(closed(schema))] as const);

/* A member that a schema does not name is an error, but where the schema says that there may be any. */
function closed({ properties, items, ...schema }: Schema): Schema {
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  const members = Object.entries(properties ?? {}).map(
    ([name, one]) => [name, name === 'metadata' ? one : closed(one)] as const,
  );
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(members) }),
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(schema['type'] === 'object' && !open ? { additionalProperties: false } : {}),
  };
}

interface Resource {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

const page = readFileSync('docs/howto/keda-and-kueue.md', 'utf8');
const resources = [...page.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, text = '']) =>
  parseAllDocuments(text).map((document) => document.toJS() as Resource),
);
const ofKind = (kind: string | undefined): Resource => resources.find((one) => one.kind === kind)!;

function problems(resource: Resource): readonly string[] {
  const [, validate] = schemas.find(([name]) => name === `${resource.apiVersion} ${resource.kind}`)!;
  void validate(resource);
  return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

describe('a Job that Kueue or KEDA starts', () => {
  const written = jobManifest(job) as unknown as Resource & Manifest;

  it('stands beside resources that keep to the schemas of Kueue and KEDA', () => {
    const named = resources.filter(({ kind }) => kind !== undefined);
    assert.deepEqual(
      named.map(({ kind }) => kind),
      ['ResourceFlavor', 'ClusterQueue', 'LocalQueue', 'TriggerAuthentication', 'ScaledJob'],
    );
    for (const resource of named) assert.deepEqual(problems(resource), [], resource.kind);
  });

  it('is found out where a member is misspelt', () => {
    for (const { kind, apiVersion, metadata, spec } of resources.filter((one) => one.kind !== undefined)) {
      const wrong = { kind, apiVersion, metadata, spec: { ...spec, misspelt: 1 } } as Resource;
      assert.deepEqual(problems(wrong), ['/spec additionalProperties'], kind);
    }
    const { spec, ...scaled } = ofKind('ScaledJob');
    const strategy = { ...spec, scalingStrategy: { strategie: 'accurate' } };
    assert.deepEqual(problems({ ...scaled, spec: strategy }), ['/spec/scalingStrategy additionalProperties']);
  });

  it('is the Job that was agreed, with what Kueue needs', () => {
    const asked = resources.find(({ kind }) => kind === undefined)!;
    const queued = {
      ...written,
      metadata: { ...written.metadata, labels: { ...written.metadata.labels, ...asked.metadata.labels } },
      spec: { ...written.spec, ...asked.spec },
    };
    assert.deepEqual(schemaProblems(validateJob, queued), []);
    assert.equal(asked.metadata.labels!['kueue.x-k8s.io/queue-name'], 'clean-rooms');
    assert.deepEqual(queued.spec['template'], written.spec['template']);
    const flavor = ofKind('ResourceFlavor').spec as { nodeLabels: object; tolerations: readonly object[] };
    const { spec } = written.spec['template'] as { spec: { nodeSelector: object; tolerations: object } };
    assert.deepEqual({ ...spec.nodeSelector, ...flavor.nodeLabels }, spec.nodeSelector);
    assert.deepEqual(flavor.tolerations, spec.tolerations);
  });

  it('is the target of a ScaledJob as it stands', () => {
    const scaled = ofKind('ScaledJob');
    const filled = { ...scaled, spec: { ...scaled.spec, jobTargetRef: written.spec } };
    assert.deepEqual(problems(filled), []);
    const started = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' }, spec: written.spec };
    assert.deepEqual(schemaProblems(validateJob, started), []);
  });
});

// Kubernetes manifests: the pods of a file, as deployments on virtual nodes of ACI. What confcom's acipolicygen makes of a pod
// is made here too (Azure/azure-cli-extensions, src/confcom, template_util.py and samples/vn2); what it drops is refused.

import { type Document, isMap, parseAllDocuments, YAMLParseError } from 'yaml';

import type { Json } from '../../base/bytes/canonical-json.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import type { ExecRule, MountRule } from '../policy-document.js';
import { bindMount } from '../text/defaults.js';
import { WORKLOAD_IDENTITY_MOUNT } from '../text/virtual-node.js';
import type { ContainerInput } from './container-rule.js';
import type { Deployment } from './deployment.js';
import { JsonFields } from './json-fields.js';
import { podEnvironment, type PodValues, podValues, type UnresolvedReferences } from './pod-environment.js';
import { refuseCompanions, refuseUnsupportedContainer, refuseUnsupportedPod } from './pod-refusals.js';
import { podSecurityContext } from './pod-security.js';

const CODE = 'POD_INVALID';

/** Where a kind keeps its pod, as members from the top. */
const POD_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

export const POLICY_ANNOTATION = 'microsoft.containerinstance.virtualnode.ccepolicy';
const WORKLOAD_IDENTITY_LABEL = 'azure.workload.identity/use';

export interface PodOptions {
  /** What becomes of a value that the file does not say: a configuration map that is elsewhere, or a secret. */
  readonly unresolved: UnresolvedReferences;
}

/**
 * The pods of a file, in order.
 *
 * @throws CleanroomError POD_INVALID for what is no manifest, or says what a policy cannot hold; SECRET_IN_POLICY for a
 *   secret whose value would stand in the policy; TEMPLATE_PARAMETER_UNRESOLVED for a reference to what is elsewhere.
 */
export function parsePods(text: string, options: PodOptions): readonly Deployment[] {
  const objects = manifestObjects(text);
  refuseCompanions(objects);
  const values = podValues(objects);
  const workloads = objects.filter((object) => POD_PATHS[object.string('kind')] !== undefined);
  if (workloads.length === 0) {
    throw new CleanroomError(CODE, `the file has no ${Object.keys(POD_PATHS).join(', ')}`);
  }
  return workloads.map((workload) => readWorkload(workload, values, options));
}

/** The objects of a manifest: its documents, and the items of a List. */
function manifestObjects(text: string): readonly JsonFields[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true, maxAliasCount: 50 } as never);
  const objects: JsonFields[] = [];
  for (const [index, document] of [...documents].entries()) {
    const [error] = document.errors;
    if (error instanceof YAMLParseError)
      throw new CleanroomError(CODE, `document ${index + 1}: ${error.message}`);
    if (document.contents === null) continue;
    const object = JsonFields.of(valueOf(document, index), `document ${index + 1}`, CODE);
    if (object.optionalString('kind') === 'List') objects.push(...object.children('items'));
    else objects.push(object);
  }
  return objects;
}

/* Aliases of aliases are few lines and a great many values. */
function valueOf(document: Document, index: number): Json {
  try {
    return document.toJS({ maxAliasCount: 50 }) as Json;
  } catch (cause) {
    throw new CleanroomError(CODE, `document ${index + 1}: ${describeCause(cause)}`, { cause });
  }
}

function readWorkload(workload: JsonFields, values: PodValues, options: PodOptions): Deployment {
  const path = POD_PATHS[workload.string('kind')] ?? [];
  const pod = path.reduce((fields, name) => fields.child(name), workload);
  const spec = pod.child('spec');
  refuseUnsupportedPod(pod);
  const claims =
    workload.string('kind') === 'StatefulSet' ? workload.child('spec').children('volumeClaimTemplates') : [];
  const usesIdentity = pod.child('metadata').child('labels').get(WORKLOAD_IDENTITY_LABEL);
  const context: PodContext = {
    spec,
    values,
    options,
    claims,
    workloadIdentity: usesIdentity === true || usesIdentity === 'true',
  };
  const containers = [...spec.children('containers'), ...spec.children('initContainers')];
  if (spec.children('containers').length === 0) throw spec.fail('containers', 'is missing');
  return {
    name: workload.child('metadata').string('name'),
    containers: containers.map((container) => readContainer(container, context)),
    fragments: [],
    zeroSidecar: null,
    platform: 'virtual-node',
  };
}

interface PodContext {
  readonly spec: JsonFields;
  readonly values: PodValues;
  readonly options: PodOptions;
  readonly claims: readonly JsonFields[];
  readonly workloadIdentity: boolean;
}

function readContainer(container: JsonFields, context: PodContext): ContainerInput {
  const { spec, workloadIdentity } = context;
  refuseUnsupportedContainer(container);
  const securityContext = podSecurityContext(spec, container);
  return {
    name: container.string('name'),
    image: container.string('image'),
    command: container.strings('command'),
    args: container.strings('args'),
    environment: podEnvironment(container, context.values, { ...context.options, workloadIdentity }),
    mounts: [
      ...(workloadIdentity ? [WORKLOAD_IDENTITY_MOUNT] : []),
      ...container.children('volumeMounts').map((mount) => readMount(mount, context)),
    ],
    execProcesses: execProcesses(container),
    workingDir: container.optionalString('workingDir'),
    securityContext,
  };
}

/* A kubelet writes these volumes, so that a container never may. */
const READ_ONLY_VOLUMES: readonly string[] = ['configMap', 'secret', 'downwardAPI', 'projected'];

function readMount(mount: JsonFields, { spec, claims }: PodContext): MountRule {
  const name = mount.string('name');
  const volume = spec.children('volumes').find((candidate) => candidate.string('name') === name);
  const claim = claims.find((candidate) => candidate.child('metadata').string('name') === name);
  if (volume === undefined && claim === undefined)
    throw mount.fail('name', `is ${name}, and the pod has no such volume`);
  if (volume?.get('hostPath') !== undefined)
    throw volume.fail('hostPath', 'is on no host that a confidential pod has');
  const isReadOnly =
    mount.boolean('readOnly', false) ||
    READ_ONLY_VOLUMES.some((kind) => volume?.get(kind) !== undefined) ||
    (claim?.child('spec').strings('accessModes') ?? []).includes('ReadOnlyMany');
  return bindMount('emptyDir', mount.string('mountPath'), isReadOnly ? 'ro' : 'rw');
}

/* In confcom's order. Probes over HTTP or TCP run nothing inside. */
function execProcesses(container: JsonFields): readonly ExecRule[] {
  const lifecycle = container.child('lifecycle');
  const holders = [
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((name) => container.child(name)),
    ...['postStart', 'preStop'].map((name) => lifecycle.child(name)),
  ];
  return holders.flatMap((holder) => {
    const command = holder.child('exec').strings('command');
    return command.length === 0 ? [] : [{ command, signals: [] }];
  });
}

/**
 * The manifest with a policy as the annotation of the pod at that position among its workloads; all else as it was.
 *
 * @throws CleanroomError POD_INVALID
 */
export function injectPodPolicy(text: string, position: number, policyBase64: string): string {
  const documents = [...parseAllDocuments(text)];
  let seen = 0;
  for (const document of documents) {
    const kind = isMap(document.contents) ? document.get('kind') : undefined;
    if (kind === 'List')
      throw new CleanroomError(CODE, 'a List cannot be written to: put each object into a document');
    const path = typeof kind === 'string' ? POD_PATHS[kind] : undefined;
    if (path === undefined || seen++ !== position) continue;
    document.setIn([...path, 'metadata', 'annotations', POLICY_ANNOTATION], policyBase64);
    return documents
      .map((each, index) => {
        const content = each.toString({ lineWidth: 0 });
        return index === 0 || content.startsWith('---') ? content : `---\n${content}`;
      })
      .join('');
  }
  throw new CleanroomError(CODE, 'the file has no such pod');
}

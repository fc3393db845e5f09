// The JSON that `az confcom acipolicygen --input` takes, in its current form and the flat one before it (confcom).

import { CleanroomError } from '../../base/errors.js';
import type { ExecRule, MountRule } from '../policy-document.js';
import { bindMount, MOUNT_SOURCES, type MountKind } from '../text/defaults.js';
import type { ContainerInput, NamedEnvironmentRule } from './container-rule.js';
import { type Deployment, probeProcesses, readFragmentImports, readSecurityContext } from './deployment.js';
import { fixedVariable, pythonText } from './environment-value.js';
import { JsonFields, parseJsonFile } from './json-fields.js';
import { signalRule } from './signals.js';
import { WORKLOAD_IDENTITY_ENVIRONMENT, WORKLOAD_IDENTITY_MOUNT } from '../text/virtual-node.js';

const CODE = 'CONFCOM_INPUT_INVALID';

/** @throws CleanroomError JSON_MALFORMED, CONFCOM_INPUT_INVALID naming the member */
export function parseConfcomInput(text: string): Deployment {
  const input = JsonFields.of(parseJsonFile(text, 'the input file'), 'input', CODE);
  const scenario = input.optionalString('scenario');
  if (scenario !== null && scenario !== 'aci' && scenario !== 'vn2') {
    throw input.fail('scenario', `${scenario} is not supported`);
  }
  const containers = input.children('containers');
  if (containers.length === 0) throw input.fail('containers', 'is missing');
  const isFlat = containers.some((container) => container.get('containerImage') !== undefined);
  return {
    name: 'confcom-input',
    containers: containers.map(isFlat ? readFlatContainer : readContainer).map(withIdentity(input)),
    fragments: readFragmentImports(input.children('fragments')),
    zeroSidecar: null,
    platform: scenario === 'vn2' ? 'virtual-node' : 'aci',
  };
}

/* A pod's label, which confcom's input has beside the containers. */
function withIdentity(input: JsonFields): (container: ContainerInput) => ContainerInput {
  const label = input.child('labels').get('azure.workload.identity/use');
  if (label !== true && label !== 'true') return (container) => container;
  const identity = WORKLOAD_IDENTITY_ENVIRONMENT.map((rule) => ({
    name: rule.pattern.split('=')[0] ?? '',
    rule,
  }));
  return (container) => ({
    ...container,
    environment: [...identity, ...container.environment],
    mounts: [WORKLOAD_IDENTITY_MOUNT, ...container.mounts],
  });
}

/** Fragment imports of a `--fragments-json` file: `{"fragments": […]}` or the list itself. */
export function parseFragmentImports(text: string): Deployment['fragments'] {
  const value = parseJsonFile(text, 'the fragments file');
  const fields = JsonFields.of(Array.isArray(value) ? { fragments: value } : value, 'fragments file', CODE);
  return readFragmentImports(fields.children('fragments'));
}

function readContainer(container: JsonFields): ContainerInput {
  const properties = container.child('properties');
  if (properties.get('configMap') !== undefined) throw properties.fail('configMap', 'is not supported');
  const image = properties.string('image');
  return {
    name: container.optionalString('name') ?? image,
    image,
    command: properties.strings('command'),
    environment: properties
      .children('environmentVariables')
      .map((variable) => environmentRule(variable, variable.boolean('regex', false))),
    mounts: properties
      .children('volumeMounts')
      .map((mount) => readMount(mount, mount.boolean('readOnly', false))),
    execProcesses: [...execProcesses(properties), ...probeProcesses(properties)],
    workingDir: properties.optionalString('workingDir'),
    securityContext: readSecurityContext(properties),
  };
}

function execProcesses(properties: JsonFields): readonly ExecRule[] {
  return properties
    .children('execProcesses')
    .map((process) => ({ command: process.strings('command'), signals: signalsOf(process) }));
}

function signalsOf(process: JsonFields): ExecRule['signals'] {
  return process.list('signals').map((signal) => {
    if (typeof signal === 'number' && Number.isInteger(signal)) return signal;
    if (typeof signal === 'string') return signalRule(signal);
    throw process.fail('signals', 'is not a list of signals');
  });
}

function environmentRule(variable: JsonFields, isPattern: boolean): NamedEnvironmentRule {
  const name = variable.string('name');
  const value = variable.get('value');
  if (value === undefined || typeof value === 'object') throw variable.fail('value', 'is missing');
  const text = pythonText(value);
  if (!isPattern) return fixedVariable(name, text);
  return { name, rule: { pattern: `${name}=${text}`, required: false, strategy: 're2' } };
}

function readMount(mount: JsonFields, readOnly: boolean): MountRule {
  if (mount.get('options') !== undefined) throw mount.fail('options', 'is not supported: use readOnly');
  const kind = mount.string('mountType');
  if (!isMountKind(kind)) {
    throw mount.fail('mountType', `is ${kind}; there are ${Object.keys(MOUNT_SOURCES).join(', ')}`);
  }
  return bindMount(kind, mount.string('mountPath'), readOnly ? 'ro' : 'rw');
}

function isMountKind(text: string): text is MountKind {
  return Object.hasOwn(MOUNT_SOURCES, text);
}

/* The old form: members at the container itself, strategies by name, mounts read-only unless they say otherwise. */
function readFlatContainer(container: JsonFields): ContainerInput {
  const image = container.string('containerImage');
  const context = readSecurityContext(container);
  const elevated = container.get('allow_elevated');
  if (elevated !== undefined && typeof elevated !== 'boolean') {
    throw new CleanroomError(CODE, `${container.at('allow_elevated')} is not true or false`);
  }
  return {
    name: container.optionalString('name') ?? image,
    image,
    command: container.strings('command'),
    environment: container
      .children('environmentVariables')
      .map((variable) => environmentRule(variable, variable.optionalString('strategy') === 're2')),
    mounts: container.children('mounts').map((mount) => readMount(mount, mount.boolean('readonly', true))),
    execProcesses: flatProcesses(container),
    workingDir: container.optionalString('workingDir'),
    securityContext: elevated === undefined ? context : { ...context, privileged: elevated },
  };
}

/* One command under execProcesses, then the probes; here liveness comes first. */
function flatProcesses(container: JsonFields): readonly ExecRule[] {
  const own = container.strings('execProcesses');
  return [
    ...(own.length === 0 ? [] : [{ command: own, signals: [] }]),
    ...probeProcesses(container).toReversed(),
  ];
}

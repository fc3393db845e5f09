// What a deployment asks for, as the template and the confcom readers hand it on.

import type { JsonFields } from './json-fields.js';
import type { ContainerInput } from './container-rule.js';
import type { ExecRule, FragmentImport } from '../policy-document.js';
import { DEFAULT_SECURITY_CONTEXT, type SecurityContext } from './security-context.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { parseJsonFile } from './json-fields.js';
import type { PythonJson } from '../text/python-json.js';

/** One container group. */
export interface Deployment {
  readonly name: string;
  readonly containers: readonly ContainerInput[];
  /** Imports of the input itself, before Microsoft's. */
  readonly fragments: readonly FragmentImport[];
  /** The group says that it wants no sidecars of ACI: no infrastructure fragment. Null: it says nothing. */
  readonly zeroSidecar: boolean | null;
  /** What the platform adds to each container differs: mounts, and variables. */
  readonly platform: 'aci' | 'virtual-node';
}

/** securityContext of a container. */
export function readSecurityContext(properties: JsonFields): SecurityContext {
  if (properties.get('securityContext') === undefined) return DEFAULT_SECURITY_CONTEXT;
  const context = properties.child('securityContext');
  const capabilities = context.child('capabilities');
  return {
    privileged: context.boolean('privileged', false),
    allowPrivilegeEscalation: context.boolean('allowPrivilegeEscalation', true),
    runAsUser: context.optionalCount('runAsUser'),
    runAsGroup: context.optionalCount('runAsGroup'),
    addCapabilities: capabilities.strings('add'),
    dropCapabilities: capabilities.strings('drop'),
    seccompProfile: seccompProfile(context),
  };
}

/** Base64 of a profile's JSON; null for none. */
export function seccompProfile(context: JsonFields): PythonJson | null {
  const encoded = context.optionalString('seccompProfile');
  if (encoded === null || encoded === '') return null;
  const bytes = fromAnyBase64(encoded);
  const text = bytes === null ? null : decodeUtf8(bytes);
  if (text === null) throw context.fail('seccompProfile', 'is not base64 of JSON');
  return parseJsonFile(text, context.at('seccompProfile'));
}

/** Commands of the exec probes, readiness before liveness. */
export function probeProcesses(properties: JsonFields): readonly ExecRule[] {
  return ['readinessProbe', 'livenessProbe'].flatMap((name) => {
    const command = properties.child(name).child('exec').strings('command');
    return command.length === 0 ? [] : [{ command, signals: [] }];
  });
}

/** Imports of fragments, extra members such as `path` left out. */
export function readFragmentImports(list: readonly JsonFields[]): readonly FragmentImport[] {
  return list.map((item) => ({
    feed: item.string('feed'),
    includes: item.strings('includes'),
    issuer: item.string('issuer'),
    minimum_svn: minimumSvn(item),
  }));
}

function minimumSvn(item: JsonFields): string {
  const value = item.get('minimum_svn');
  return typeof value === 'number' ? String(value) : item.string('minimum_svn');
}

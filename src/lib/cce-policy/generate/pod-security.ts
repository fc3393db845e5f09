// securityContext of a pod and of its container: the container's word counts, then the pod's.

import type { JsonFields } from './json-fields.js';
import { seccompProfile } from './deployment.js';
import type { SecurityContext } from './security-context.js';
import type { PythonJson } from '../text/python-json.js';

/** @throws CleanroomError POD_INVALID for a profile that is a file on a host, or Windows options. */
export function podSecurityContext(spec: JsonFields, container: JsonFields): SecurityContext {
  const own = container.child('securityContext');
  const pod = spec.child('securityContext');
  for (const context of [own, pod]) {
    if (context.get('windowsOptions') !== undefined) throw context.fail('windowsOptions', 'is not supported');
  }
  const capabilities = own.child('capabilities');
  return {
    privileged: own.boolean('privileged', false),
    allowPrivilegeEscalation: own.boolean('allowPrivilegeEscalation', true),
    runAsUser: own.optionalCount('runAsUser') ?? pod.optionalCount('runAsUser'),
    runAsGroup: own.optionalCount('runAsGroup') ?? pod.optionalCount('runAsGroup'),
    addCapabilities: capabilities.strings('add'),
    dropCapabilities: capabilities.strings('drop'),
    seccompProfile: profileOf(own.get('seccompProfile') === undefined ? pod : own),
  };
}

/* Base64 of a profile, or an object of Kubernetes: of its types only those without a profile of their own. */
function profileOf(context: JsonFields): PythonJson | null {
  const value = context.get('seccompProfile');
  if (value === undefined || typeof value === 'string') return seccompProfile(context);
  const type = context.child('seccompProfile').string('type');
  if (type === 'RuntimeDefault' || type === 'Unconfined') return null;
  throw context.fail('seccompProfile', `has type ${type}: give the profile itself, in base64`);
}

// The variables of a pod's container, with their values (kubernetes, pkg/kubelet, makeEnvironmentVariables).

import { decodeUtf8 } from '../../../base/bytes/arrays.js';
import { fromBase64 } from '../../../base/bytes/base64.js';
import type { Pod, Secret } from '../objects/objects.js';
import type { PodVariable } from '../objects/pod-schema.js';

/** A value that cannot be had: the container waits for it. */
export class ConfigError extends Error {}

export interface ResolvedVariable {
  readonly name: string;
  readonly value: string;
}

export type FindSecret = (name: string) => Secret | null;

/** @throws ConfigError */
export function resolveEnvironment(
  variables: readonly PodVariable[],
  pod: Pod,
  secret: FindSecret,
): readonly ResolvedVariable[] {
  const values = new Map<string, string>();
  for (const variable of variables) {
    const value = valueOf(variable, pod, secret, values);
    if (value !== null) values.set(variable.name, value);
  }
  return [...values].map(([name, value]) => ({ name, value }));
}

function valueOf(
  { value, valueFrom }: PodVariable,
  pod: Pod,
  secret: FindSecret,
  values: ReadonlyMap<string, string>,
): string | null {
  if (valueFrom?.secretKeyRef !== undefined) {
    const { name, key, optional } = valueFrom.secretKeyRef;
    const text = secretText(secret(name), key);
    if (text === null && optional !== true)
      throw new ConfigError(
        secret(name) === null
          ? `secret "${name}" not found`
          : `couldn't find key ${key} in Secret ${pod.metadata.namespace ?? ''}/${name}`,
      );
    return text;
  }
  if (valueFrom?.fieldRef !== undefined) return fieldOf(pod, valueFrom.fieldRef.fieldPath);
  return expand(value ?? '', values);
}

function secretText(secret: Secret | null, key: string): string | null {
  const value = secret !== null && Object.hasOwn(secret.data, key) ? secret.data[key] : undefined;
  return value === undefined ? null : decodeUtf8(fromBase64(value) ?? new Uint8Array());
}

function fieldOf({ metadata, spec }: Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** `$(NAME)` of a variable before it becomes its value; `$$` is a dollar. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([-._a-zA-Z0-9]+)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (values.get(name) ?? found),
  );
}

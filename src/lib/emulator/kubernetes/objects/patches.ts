// What a PATCH makes of an object: JSON merge patch (RFC 7396), which server-side apply is here too, and Kubernetes' strategic merge.

import type { Json } from '../../../base/bytes/canonical-json.js';
import { asObject, type JsonObject } from '../../http/messages.js';

/** RFC 7396. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  const changes = asObject(patch);
  if (changes === null) return patch;
  return changed(target, changes, (_, before, value) => mergePatch(before, value));
}

/* Lists of these members are merged element by element, by this member of theirs (k8s.io/api, patchMergeKey). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
};

/** Strategic merge patch of `kubectl apply`; lists without a merge key are replaced. */
export function strategicMergePatch(target: Json | undefined, patch: Json): Json {
  const changes = asObject(patch);
  if (changes === null) return patch;
  if (changes['$patch'] === 'replace') return withoutDirectives(changes);
  return changed(target, withoutDirectives(changes), mergeMember);
}

function mergeMember(name: string, target: Json | undefined, patch: Json): Json {
  const key = MERGE_KEYS[name];
  if (!Array.isArray(patch) || key === undefined) return strategicMergePatch(target, patch);
  const merged = Array.isArray(target) ? [...(target as readonly Json[])] : [];
  for (const element of patch as readonly Json[]) {
    const own = asObject(element);
    const at = merged.findIndex((other) => asObject(other)?.[key] === own?.[key]);
    if (own?.['$patch'] === 'delete') merged.splice(at, at < 0 ? 0 : 1);
    else if (at < 0) merged.push(strategicMergePatch(undefined, element));
    else merged[at] = strategicMergePatch(merged[at], element);
  }
  return merged;
}

function withoutDirectives(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !name.startsWith('$')));
}

function definedOf(object: JsonObject): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}

type MergeMember = (name: string, before: Json | undefined, value: Json) => Json;

/* null takes a member away. Members are kept by their names whatever these are, `__proto__` too. */
function changed(target: Json | undefined, changes: JsonObject, merge: MergeMember): Json {
  const members = new Map(Object.entries(definedOf(asObject(target) ?? {})));
  for (const [name, value] of Object.entries(definedOf(changes)))
    if (value === null) members.delete(name);
    else members.set(name, merge(name, members.get(name), value));
  return Object.fromEntries(members);
}

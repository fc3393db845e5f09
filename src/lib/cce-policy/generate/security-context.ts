// securityContext of a container to the policy's user, capabilities, privilege and seccomp (confcom).

import { sha256Hex } from '../../base/bytes/digest.js';
import { ROOM_USER } from '../../contract/room-plan.js';
import type { ImageConfig } from '../measured-image.js';
import type { Capabilities, CapabilitySet, IdNameRule, UserRule } from '../policy-document.js';
import { CAPABILITY_SETS } from '../policy-document.js';
import {
  ANY_USER,
  PRIVILEGED_CAPABILITIES,
  UNPRIVILEGED_CAPABILITIES,
  unprivilegedSets,
} from '../text/defaults.js';
import { compactJson, type PythonJson } from '../text/python-json.js';

/** What a container asks of the kernel; absent members take ACI's defaults. */
export interface SecurityContext {
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean;
  readonly runAsUser: number | null;
  readonly runAsGroup: number | null;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  /** The profile as JSON, or null for none. */
  readonly seccompProfile: PythonJson | null;
}

export const DEFAULT_SECURITY_CONTEXT: SecurityContext = {
  privileged: false,
  allowPrivilegeEscalation: true,
  runAsUser: null,
  runAsGroup: null,
  addCapabilities: [],
  dropCapabilities: [],
  seccompProfile: null,
};

/** Of our own program: a user without rights, no capability, and no way to gain one. What ACI has no word for, the image and the guest give. */
export const CONFINED_SECURITY_CONTEXT: SecurityContext = {
  ...DEFAULT_SECURITY_CONTEXT,
  allowPrivilegeEscalation: false,
  runAsUser: ROOM_USER,
  runAsGroup: ROOM_USER,
  dropCapabilities: UNPRIVILEGED_CAPABILITIES,
};

/** The user of a container: runAsUser and runAsGroup, else the image's `User`. */
export function userRule(context: SecurityContext, config: Pick<ImageConfig, 'user'>): UserRule {
  if (context.runAsUser !== null || context.runAsGroup !== null) {
    return composeUser(idRule(context.runAsUser), idRule(context.runAsGroup));
  }
  if (config.user === '') return ANY_USER;
  const [user = '', group] = config.user.split(':');
  return composeUser(imageIdentity(user), group === undefined ? null : imageIdentity(group));
}

function composeUser(user: IdNameRule | null, group: IdNameRule | null): UserRule {
  return {
    group_idnames: group === null ? ANY_USER.group_idnames : [group],
    umask: ANY_USER.umask,
    user_idname: user ?? ANY_USER.user_idname,
  };
}

function idRule(id: number | null): IdNameRule | null {
  return id === null ? null : { pattern: String(id), strategy: 'id' };
}

function imageIdentity(text: string): IdNameRule {
  return { pattern: text, strategy: /^\d+$/.test(text) ? 'id' : 'name' };
}

/** The five capability sets: ACI's defaults, with `add` and `drop` applied as written, sorted and without repeats. */
export function capabilitySets(context: SecurityContext): Capabilities {
  const base: Capabilities = context.privileged
    ? { ...unprivilegedSets(PRIVILEGED_CAPABILITIES), inheritable: PRIVILEGED_CAPABILITIES }
    : unprivilegedSets(UNPRIVILEGED_CAPABILITIES);
  const adjusted = CAPABILITY_SETS.map((set): [CapabilitySet, readonly string[]] => [
    set,
    adjustSet(base[set], context),
  ]);
  return Object.fromEntries(adjusted) as Record<CapabilitySet, readonly string[]>;
}

function adjustSet(list: readonly string[], context: SecurityContext): readonly string[] {
  const added = list.length === 0 ? list : [...list, ...context.addCapabilities];
  return [...new Set(added.filter((name) => !context.dropCapabilities.includes(name)))].sort();
}

/** SHA-256 of the seccomp profile in the form that the guest hashes; empty for none. */
export function seccompHash(profile: PythonJson | null): string {
  if (profile === null || typeof profile !== 'object' || Array.isArray(profile)) return '';
  return sha256Hex(orderedJson(seccompMembers(profile as JsonObject)));
}

interface JsonObject {
  readonly [name: string]: PythonJson | undefined;
}

type OrderedMembers = readonly (readonly [string, OrderedJson])[];
type OrderedJson =
  { readonly members: OrderedMembers } | { readonly items: readonly OrderedJson[] } | PythonJson;

const SYSCALL_DEFAULTS: JsonObject = { names: [], action: '' };
const ARGUMENT_DEFAULTS: JsonObject = { value: 0, op: '', index: 0 };

function seccompMembers(profile: JsonObject): OrderedJson {
  const names = [
    'defaultAction',
    'defaultErrnoRet',
    'architectures',
    'flags',
    'listenerPath',
    'listenerMetadata',
  ];
  return pick({ defaultAction: '', ...profile }, [...names, 'syscalls'], {
    syscalls: (call) =>
      pick({ ...SYSCALL_DEFAULTS, ...call }, ['names', 'action', 'errnoRet', 'args'], {
        args: (argument) =>
          pick({ ...ARGUMENT_DEFAULTS, ...argument }, ['index', 'value', 'valueTwo', 'op'], {}),
      }),
  });
}

/* The named members in the order named; lists in `nested` have each of their objects mapped. */
function pick(
  value: JsonObject,
  names: readonly string[],
  nested: Readonly<Record<string, (item: JsonObject) => OrderedJson>>,
): OrderedJson {
  const members: [string, OrderedJson][] = [];
  for (const name of names) {
    const member = value[name];
    if (member === undefined) continue;
    const map = nested[name];
    members.push([
      name,
      map !== undefined && Array.isArray(member)
        ? { items: (member as readonly PythonJson[]).map((item) => map(item as JsonObject)) }
        : member,
    ]);
  }
  return { members };
}

function orderedJson(value: OrderedJson): string {
  if (value !== null && typeof value === 'object' && 'members' in value) {
    const { members } = value as { readonly members: OrderedMembers };
    return `{${members.map(([name, member]) => `${compactJson(name)}:${orderedJson(member)}`).join(',')}}`;
  }
  if (value !== null && typeof value === 'object' && 'items' in value) {
    return `[${(value as { readonly items: readonly OrderedJson[] }).items.map(orderedJson).join(',')}]`;
  }
  return compactJson(value);
}

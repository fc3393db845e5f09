// A container group as Azure Resource Manager shows it: what was asked for without its secrets, and what is.

import type { Json } from '../../base/bytes/canonical-json.js';
import type { JsonObject } from '../http/messages.js';
import type { ContainerView, GroupEvent, GroupView } from '../room-host/group-spec.js';
import type { Directory } from '../identity/directory.js';
import type { GroupRecord } from './group-records.js';

/** Members that are written and never read back. */
const SECRETS = ['secureValue', 'password', 'storageAccountKey', 'workspaceKey'];

/** The resource of a group. `view` is null before the room host has taken it up. */
export function renderGroup(
  record: GroupRecord,
  view: GroupView | null,
  directory: Pick<Directory, 'managedIdentity'>,
): JsonObject {
  const body = withoutSecrets(record.body) as JsonObject;
  const properties = body['properties'] as JsonObject;
  const ipAddress = properties['ipAddress'] as JsonObject | undefined;
  const containers = properties['containers'] as readonly JsonObject[];
  return {
    id: record.id,
    name: record.name,
    type: 'Microsoft.ContainerInstance/containerGroups',
    location: body['location'],
    ...(body['tags'] === undefined ? {} : { tags: body['tags'] }),
    ...(body['identity'] === undefined
      ? {}
      : { identity: withPrincipals(body['identity'] as JsonObject, record.id, directory) }),
    properties: {
      ...properties,
      sku: properties['sku'] ?? 'Standard',
      provisioningState: record.provisioningState,
      initContainers: properties['initContainers'] ?? [],
      containers: containers.map((container) =>
        withInstanceView(
          container,
          view?.containers.find(({ name }) => name === container['name']),
        ),
      ),
      ...(ipAddress === undefined ? {} : { ipAddress: withAddress(ipAddress, view) }),
      instanceView: {
        state: groupState(record, view),
        events: (view?.events ?? []).map(renderEvent),
      },
    },
  };
}

/* Who the identities are: what a client needs to give them roles. */
function withPrincipals(
  identity: JsonObject,
  groupId: string,
  directory: Pick<Directory, 'managedIdentity'>,
): JsonObject {
  const { userAssignedIdentities, ...rest } = identity;
  const own = directory.managedIdentity(groupId);
  const assigned = Object.keys((userAssignedIdentities as JsonObject | undefined) ?? {}).map((id) => {
    const found = directory.managedIdentity(id);
    return [id, found === null ? {} : { principalId: found.principalId, clientId: found.clientId }] as const;
  });
  return {
    ...rest,
    ...(own === null ? {} : { principalId: own.principalId, tenantId: own.tenantId }),
    ...(userAssignedIdentities === undefined ? {} : { userAssignedIdentities: Object.fromEntries(assigned) }),
  };
}

/** As a list shows it. */
export function withoutInstanceViews(group: JsonObject): JsonObject {
  const properties = group['properties'] as JsonObject;
  const containers = (properties['containers'] as readonly JsonObject[]).map((container) => ({
    ...container,
    properties: without(container['properties'] as JsonObject, 'instanceView'),
  }));
  return { ...group, properties: { ...without(properties, 'instanceView'), containers } };
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

function groupState(record: GroupRecord, view: GroupView | null): string {
  if (record.provisioningState === 'Failed') return 'Failed';
  return view?.state ?? 'Pending';
}

/** The local Azure has no DNS: the name is the address, so that whoever prefers it gets there too. */
function withAddress(ipAddress: JsonObject, view: GroupView | null): JsonObject {
  if (view === null) return ipAddress;
  return {
    ...ipAddress,
    ip: view.address,
    ...(ipAddress['dnsNameLabel'] === undefined ? {} : { fqdn: view.address }),
  };
}

function withInstanceView(container: JsonObject, view: ContainerView | undefined): JsonObject {
  if (view === undefined) return container;
  return {
    ...container,
    properties: {
      ...(container['properties'] as JsonObject),
      instanceView: {
        restartCount: view.restartCount,
        currentState: { ...view.currentState },
        ...(view.previousState === null ? {} : { previousState: { ...view.previousState } }),
        events: view.events.map(renderEvent),
      },
    },
  };
}

function renderEvent(event: GroupEvent): JsonObject {
  return { ...event };
}

function withoutSecrets(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => withoutSecrets(item) ?? null);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value as JsonObject).filter(([name]) => !SECRETS.includes(name));
  return Object.fromEntries(
    kept.map(([name, member]) => [name, name === 'secret' ? redactValues(member) : withoutSecrets(member)]),
  );
}

/** A secret volume: the names of its files are shown, their contents are not. */
function redactValues(secret: Json | undefined): Json | undefined {
  if (secret === null || typeof secret !== 'object' || Array.isArray(secret)) return null;
  return Object.fromEntries(Object.keys(secret).map((name) => [name, null]));
}

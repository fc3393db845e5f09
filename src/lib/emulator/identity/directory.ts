// Who exists: tenants, applications with their service principals, and managed identities.

import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

import * as v from 'valibot';

import { toBase64Url } from '../../base/bytes/base64.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';

const Tenant = v.strictObject({ id: v.string(), name: v.string() });

const FederatedCredential = v.strictObject({ issuer: v.string(), subject: v.string(), audience: v.string() });

const Application = v.strictObject({
  clientId: v.string(),
  name: v.string(),
  homeTenant: v.string(),
  /** SHA-256 of the client secret, hex. */
  secretDigest: v.nullable(v.string()),
  federatedCredentials: v.array(FederatedCredential),
  /** Tenant id to the object id of the application's service principal there. */
  servicePrincipals: v.record(v.string(), v.string()),
});

const ManagedIdentity = v.strictObject({
  clientId: v.string(),
  principalId: v.string(),
  tenantId: v.string(),
  /** ARM id, `/subscriptions/…/userAssignedIdentities/NAME`. */
  resourceId: v.string(),
});

const State = v.strictObject({
  tenants: v.array(Tenant),
  applications: v.array(Application),
  managedIdentities: v.array(ManagedIdentity),
});

export type Tenant = v.InferOutput<typeof Tenant>;
export type FederatedCredential = v.InferOutput<typeof FederatedCredential>;
export type Application = v.InferOutput<typeof Application>;
export type ManagedIdentity = v.InferOutput<typeof ManagedIdentity>;

/** A login as its owner sees it once. */
export interface NewLogin {
  readonly application: Application;
  readonly principalId: string;
  /** Shown here and never again; only its digest is kept. */
  readonly secret: string;
}

/** The people and machines of the local Azure; every change is saved before it is answered. */
export interface Directory {
  readonly tenants: readonly Tenant[];
  tenant(idOrName: string): Tenant | null;
  application(clientId: string): Application | null;
  /** The application of that name without a secret, registered in that tenant. */
  applicationNamed(tenantId: string, name: string): Application | null;
  /** By client id, principal id, or resource id in any case. */
  managedIdentity(id: string): ManagedIdentity | null;
  /** The tenant of that name, made at the first call. */
  ensureTenant(name: string): Promise<Tenant>;
  /** A new application in `tenant` with a service principal there and a client secret. */
  addLogin(tenant: Tenant, name: string): Promise<NewLogin>;
  /** The application of that name in `tenant`, made at the first call, with a service principal there and no secret. */
  ensureApplication(tenant: Tenant, name: string): Promise<Application>;
  /** Replaces the client secret. */
  renewSecret(clientId: string): Promise<string>;
  /** Consent of another tenant: a service principal of the application there. Returns its object id. */
  ensureServicePrincipal(clientId: string, tenant: Tenant): Promise<string>;
  /** Lets a foreign token stand in for the client secret (workload identity federation). */
  addFederatedCredential(clientId: string, credential: FederatedCredential): Promise<void>;
  /** The user-assigned identity of that ARM id, made at the first call. */
  ensureManagedIdentity(tenant: Tenant, resourceId: string): Promise<ManagedIdentity>;
}

const DOCUMENT = 'directory';

/** Opens the directory of a state store. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openDirectory(store: StateStore): Promise<Directory> {
  const state = (await loadDocumentAs(store, DOCUMENT, State)) ?? {
    tenants: [],
    applications: [],
    managedIdentities: [],
  };
  const save = (): Promise<void> => store.save(DOCUMENT, state);
  const application = (clientId: string): Application => {
    const found = state.applications.find((entry) => entry.clientId === clientId);
    if (found === undefined) throw new RangeError(`no application ${clientId}`);
    return found;
  };

  const applicationNamed = (tenantId: string, name: string): Application | null =>
    state.applications.find(
      (entry) => entry.name === name && entry.homeTenant === tenantId && entry.secretDigest === null,
    ) ?? null;

  return {
    applicationNamed,
    tenants: state.tenants,
    tenant: (idOrName) =>
      state.tenants.find((entry) => entry.id === idOrName || entry.name === idOrName) ?? null,
    application: (clientId) => state.applications.find((entry) => entry.clientId === clientId) ?? null,
    managedIdentity: (id) => state.managedIdentities.find((entry) => namesIdentity(entry, id)) ?? null,

    ensureTenant: async (name) => {
      const kept = state.tenants.find((entry) => entry.name === name);
      if (kept !== undefined) return kept;
      const tenant = { id: randomUUID(), name };
      state.tenants.push(tenant);
      await save();
      return tenant;
    },

    addLogin: async (tenant, name) => {
      const secret = newSecret();
      const principalId = randomUUID();
      const added: Application = {
        clientId: randomUUID(),
        name,
        homeTenant: tenant.id,
        secretDigest: digestOf(secret),
        federatedCredentials: [],
        servicePrincipals: { [tenant.id]: principalId },
      };
      state.applications.push(added);
      await save();
      return { application: added, principalId, secret };
    },

    ensureApplication: async (tenant, name) => {
      const kept = applicationNamed(tenant.id, name);
      if (kept !== null) return kept;
      const added: Application = {
        clientId: randomUUID(),
        name,
        homeTenant: tenant.id,
        secretDigest: null,
        federatedCredentials: [],
        servicePrincipals: { [tenant.id]: randomUUID() },
      };
      state.applications.push(added);
      await save();
      return added;
    },

    renewSecret: async (clientId) => {
      const secret = newSecret();
      application(clientId).secretDigest = digestOf(secret);
      await save();
      return secret;
    },

    ensureServicePrincipal: async (clientId, tenant) => {
      const principalId = (application(clientId).servicePrincipals[tenant.id] ??= randomUUID());
      await save();
      return principalId;
    },

    addFederatedCredential: async (clientId, credential) => {
      const { federatedCredentials } = application(clientId);
      const { issuer, subject, audience } = credential;
      if (
        federatedCredentials.some(
          (entry) => entry.issuer === issuer && entry.subject === subject && entry.audience === audience,
        )
      )
        return;
      federatedCredentials.push(credential);
      await save();
    },

    ensureManagedIdentity: async (tenant, resourceId) => {
      const kept = state.managedIdentities.find((entry) => namesIdentity(entry, resourceId));
      if (kept !== undefined) return kept;
      const added = {
        clientId: randomUUID(),
        principalId: randomUUID(),
        tenantId: tenant.id,
        resourceId,
      };
      state.managedIdentities.push(added);
      await save();
      return added;
    },
  };
}

/** Whether `secret` is the application's client secret. */
export function isSecretOf({ secretDigest }: Application, secret: string): boolean {
  if (secretDigest === null) return false;
  return timingSafeEqual(Buffer.from(secretDigest, 'hex'), Buffer.from(digestOf(secret), 'hex'));
}

function namesIdentity(identity: ManagedIdentity, id: string): boolean {
  return (
    identity.clientId === id ||
    identity.principalId === id ||
    identity.resourceId.toLowerCase() === id.toLowerCase()
  );
}

function newSecret(): string {
  return toBase64Url(randomBytes(30));
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

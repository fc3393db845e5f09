// The local Azure as a whole: opens its state, composes its services, puts them on their ports.

import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { describeCause } from '../errors.js';
import { type AmdProcessor, openAmdProcessor } from './amd/authority.js';
import { emulatedAnchors, renderAnchors } from './anchors.js';
import { type AttestationService, openAttestationService } from './attestation-service/authority.js';
import { createAttestationHandler } from './attestation-service/handler.js';
import type { Clock } from './clock.js';
import { assignDefaultRoles } from './default-roles.js';
import { type FaultSource, openFaultFile } from './faults/fault-file.js';
import { createJsonFetcher } from './http/fetch-json.js';
import {
  type RunningServer,
  serveStream,
  serveWire,
  type StreamHandler,
  type TlsIdentity,
} from './http/serve.js';
import type { WireHandler } from './http/wire.js';
import { createIdentityAuthority, type IdentityAuthority } from './identity/authority.js';
import { createIdentityHandler } from './identity/handler.js';
import { createMetadataHandler } from './identity/metadata-handler.js';
import { openRoleAssignments, type RoleAssignments } from './identity/role-assignments.js';
import {
  CONTROL_PLANE_ROLES,
  KEY_VAULT_ROLES,
  MANAGED_HSM_ROLES,
  STORAGE_ROLES,
} from './identity/role-definitions.js';
import { RESOURCES } from './identity/constants.js';
import { copyKeysFromCache, keepKeysInCache } from './key-cache.js';
import { createOpenIdResolver } from './managed-hsm/openid-resolver.js';
import { openKeyHost } from './managed-hsm/authority.js';
import { MANAGED_HSM } from './managed-hsm/constants.js';
import { createKeyHostHandler } from './managed-hsm/handler.js';
import { DEFAULT_PARTIES, ensureParties, type PartyRecord, RESOURCE_GROUP } from './parties.js';
import {
  type EmulatorEndpoints,
  type EmulatorParty,
  publishFiles,
  type PublishedFiles,
} from './published-files.js';
import { createRegistryHandler } from './registry/handler.js';
import { openImageStore } from './registry/image-store.js';
import { openGroupRecords } from './resource-manager/group-records.js';
import { MAX_REQUEST_BYTES } from './resource-manager/constants.js';
import { createResourceManagerHandler } from './resource-manager/handler.js';
import { createImageCache } from './room-host/images.js';
import { createRoomHost, type RunningRoomHost } from './room-host/room-host.js';
import { makeRuntimeDirectory, noteStorageProcess } from './runtime-directory.js';
import { lockDirectory } from './state/directory-lock.js';
import { openPortBook, type PortBook } from './state/ports.js';
import { ensureMarker, openStateStore, type StateStore } from './state/state-store.js';
import { startStorage } from './storage/storage.js';
import { type LocalImage, provideSidecarImage } from './sidecar-image.js';
import { sharedTlsIdentity } from './shared-tls.js';
import { createTlsAuthority, type TlsAuthority } from './tls/authority.js';
import { openUtilityVm, type UtilityVm } from './uvm/authority.js';
import { createCertificatesHandler, securityContextFiles } from './uvm/security-context.js';

export interface EmulatorOptions {
  /** The state directory; made where it is missing. */
  readonly directory: string;
  /** Parties to have besides those that the directory has; contoso (the host) and fabrikam if absent. */
  readonly parties?: readonly string[];
  /** Told what happens, a line at a time; never secrets or text. */
  readonly log?: (line: string) => void;
  /** Whether services refuse tokens of other tenants than their own, as Azure does; false if absent. */
  readonly strictTenants?: boolean;
  /** Directory that keeps the slow keys of the emulated hardware for other emulators of this user: for tests and demos. */
  readonly keyCache?: string;
  /** For tests that move the time; the system's if absent. */
  readonly clock?: Clock;
}

export interface RunningEmulator extends PublishedFiles {
  readonly directory: string;
  readonly endpoints: EmulatorEndpoints;
  /** The first is the host. */
  readonly parties: readonly EmulatorParty[];
  /** The stand-in for the key release sidecar; null before `npm run build`. */
  readonly sidecarImage: LocalImage | null;
  /** Ends every server and process; all state is on disk when it resolves. */
  stop(): Promise<void>;
}

/**
 * Starts the local Azure on a state directory.
 *
 * @throws CleanroomError EMULATOR_ALREADY_RUNNING, EMULATOR_PORT_TAKEN, EMULATOR_STATE_CORRUPT, EMULATOR_START_FAILED,
 *   OPTIONAL_PACKAGE_MISSING
 */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(directory);
  const closers: (() => Promise<void>)[] = [() => lock.release()];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return { ...(await openServices(directory, options, closers)), stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

type Closers = (() => Promise<void>)[];

/** What all services share. */
interface Base {
  readonly directory: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly ports: PortBook;
  readonly tls: TlsAuthority;
  readonly identity: IdentityAuthority;
  readonly azureRoles: RoleAssignments;
  readonly strictTenants: boolean;
  readonly parties: readonly PartyRecord[];
  readonly runtimeDirectory: string;
  readonly faults: FaultSource;
  readonly closers: Closers;
}

interface Hardware {
  readonly processor: AmdProcessor;
  readonly utilityVm: UtilityVm;
}

async function openServices(
  directory: string,
  options: EmulatorOptions,
  closers: Closers,
): Promise<Omit<RunningEmulator, 'stop'>> {
  const store = await openStateStore(join(directory, 'state'));
  const marker = await ensureMarker(store);
  const clock = options.clock ?? ((): Date => new Date());
  const hardware = openHardware(store, clock, options.keyCache);
  hardware.catch(() => undefined);
  const base = await openBase(directory, store, clock, options, closers);
  const storage = startStorage({ ...base, accounts: base.parties });
  closers.push(() =>
    storage.then(
      (running) => running.stop(),
      () => undefined,
    ),
  );
  const { processor, utilityVm } = await hardware;
  const attestation = await openAttestation(base, { processor, utilityVm });
  const hsmRoles = new Map<string, RoleAssignments>();
  const vaults = new Map<string, string>();
  for (const party of base.parties) vaults.set(party.name, await openHsm(base, party, hsmRoles));
  await assignDefaultRoles(base.parties, base.identity.directory, base.azureRoles, hsmRoles);
  const { url: authority } = await put(base, 'identity', createIdentityHandler(base.identity, clock));
  const { blob, queue, pid } = await storage;
  await noteStorageProcess(store, base.runtimeDirectory, pid);
  const { registry, host, sidecarImage } = await openRooms(base, { processor, utilityVm }, marker.id);
  const resourceManager = await openResourceManager(base, host);
  const endpoints = { authority, resourceManager, attestation: attestation.issuer, registry, blob, queue };
  const parties = base.parties.map((party) => describeParty(party, vaults.get(party.name) ?? '', endpoints));
  const files = await publishFiles(directory, {
    endpoints,
    parties,
    anchors: renderAnchors({ processors: [processor], utilityVm, attestationServices: [attestation] }),
    tlsRoots: base.tls.rootPem,
  });
  return { directory, endpoints, parties, sidecarImage, ...files };
}

async function openBase(
  directory: string,
  store: StateStore,
  clock: Clock,
  options: EmulatorOptions,
  closers: Closers,
): Promise<Base> {
  const log = options.log ?? ((): void => undefined);
  const runtimeDirectory = await makeRuntimeDirectory(store);
  closers.push(() => rm(runtimeDirectory, { recursive: true, force: true }));
  const identity = await createIdentityAuthority(store, clock);
  const roleDefinitions = [STORAGE_ROLES, CONTROL_PLANE_ROLES, KEY_VAULT_ROLES].flatMap((roles) =>
    Object.values(roles),
  );
  return {
    directory,
    store,
    clock,
    log,
    ports: await openPortBook(store),
    tls: await createTlsAuthority(store, clock),
    identity,
    azureRoles: await openRoleAssignments(store, 'azure', roleDefinitions),
    strictTenants: options.strictTenants ?? false,
    parties: await ensureParties(
      options.parties ?? DEFAULT_PARTIES,
      identity.directory,
      store,
      join(directory, 'secrets'),
    ),
    runtimeDirectory,
    faults: openFaultFile(directory),
    closers,
  };
}

async function openHardware(store: StateStore, clock: Clock, cache: string | undefined): Promise<Hardware> {
  if (cache !== undefined) await copyKeysFromCache(cache, store);
  const [processor, utilityVm] = await Promise.all([
    openAmdProcessor(store, clock),
    openUtilityVm(store, clock),
  ]);
  if (cache !== undefined) await keepKeysInCache(cache, store);
  return { processor, utilityVm };
}

async function openAttestation(base: Base, { processor, utilityVm }: Hardware): Promise<AttestationService> {
  const service = await openAttestationService({
    issuer: `https://127.0.0.1:${await base.ports('attestation')}`,
    store: base.store,
    clock: base.clock,
    anchors: emulatedAnchors({ processors: [processor], utilityVm, attestationServices: [] }),
  });
  await put(base, 'attestation', createAttestationHandler(service));
  return service;
}

/** The party's managed HSM; returns its `host:port`. */
async function openHsm(
  base: Base,
  party: PartyRecord,
  hsmRoles: Map<string, RoleAssignments>,
): Promise<string> {
  const { store, clock, identity, tls, parties, strictTenants } = base;
  const service = `hsm-${party.name}`;
  const address = `127.0.0.1:${await base.ports(service)}`;
  const roles = await openRoleAssignments(store, service, Object.values(MANAGED_HSM_ROLES));
  hsmRoles.set(party.name, roles);
  const signer = await tls.issue(service, ['127.0.0.1', 'localhost', address]);
  const host = await openKeyHost({
    id: party.name,
    kind: MANAGED_HSM,
    url: `https://${address}`,
    store,
    clock,
    signer,
    resolveAuthority: createOpenIdResolver(createJsonFetcher(tls.rootPem)),
  });
  const handler = createKeyHostHandler({
    host,
    identity,
    roles,
    scope: '',
    tenantId: party.tenantId,
    alsoTenants: strictTenants ? [] : parties.map(({ tenantId }) => tenantId),
    // Its host name lacks `managedhsm`: Microsoft's sidecar then asks for a token of the vault (azure-wire 4.1).
    alsoAudiences: [RESOURCES.vault],
    clock,
  });
  await put(base, service, handler, { cert: signer.chainPem, key: signer.privateKeyPem });
  return address;
}

interface OpenedRooms {
  readonly registry: string;
  readonly host: RunningRoomHost;
  readonly sidecarImage: LocalImage | null;
}

async function openRooms(
  base: Base,
  { processor, utilityVm }: Hardware,
  emulatorId: string,
): Promise<OpenedRooms> {
  const images = await openImageStore(join(base.directory, 'registry'));
  const sidecarImage = await provideSidecarImage(base.directory, images, base.log);
  const { url: registry } = await putStream(base, 'registry', createRegistryHandler(images));
  const certificates = createCertificatesHandler(processor);
  const host = createRoomHost({
    images: createImageCache(images, join(base.runtimeDirectory, 'images')),
    launchGuest: (hostData, ccePolicy) => {
      const guest = processor.launchGuest(utilityVm.measurement, hostData);
      return {
        files: securityContextFiles(ccePolicy, processor, utilityVm),
        signReport: (reportData) => processor.signReport(guest, reportData),
      };
    },
    metadata: (group) =>
      createMetadataHandler(
        { resourceId: group.id, identities: group.identities },
        { identity: base.identity, clock: base.clock, certificates },
      ),
    directory: base.directory,
    runtimeDirectory: base.runtimeDirectory,
    emulatorId,
  });
  return { registry, host, sidecarImage };
}

async function openResourceManager(base: Base, host: RunningRoomHost): Promise<string> {
  const { faults } = base;
  const onFailure = (failure: unknown): void => base.log(`container groups: ${describeCause(failure)}`);
  const groups = await openGroupRecords({ store: base.store, host, faults, onFailure });
  const resourceGroups = base.parties.map(
    ({ subscription }) => `/subscriptions/${subscription}/resourcegroups/${RESOURCE_GROUP}`,
  );
  const handler = createResourceManagerHandler({
    identity: base.identity,
    roles: base.azureRoles,
    clock: base.clock,
    groups,
    host,
    faults,
    hasResourceGroup: (id) => resourceGroups.includes(id.toLowerCase()),
  });
  const { url } = await put(base, 'resource-manager', handler);
  const resumed = groups.resume().catch(onFailure);
  base.closers.push(async () => {
    await host.close();
    await Promise.all([groups.close(), resumed]);
  });
  return url;
}

async function put(
  base: Base,
  service: string,
  handler: WireHandler,
  tls?: TlsIdentity,
): Promise<RunningServer> {
  const server = await serveWire(handler, await listenOptions(base, service, tls));
  base.closers.push(() => server.close());
  return server;
}

async function putStream(base: Base, service: string, handler: StreamHandler): Promise<RunningServer> {
  const server = await serveStream(handler, await listenOptions(base, service, undefined));
  base.closers.push(() => server.close());
  return server;
}

async function listenOptions(base: Base, service: string, tls: TlsIdentity | undefined) {
  return {
    port: await base.ports(service),
    tls: tls ?? (await sharedTlsIdentity(base.tls)),
    maxBodyBytes: MAX_REQUEST_BYTES,
    onFailure: (failure: unknown) =>
      base.log(
        `${service}: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
      ),
  };
}

function describeParty(party: PartyRecord, vault: string, { blob, queue }: EmulatorEndpoints): EmulatorParty {
  return {
    name: party.name,
    tenantId: party.tenantId,
    subscription: party.subscription,
    resourceGroup: RESOURCE_GROUP,
    clientId: party.clientId,
    secretFile: party.secretFile,
    vault,
    storageAccount: `${blob}/${party.accountName}`,
    queueAccount: `${queue}/${party.accountName}`,
    roomIdentity: party.roomIdentityId,
  };
}

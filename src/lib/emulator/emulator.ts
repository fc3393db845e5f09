// The local Azure as a whole: opens its state, composes its services, puts them on their ports.

import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { describeCause } from '../base/errors.js';
import { renderAnchors } from './anchors.js';
import type { Clock } from './clock.js';
import { appointCryptoOfficers, assignDefaultRoles, type CryptoOfficer } from './default-roles.js';
import { openFaultFile } from './faults/fault-file.js';
import { createIdentityAuthority } from './identity/authority.js';
import { createIdentityHandler } from './identity/handler.js';
import { createMetadataHandler } from './identity/metadata-handler.js';
import { openCluster } from './kubernetes/cluster.js';
import { openRoleAssignments, type RoleAssignments } from './identity/role-assignments.js';
import { CONTROL_PLANE_ROLES, KEY_VAULT_ROLES, STORAGE_ROLES } from './identity/role-definitions.js';
import { DEFAULT_PARTIES, ensureParties, RESOURCE_GROUP } from './parties.js';
import { describeParty, listResources, vaultsOf } from './party-resources.js';
import {
  type EmulatorEndpoints,
  type EmulatorParty,
  publishFiles,
  type PublishedFiles,
  type RoomsStatus,
} from './published-files.js';
import { createRegistryHandler } from './registry/handler.js';
import { openImageStore } from './registry/image-store.js';
import { openDeploymentRecords } from './resource-manager/deployments/deployment-records.js';
import { openGroupRecords } from './resource-manager/group-records.js';
import { createResourceManagerHandler } from './resource-manager/handler.js';
import { createInventory, type ListedResource } from './resource-manager/inventory.js';
import { ownLayers } from './own-layers.js';
import { chooseIsolation, layoutFor } from './room-host/choose-isolation.js';
import { createImageCache } from './room-host/images.js';
import type { SocketAddress } from './room-host/namespaces/group-network.js';
import type { RoomIsolation, RoomsOption } from './room-host/namespaces/probe.js';
import { createRoomHost, type RunningRoomHost } from './room-host/room-host.js';
import { makeRuntimeDirectory, noteStorageProcess } from './runtime-directory.js';
import { type Closers, putService, putStreamService, type ServiceBase } from './service-base.js';
import { type LocalImage, provideSidecarImage } from './sidecar-image.js';
import { lockDirectory } from './state/directory-lock.js';
import { openPortBook } from './state/ports.js';
import { ensureMarker, openStateStore, type StateStore } from './state/state-store.js';
import { startStorage } from './storage/storage.js';
import { createTlsAuthority } from './tls/authority.js';
import {
  type Hardware,
  openAttestation,
  openHardware,
  openVaults,
  type PartyVaults,
} from './trust-services.js';
import { createCertificatesHandler, securityContextFiles } from './uvm/security-context.js';
import { requireLinux } from './require-linux.js';

export interface EmulatorOptions {
  /** The state directory; made where it is missing. */
  readonly directory: string;
  /** Parties to have besides those that the directory has; contoso (the host) and fabrikam if absent. */
  readonly parties?: readonly string[];
  /** Logins that are Crypto Officer of another party's HSM besides; nobody is, if absent. */
  readonly cryptoOfficers?: readonly CryptoOfficer[];
  /** Told what happens, a line at a time; never secrets or text. */
  readonly log?: (line: string) => void;
  /** Whether rooms get namespaces of their own; where they work, if absent. */
  readonly rooms?: RoomsOption;
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
  /** File by which kubectl finds the local cluster, as the host. */
  readonly kubeconfigPath: string;
  /** What rooms get on this machine. */
  readonly rooms: RoomsStatus;
  /** The stand-in for the key release sidecar; null before `npm run build`. */
  readonly sidecarImage: LocalImage | null;
  /** Ends every server and process; all state is on disk when it resolves. */
  stop(): Promise<void>;
}

/**
 * Starts the local Azure on a state directory.
 *
 * @throws CleanroomError LOCAL_AZURE_NEEDS_LINUX, EMULATOR_ALREADY_RUNNING, EMULATOR_PORT_TAKEN, EMULATOR_STATE_CORRUPT, EMULATOR_START_FAILED,
 *   OPTIONAL_PACKAGE_MISSING
 */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  requireLinux(process.platform);
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

async function openServices(
  directory: string,
  options: EmulatorOptions,
  closers: Closers,
): Promise<Omit<RunningEmulator, 'stop'>> {
  const store = await openStateStore(join(directory, 'state'));
  const marker = await ensureMarker(store);
  const clock = options.clock ?? ((): Date => new Date());
  const isolationChosen = chooseIsolation(options.rooms ?? 'auto');
  isolationChosen.catch(() => undefined);
  const hardware = openHardware(store, clock, options.keyCache);
  const hardwareEnded = hardware.then(
    () => undefined,
    () => undefined,
  );
  closers.push(() => hardwareEnded);
  const base = await openBase(directory, store, clock, options, closers);
  const storage = startStorage({ ...base, accounts: base.parties });
  /* Heard of at once, though it is awaited later: a failure that nobody heard of would end the process. */
  const stopStorage = storage.then(
    (running) => () => running.stop(),
    () => () => Promise.resolve(),
  );
  closers.push(async () => (await stopStorage)());
  const { processor, utilityVm, hsmMaker, releases } = await hardware;
  const attestation = await openAttestation(base, { processor, utilityVm });
  const hsmRoles = new Map<string, RoleAssignments>();
  const vaults = new Map<string, PartyVaults>();
  for (const party of base.parties)
    vaults.set(party.name, await openVaults(base, party, { hsmMaker }, hsmRoles));
  await assignDefaultRoles(base.parties, base.identity.directory, base.azureRoles, hsmRoles);
  await appointCryptoOfficers(options.cryptoOfficers ?? [], base.parties, hsmRoles, base.azureRoles);
  const { url: authority } = await putService(base, 'identity', createIdentityHandler(base.identity, clock));
  const { blob, pid } = await storage;
  base.addresses.push(addressOf(blob));
  const isolation = await isolationChosen;
  await noteStorageProcess(store, base.runtimeDirectory, pid);
  const { registry, host, sidecarImage } = await openRooms(
    base,
    { processor, utilityVm },
    marker.id,
    isolation,
  );
  const resourceManager = await openResourceManager(base, host, {
    resources: listResources(base.parties, vaults, blob),
    authority,
  });
  const { url: kubernetes, kubeconfigPath } = await openCluster(base, host);
  const endpoints = {
    authority,
    resourceManager,
    attestation: attestation.issuer,
    registry,
    blob,
    kubernetes,
  };
  const parties = base.parties.map((party) =>
    describeParty(party, vaultsOf(vaults, party), endpoints, base.identity.directory),
  );
  const rooms: RoomsStatus =
    isolation.kind === 'namespaces'
      ? { kind: 'namespaces', why: null }
      : { kind: 'processes', why: isolation.why };
  const files = await publishFiles(directory, {
    endpoints,
    parties,
    rooms,
    anchors: renderAnchors({
      processors: [processor],
      utilityVm,
      attestationServices: [attestation],
      hsmMaker,
      releases,
    }),
    statements: releases.statements,
    tlsRoots: base.tls.rootPem,
    kubeconfigPath,
  });
  return { directory, endpoints, parties, rooms, sidecarImage, kubeconfigPath, ...files };
}

/* Of a service's URL. */
function addressOf(url: string): SocketAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

async function openBase(
  directory: string,
  store: StateStore,
  clock: Clock,
  options: EmulatorOptions,
  closers: Closers,
): Promise<ServiceBase> {
  const log = options.log ?? ((): void => undefined);
  const runtimeDirectory = await makeRuntimeDirectory(store);
  const removeRuntime = (): void => rmSync(runtimeDirectory, { recursive: true, force: true });
  process.once('exit', removeRuntime);
  closers.push(() => {
    process.off('exit', removeRuntime);
    removeRuntime();
    return Promise.resolve();
  });
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
    addresses: [],
    faults: openFaultFile(directory),
    closers,
  };
}

interface OpenedRooms {
  readonly registry: string;
  readonly host: RunningRoomHost;
  readonly sidecarImage: LocalImage | null;
}

async function openRooms(
  base: ServiceBase,
  { processor, utilityVm }: Pick<Hardware, 'processor' | 'utilityVm'>,
  emulatorId: string,
  isolation: RoomIsolation,
): Promise<OpenedRooms> {
  let own: Promise<ReadonlySet<string>> | undefined;
  const images = await openImageStore(join(base.directory, 'registry'));
  const sidecarImage = await provideSidecarImage(base.directory, images, base.log);
  const { url: registry } = await putStreamService(base, 'registry', createRegistryHandler(images));
  const certificates = createCertificatesHandler(processor);
  const host = createRoomHost({
    images: createImageCache(images, join(base.runtimeDirectory, 'images'), layoutFor(isolation)),
    isolation,
    services: () => base.addresses,
    ownLayers: () => (own ??= ownLayers()),
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

async function openResourceManager(
  base: ServiceBase,
  host: RunningRoomHost,
  { resources, authority }: { readonly resources: readonly ListedResource[]; readonly authority: string },
): Promise<string> {
  const { faults } = base;
  const onFailure = (failure: unknown): void => base.log(`container groups: ${describeCause(failure)}`);
  const groups = await openGroupRecords({ store: base.store, host, faults, onFailure });
  const endpoints = {
    authority,
    resourceManager: `https://127.0.0.1:${await base.ports('resource-manager')}`,
  };
  const handler = createResourceManagerHandler({
    identity: base.identity,
    roles: base.azureRoles,
    clock: base.clock,
    groups,
    host,
    faults,
    deployments: await openDeploymentRecords(base.store),
    directory: base.identity.directory,
    endpoints,
    inventory: createInventory({
      subscriptions: base.parties.map(({ subscription, name, tenantId }) => ({
        id: subscription,
        name,
        tenantId,
      })),
      resourceGroup: RESOURCE_GROUP,
      resources,
      roles: base.azureRoles,
    }),
  });
  const { url } = await putService(base, 'resource-manager', handler);
  const resumed = groups.resume().catch(onFailure);
  base.closers.push(async () => {
    await host.close();
    await Promise.all([groups.close(), resumed]);
  });
  return url;
}

// What every service of the local Azure is given, and how one is put on its kept port.

import type { Clock } from './clock.js';
import type { FaultSource } from './faults/fault-file.js';
import {
  type RunningServer,
  type ServeOptions,
  serveStream,
  serveWire,
  type StreamHandler,
  type TlsIdentity,
} from './http/serve.js';
import type { WireHandler } from './http/wire.js';
import type { IdentityAuthority } from './identity/authority.js';
import type { RoleAssignments } from './identity/role-assignments.js';
import type { PartyRecord } from './parties.js';
import { MAX_REQUEST_BYTES } from './resource-manager/constants.js';
import { sharedTlsIdentity } from './shared-tls.js';
import type { PortBook } from './state/ports.js';
import type { StateStore } from './state/state-store.js';
import type { TlsAuthority } from './tls/authority.js';

/** Run in reverse when the emulator ends. */
export type Closers = (() => Promise<void>)[];

/** What all services share. */
export interface ServiceBase {
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
  /** Where services listen: what rooms with a network of their own can reach. */
  readonly addresses: { readonly host: string; readonly port: number }[];
  readonly faults: FaultSource;
  readonly closers: Closers;
}

/** Serves a handler on the port of `service`, at 127.0.0.1 where no other host is given. @throws CleanroomError EMULATOR_PORT_TAKEN */
export async function putService(
  base: ServiceBase,
  service: string,
  handler: WireHandler,
  tls?: TlsIdentity,
  host?: string,
): Promise<RunningServer> {
  const options = await listenOptions(base, service, tls);
  const server = await serveWire(handler, host === undefined ? options : { ...options, host });
  base.closers.push(() => server.close());
  base.addresses.push({ host: host ?? '127.0.0.1', port: server.port });
  return server;
}

/** The same for a handler that streams. */
export async function putStreamService(
  base: ServiceBase,
  service: string,
  handler: StreamHandler,
): Promise<RunningServer> {
  const server = await serveStream(handler, await listenOptions(base, service, undefined));
  base.closers.push(() => server.close());
  base.addresses.push({ host: '127.0.0.1', port: server.port });
  return server;
}

async function listenOptions(
  base: ServiceBase,
  service: string,
  tls: TlsIdentity | undefined,
): Promise<ServeOptions> {
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

// The room host: measures a group's images, asks its policy, and only then starts the processes.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describeCause } from '../../base/errors.js';
import { type RunningServer, serveWire } from '../http/serve.js';
import type { WireHandler } from '../http/wire.js';
import { type RunningContainer, startContainer, type StartedProcess } from './container-process.js';
import { readLog } from './container-log.js';
import { createEventLog, type EventLog } from './event-log.js';
import type {
  ContainerSpec,
  ContainerView,
  GroupSpec,
  GroupState,
  GroupView,
  LaunchFailure,
  RoomHost,
} from './group-spec.js';
import type { ImageCache } from './images.js';
import { injectedEnvironment } from './injected-environment.js';
import { isNodeProgram, startOnMachine } from './machine-process.js';
import { type Bind, startInNamespaces } from './namespaces/bubblewrap.js';
import { type GroupNetwork, openGroupNetwork, type SocketAddress } from './namespaces/group-network.js';
import { readImageUser } from './namespaces/image-user.js';
import { makeMountPoint } from './namespaces/mount-point.js';
import type { RoomIsolation } from './namespaces/probe.js';
import { roomUser } from './namespaces/room-user.js';
import { renderNamespace } from './network-namespace.js';
import { type AdmittedContainer, admitByPolicy, admitPlain, type ContainerPlan } from './policy-admission.js';
import { keepRunningContainers, type RunningContainers } from './running-containers.js';
import { type GuestLauncher, openSecurityContext, type SecurityContext } from './security-context.js';
import { prepareVolumes, type PreparedVolume } from './volumes.js';

export interface RoomHostOptions {
  readonly images: ImageCache;
  readonly launchGuest: GuestLauncher;
  /** The metadata service as one group sees it. */
  readonly metadata: (group: GroupSpec) => WireHandler;
  /** Kept over restarts: logs, and the directories that stand for Azure file shares. */
  readonly directory: string;
  /** Short-lived and short enough for socket paths. */
  readonly runtimeDirectory: string;
  /** Tells this emulator's addresses from another's. */
  readonly emulatorId: string;
  /** What this machine gives rooms. */
  readonly isolation: RoomIsolation;
  /** Where the local Azure's services listen: what a group with a network of its own can reach. */
  readonly services: () => readonly SocketAddress[];
  /** Root hashes of layers whose programs may run as processes of this machine: this installation's own. */
  readonly ownLayers: () => Promise<ReadonlySet<string>>;
}

/** The host, with the end of everything it runs. */
export interface RunningRoomHost extends RoomHost {
  close(): Promise<void>;
}

export function createRoomHost(options: RoomHostOptions): RunningRoomHost {
  const rooms = new Map<string, Room>();
  const running = keepRunningContainers(options.directory);
  const keyOf = (id: string): string => id.toLowerCase();
  let closed = false;
  const roomOf = (spec: GroupSpec): Room => {
    const room = new Room(spec, options, running);
    rooms.set(keyOf(spec.id), room);
    return room;
  };
  return {
    inaccessibleImage: async ({ containers }) => {
      for (const { image } of containers) if (!(await options.images.has(image))) return image;
      return null;
    },
    launch: async (spec) => {
      await rooms.get(keyOf(spec.id))?.halt();
      return closed ? null : roomOf(spec).launch();
    },
    halt: async (id) => rooms.get(keyOf(id))?.halt(),
    remove: async (id) => {
      const room = rooms.get(keyOf(id));
      rooms.delete(keyOf(id));
      await room?.halt();
      await room?.forget();
    },
    view: (id) => rooms.get(keyOf(id))?.view() ?? null,
    logs: async (id, container) => rooms.get(keyOf(id))?.logs(container) ?? null,
    close: async () => {
      closed = true;
      await Promise.all([...rooms.values()].map((room) => room.halt()));
    },
  };
}

interface Mount {
  /** In the container. */
  readonly path: string;
  readonly directory: string;
  readonly readOnly: boolean;
}

/* The instance metadata service, at the address that every cloud guest knows. */
const METADATA: SocketAddress = { host: '169.254.169.254', port: 80 };
/* ACI's guest has another one each time; programs are told by UVM_SECURITY_CONTEXT_DIR. */
const CONTEXT_PATH = '/security-context';
const FIXED = { readOnly: true } as const;

/** One container group while the emulator runs. */
class Room {
  private readonly key: string;
  private readonly address: string;
  private readonly events: EventLog = createEventLog();
  private readonly containerEvents = new Map<string, EventLog>();
  private containers = new Map<string, RunningContainer>();
  private metadata: RunningServer | null = null;
  private network: GroupNetwork | null = null;
  private context: SecurityContext | null = null;
  private denied = false;
  private halted = false;
  private launching: Promise<LaunchFailure | null> = Promise.resolve(null);

  constructor(
    private readonly spec: GroupSpec,
    private readonly options: RoomHostOptions,
    private readonly running: RunningContainers,
  ) {
    this.key = createHash('sha256').update(spec.id.toLowerCase()).digest('hex').slice(0, 12);
    this.address = loopbackAddress(options.emulatorId, spec.id);
    for (const { name } of spec.containers) this.containerEvents.set(name, createEventLog());
  }

  launch(): Promise<LaunchFailure | null> {
    this.launching = this.admitAndStart();
    return this.launching;
  }

  private async admitAndStart(): Promise<LaunchFailure | null> {
    const plans: ContainerPlan[] = [];
    for (const container of this.spec.containers) {
      try {
        plans.push(await this.plan(container));
      } catch (cause) {
        return this.fail(container.name, describeCause(cause));
      }
    }
    const { ccePolicy } = this.spec;
    const admission = ccePolicy === null ? admitPlain(plans) : admitByPolicy(this.spec, ccePolicy, plans);
    if (!admission.allowed) return this.fail(admission.container, admission.message);
    const refusal = await this.refuseWithoutNamespaces(plans);
    if (refusal !== null) return refusal;
    try {
      if (!this.halted) await this.start(admission.containers);
      return null;
    } catch (cause) {
      await this.endProcesses();
      return this.fail(this.spec.containers[0]?.name ?? '', describeCause(cause));
    }
  }

  /* Without namespaces nothing but Node's permission model stands between a program and this machine's user. */
  private async refuseWithoutNamespaces(plans: readonly ContainerPlan[]): Promise<LaunchFailure | null> {
    const { isolation, ownLayers } = this.options;
    if (isolation.kind === 'namespaces') return null;
    const own = await ownLayers();
    for (const { spec, image, command } of plans) {
      const isOwn =
        image.layers.some((layer) => own.has(layer)) &&
        image.layers.slice(1).every((layer) => own.has(layer));
      if (isOwn && isNodeProgram(command)) continue;
      return this.fail(
        spec.name,
        `ROOM_NEEDS_NAMESPACES: the image is not this installation's own program, and this machine gives rooms no namespaces (${isolation.why})`,
      );
    }
    return null;
  }

  /** Ends what runs; a launch under way comes to its end first, and starts nothing more. */
  async halt(): Promise<void> {
    this.halted = true;
    await this.launching;
    await this.endProcesses();
  }

  private async endProcesses(): Promise<void> {
    await Promise.all([...this.containers.values()].map((container) => container.stop()));
    await this.network?.close();
    await this.metadata?.close();
    await this.context?.close();
    this.network = null;
    this.metadata = null;
    this.context = null;
    await rm(this.runtimePath(), { recursive: true, force: true });
  }

  /** Removes what was kept: the logs. */
  async forget(): Promise<void> {
    await rm(this.logDirectory(), { recursive: true, force: true });
  }

  view(): GroupView {
    const containers = this.spec.containers.map((container) => this.viewOf(container));
    return {
      state: this.state(containers),
      address: this.address,
      events: this.events.events,
      containers,
    };
  }

  async logs(container: string): Promise<string | null> {
    if (!this.spec.containers.some(({ name }) => name === container)) return null;
    return readLog(this.logFile(container));
  }

  private async plan(spec: ContainerSpec): Promise<ContainerPlan> {
    const events = this.containerEvents.get(spec.name);
    events?.add('Normal', 'Pulling', `pulling image "${spec.image}"`);
    const image = await this.options.images.prepare(spec.image);
    events?.add('Normal', 'Pulled', `Successfully pulled image "${spec.image}"`);
    const deployed = spec.environment.map(({ name, value }) => `${name}=${value}`);
    const named = new Set(spec.environment.map(({ name }) => name));
    const inherited = image.environment.filter((entry) => !named.has(entry.slice(0, entry.indexOf('='))));
    return {
      spec,
      image,
      command: spec.command ?? image.entrypoint,
      environment: [
        ...deployed,
        ...inherited,
        ...injectedEnvironment(
          this.spec,
          spec.name,
          this.options.isolation.kind === 'namespaces' ? '/tmp' : this.scratch(spec.name),
        ),
      ],
    };
  }

  private async start(admitted: readonly AdmittedContainer[]): Promise<void> {
    const { ccePolicy } = this.spec;
    await mkdir(this.runtimePath(), { recursive: true, mode: 0o700 });
    await mkdir(this.logDirectory(), { recursive: true, mode: 0o700 });
    this.metadata = await serveWire(this.options.metadata(this.spec), {
      host: this.address,
      port: 0,
      tls: null,
    });
    if (ccePolicy !== null)
      this.context = await openSecurityContext(this.runtimePath('sc'), ccePolicy, this.options.launchGuest);
    const volumes = await prepareVolumes(
      this.spec.volumes,
      this.options.directory,
      this.runtimePath('volumes'),
      this.options.isolation.kind === 'namespaces' ? roomUser() : null,
    );
    if (this.options.isolation.kind === 'namespaces') this.network = await this.openNetwork(this.metadata);
    for (const container of admitted) {
      if (this.halted) return;
      const started = await this.startOne(container, this.metadata, volumes);
      this.containers.set(container.plan.spec.name, started);
    }
  }

  private async startOne(
    admitted: AdmittedContainer,
    metadata: RunningServer,
    volumes: ReadonlyMap<string, PreparedVolume>,
  ): Promise<RunningContainer> {
    const { spec } = admitted.plan;
    const mounts = spec.volumeMounts.flatMap(({ name, mountPath, readOnly }) => {
      const volume = volumes.get(name);
      return volume === undefined
        ? []
        : [{ path: mountPath, directory: volume.directory, readOnly: readOnly || volume.readOnly }];
    });
    const start =
      this.network === null
        ? await this.onMachine(admitted, metadata, mounts)
        : this.inNamespaces(admitted, this.network, mounts);
    return startContainer(
      {
        name: spec.name,
        start,
        logFile: admitted.stdioAllowed ? this.logFile(spec.name) : null,
        restartPolicy: this.spec.restartPolicy,
        address: this.address,
        liveness: spec.liveness,
        readiness: spec.readiness,
        noted: (pid) => {
          if (this.network !== null || pid === null) this.running.note(this.spec.name, spec.name, pid);
        },
      },
      () => undefined,
    );
  }

  private async onMachine(
    { plan, environment, stdioAllowed }: AdmittedContainer,
    metadata: RunningServer,
    mounts: readonly Mount[],
  ): Promise<() => StartedProcess> {
    const { spec, image, command } = plan;
    const scratch = this.scratch(spec.name);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const namespaceModule = this.runtimePath(`${spec.name}.mjs`);
    await writeFile(
      namespaceModule,
      renderNamespace({
        address: this.address,
        metadata: { host: this.address, port: metadata.port },
        mounts: mounts.map(({ path, directory }) => ({ path, directory })),
      }),
    );
    const context = this.context === null ? [] : [this.context.directory];
    const read = mounts.filter(({ readOnly }) => readOnly).map(({ directory }) => directory);
    const written = mounts.filter(({ readOnly }) => !readOnly).map(({ directory }) => directory);
    return () =>
      startOnMachine({
        command,
        // Of the guest agent, after the policy: it is not the host's to choose.
        environment: [...environment, ...context.map((path) => `UVM_SECURITY_CONTEXT_DIR=${path}`)],
        workingDir: image.workingDir,
        root: image.root,
        namespaceModule,
        readable: [...context, ...read],
        writable: [scratch, ...written],
        stdio: stdioAllowed,
      });
  }

  private inNamespaces(
    { plan, environment, stdioAllowed }: AdmittedContainer,
    network: GroupNetwork,
    mounts: readonly Mount[],
  ): () => StartedProcess {
    const { image, command } = plan;
    const user = roomUser();
    const context = this.context === null ? [] : [this.context.directory];
    const { isolation } = this.options;
    const lent = isolation.kind === 'namespaces' && image.localOnly ? isolation.node.files : [];
    const binds: readonly Bind[] = [
      ...lent.map(([inside, outside]) => ({ inside, outside, ...FIXED })),
      { inside: '/etc/hosts', outside: this.runtimePath('hosts'), ...FIXED },
      { inside: '/etc/resolv.conf', outside: this.runtimePath('resolv.conf'), ...FIXED },
      ...context.map((outside) => ({ inside: CONTEXT_PATH, outside, ...FIXED })),
      ...mounts.map(({ path, directory, readOnly }) => ({
        inside: path,
        outside: directory,
        readOnly,
      })),
    ];
    for (const { inside, outside } of binds)
      makeMountPoint(image.root, inside, statSync(outside).isDirectory() ? 'directory' : 'file', user);
    for (const inside of ['/proc', '/dev', '/tmp']) makeMountPoint(image.root, inside, 'directory', user);
    const program = {
      command,
      environment: [...environment, ...context.map(() => `UVM_SECURITY_CONTEXT_DIR=${CONTEXT_PATH}`)],
      workingDir: image.workingDir,
      root: image.root,
      ...readImageUser(image.root, image.user),
      hostname: `SandboxHost-${this.key}`,
      binds,
      enter: network.enter,
      user,
      stdio: stdioAllowed,
    };
    return () => startInNamespaces(program);
  }

  private async openNetwork(metadata: RunningServer): Promise<GroupNetwork> {
    const network = await openGroupNetwork(roomUser());
    try {
      for (const service of this.options.services()) await network.serve(service, service);
      await network.serve(METADATA, { host: this.address, port: metadata.port });
      network.expose(this.address, this.spec.ports);
      await writeFile(this.runtimePath('hosts'), '127.0.0.1\tlocalhost\n', { mode: 0o644 });
      await writeFile(this.runtimePath('resolv.conf'), '', { mode: 0o644 });
      return network;
    } catch (cause) {
      await network.close();
      throw cause;
    }
  }

  private fail(container: string, message: string): LaunchFailure {
    this.denied = true;
    const text = `Error: Failed to start container ${container}, Error response: ${message}`;
    this.events.add('Warning', 'Failed', text);
    this.containerEvents.get(container)?.add('Warning', 'Failed', text);
    return {
      code: 'ContainerGroupDeploymentFailed',
      message: `The deployment of container group '${this.spec.name}' failed. ${text}`,
    };
  }

  private viewOf({ name }: ContainerSpec): ContainerView {
    const own = this.containerEvents.get(name)?.events ?? [];
    const running = this.containers.get(name)?.view();
    if (running !== undefined) return { ...running, events: [...own, ...running.events] };
    return {
      name,
      currentState: { state: 'Waiting', detailStatus: '' },
      previousState: null,
      restartCount: 0,
      events: own,
    };
  }

  private state(containers: readonly ContainerView[]): GroupState {
    if (this.denied) return 'Failed';
    if (this.halted) return 'Stopped';
    const states = containers.map(({ currentState }) => currentState);
    if (states.some(({ state }) => state === 'Running')) return 'Running';
    if (!states.every(({ state }) => state === 'Terminated')) return 'Pending';
    return states.every(({ exitCode }) => exitCode === 0) ? 'Succeeded' : 'Failed';
  }

  private runtimePath(name = ''): string {
    return join(this.options.runtimeDirectory, this.key, name);
  }

  private scratch(container: string): string {
    return this.runtimePath(join('scratch', container));
  }

  private logDirectory(): string {
    return join(this.options.directory, 'logs', this.key);
  }

  private logFile(container: string): string {
    return join(this.logDirectory(), `${container}.log`);
  }
}

/** 127.x.y.z of a group: the same after each restart, another one in another emulator. Never 127.0.y.z. */
function loopbackAddress(emulatorId: string, groupId: string): string {
  const digest = createHash('sha256').update(`${emulatorId} ${groupId.toLowerCase()}`).digest();
  const [a = 0, b = 0, c = 0] = digest;
  return `127.${(a % 254) + 1}.${b}.${(c % 254) + 1}`;
}

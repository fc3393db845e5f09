// One container group while the emulator runs: admitted by its policy, then started, shown and ended.

import { mkdir, rm } from 'node:fs/promises';

import { describeCause } from '../../base/errors.js';
import { type RunningServer, serveWire } from '../http/serve.js';
import type { WireHandler } from '../http/wire.js';
import { type RunningContainer, startContainer } from './container-process.js';
import { readLog } from './container-log.js';
import { foreignProgram, planContainer } from './container-plan.js';
import { createEventLog, type EventLog } from './event-log.js';
import type {
  ContainerSpec,
  ContainerView,
  GroupSpec,
  GroupState,
  GroupView,
  LaunchFailure,
} from './group-spec.js';
import { stateOf, waitingContainer } from './group-view.js';
import type { ImageCache } from './images.js';
import { isNodeProgram } from './machine-process.js';
import type { GroupNetwork, SocketAddress } from './namespaces/group-network.js';
import { limitMemory, type MemoryLimit } from './namespaces/memory-limit.js';
import type { RoomIsolation } from './namespaces/probe.js';
import { roomUser } from './namespaces/room-user.js';
import { type AdmittedContainer, admitByPolicy, admitPlain, type ContainerPlan } from './policy-admission.js';
import { openRoomNetwork } from './room-network.js';
import { type HostDirectories, roomPlaces, type RoomPlaces } from './room-places.js';
import { programInNamespaces, programOnMachine } from './room-program.js';
import type { RunningContainers } from './running-containers.js';
import { type GuestLauncher, openSecurityContext, type SecurityContext } from './security-context.js';
import { prepareVolumes, type PreparedVolume } from './volumes.js';

export interface RoomHostOptions extends HostDirectories {
  readonly images: ImageCache;
  readonly launchGuest: GuestLauncher;
  /** The metadata service as one group sees it. */
  readonly metadata: (group: GroupSpec) => WireHandler;
  /** What this machine gives rooms. */
  readonly isolation: RoomIsolation;
  /** Where the local Azure's services listen: what a group with a network of its own can reach. */
  readonly services: () => readonly SocketAddress[];
  /** Root hashes of layers whose programs may run as processes of this machine: this installation's own. */
  readonly ownLayers: () => Promise<ReadonlySet<string>>;
}

/** One container group while the emulator runs. */
export class Room {
  private readonly places: RoomPlaces;
  private readonly events: EventLog = createEventLog();
  private readonly containerEvents = new Map<string, EventLog>();
  private containers = new Map<string, RunningContainer>();
  private metadata: RunningServer | null = null;
  private network: GroupNetwork | null = null;
  private context: SecurityContext | null = null;
  private readonly limits: MemoryLimit[] = [];
  private denied = false;
  private halted = false;
  private launching: Promise<LaunchFailure | null> = Promise.resolve(null);

  constructor(
    private readonly spec: GroupSpec,
    private readonly options: RoomHostOptions,
    private readonly running: RunningContainers,
  ) {
    this.places = roomPlaces(spec.id, options);
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

  private async refuseWithoutNamespaces(plans: readonly ContainerPlan[]): Promise<LaunchFailure | null> {
    const { isolation, ownLayers } = this.options;
    if (isolation.kind === 'namespaces') return null;
    const foreign = foreignProgram(plans, await ownLayers(), isNodeProgram);
    if (foreign === null) return null;
    return this.fail(
      foreign.name,
      `ROOM_NEEDS_NAMESPACES: the image is not this installation's own program, and this machine gives rooms no namespaces (${isolation.why})`,
    );
  }

  /** Ends what runs; a launch under way comes to its end first, and starts nothing more. */
  async halt(): Promise<void> {
    this.halted = true;
    await this.launching;
    await this.endProcesses();
  }

  private async endProcesses(): Promise<void> {
    await Promise.all([...this.containers.values()].map((container) => container.stop()));
    for (const limit of this.limits.splice(0)) limit.remove();
    await this.network?.close();
    await this.metadata?.close();
    await this.context?.close();
    this.network = null;
    this.metadata = null;
    this.context = null;
    await rm(this.places.runtime(), { recursive: true, force: true });
  }

  /** Removes what was kept: the logs. */
  async forget(): Promise<void> {
    await rm(this.places.logDirectory, { recursive: true, force: true });
  }

  view(): GroupView {
    const containers = this.spec.containers.map((container) => this.viewOf(container));
    return {
      state: this.state(containers),
      address: this.places.address,
      events: this.events.events,
      containers,
    };
  }

  async logs(container: string): Promise<string | null> {
    if (!this.spec.containers.some(({ name }) => name === container)) return null;
    return readLog(this.places.logFile(container));
  }

  private plan(spec: ContainerSpec): Promise<ContainerPlan> {
    const { images, isolation } = this.options;
    return planContainer(spec, {
      group: this.spec,
      images,
      scratch: isolation.kind === 'namespaces' ? '/tmp' : this.places.scratch(spec.name),
      events: this.containerEvents.get(spec.name),
    });
  }

  private async start(admitted: readonly AdmittedContainer[]): Promise<void> {
    const { ccePolicy } = this.spec;
    await mkdir(this.places.runtime(), { recursive: true, mode: 0o700 });
    await mkdir(this.places.logDirectory, { recursive: true, mode: 0o700 });
    this.metadata = await serveWire(this.options.metadata(this.spec), {
      host: this.places.address,
      port: 0,
      tls: null,
    });
    if (ccePolicy !== null)
      this.context = await openSecurityContext(
        this.places.runtime('sc'),
        ccePolicy,
        this.options.launchGuest,
      );
    const volumes = await prepareVolumes(
      this.spec.volumes,
      this.options.directory,
      this.places.runtime('volumes'),
      this.options.isolation.kind === 'namespaces' ? roomUser() : null,
    );
    if (this.options.isolation.kind === 'namespaces') {
      const { services } = this.options;
      this.network = await openRoomNetwork(this.spec, this.places, services(), this.metadata.port);
    }
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
    const surroundings = { places: this.places, mounts, contextDirectory: this.context?.directory ?? null };
    const start =
      this.network === null
        ? await programOnMachine(admitted, surroundings, metadata.port)
        : programInNamespaces(admitted, surroundings, {
            network: this.network,
            memory: this.limit(spec),
            isolation: this.options.isolation,
          });
    return startContainer(
      {
        name: spec.name,
        start,
        logFile: admitted.stdioAllowed ? this.places.logFile(spec.name) : null,
        restartPolicy: spec.restartPolicy ?? this.spec.restartPolicy,
        address: this.places.address,
        liveness: spec.liveness,
        readiness: spec.readiness,
        noted: (pid) => {
          if (this.network !== null || pid === null) this.running.note(this.spec.name, spec.name, pid);
        },
      },
      () => undefined,
    );
  }

  private limit({ name, memoryBytes }: ContainerSpec): MemoryLimit {
    const memory = limitMemory(`cleanroom-${this.places.address}-${name}`, memoryBytes);
    this.limits.push(memory);
    const given = memoryBytes === null ? '' : ` of ${Math.floor(memoryBytes / 2 ** 20)} MiB`;
    this.containerEvents
      .get(name)
      ?.add('Normal', 'Isolated', `in namespaces of its own; memory${given} limited by ${memory.by}`);
    return memory;
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
    return waitingContainer(name, own);
  }

  private state(containers: readonly ContainerView[]): GroupState {
    if (this.denied) return 'Failed';
    if (this.halted) return 'Stopped';
    return stateOf(containers);
  }
}

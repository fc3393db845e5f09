// The room host: measures a group's images, asks its policy, and only then starts the processes.

import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describeCause } from '../../base/errors.js';
import { type RunningServer, serveWire } from '../http/serve.js';
import type { WireHandler } from '../http/wire.js';
import { isRunnable, type RunningContainer, startContainer } from './container-process.js';
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
import { renderNamespace } from './network-namespace.js';
import { type AdmittedContainer, admitByPolicy, admitPlain, type ContainerPlan } from './policy-admission.js';
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
}

/** The host, with the end of everything it runs. */
export interface RunningRoomHost extends RoomHost {
  close(): Promise<void>;
}

export function createRoomHost(options: RoomHostOptions): RunningRoomHost {
  const rooms = new Map<string, Room>();
  const keyOf = (id: string): string => id.toLowerCase();
  let closed = false;
  const roomOf = (spec: GroupSpec): Room => {
    const room = new Room(spec, options);
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

/** One container group while the emulator runs. */
class Room {
  private readonly key: string;
  private readonly address: string;
  private readonly events: EventLog = createEventLog();
  private readonly containerEvents = new Map<string, EventLog>();
  private containers = new Map<string, RunningContainer>();
  private metadata: RunningServer | null = null;
  private context: SecurityContext | null = null;
  private denied = false;
  private halted = false;
  private launching: Promise<LaunchFailure | null> = Promise.resolve(null);

  constructor(
    private readonly spec: GroupSpec,
    private readonly options: RoomHostOptions,
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
    const foreign = plans.find((plan) => !isRunnable(plan.command));
    if (foreign !== undefined)
      return this.fail(
        foreign.spec.name,
        `the local Azure starts Node.js programs only, and the command is ${foreign.command.join(' ')}`,
      );
    try {
      if (!this.halted) await this.start(admission.containers);
      return null;
    } catch (cause) {
      await this.endProcesses();
      return this.fail(this.spec.containers[0]?.name ?? '', describeCause(cause));
    }
  }

  /** Ends what runs; a launch under way comes to its end first, and starts nothing more. */
  async halt(): Promise<void> {
    this.halted = true;
    await this.launching;
    await this.endProcesses();
  }

  private async endProcesses(): Promise<void> {
    await Promise.all([...this.containers.values()].map((container) => container.stop()));
    await this.metadata?.close();
    await this.context?.close();
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
        ...injectedEnvironment(this.spec, spec.name, this.scratch(spec.name)),
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
    );
    for (const container of admitted) {
      if (this.halted) return;
      const started = await this.startOne(container, this.metadata, volumes);
      this.containers.set(container.plan.spec.name, started);
    }
  }

  private async startOne(
    { plan, environment, stdioAllowed }: AdmittedContainer,
    metadata: RunningServer,
    volumes: ReadonlyMap<string, PreparedVolume>,
  ): Promise<RunningContainer> {
    const { spec, image, command } = plan;
    const scratch = this.scratch(spec.name);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const mounts = spec.volumeMounts.flatMap(({ name, mountPath, readOnly }) => {
      const volume = volumes.get(name);
      return volume === undefined
        ? []
        : [{ path: mountPath, directory: volume.directory, readOnly: readOnly || volume.readOnly }];
    });
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
    return startContainer(
      {
        name: spec.name,
        command,
        // Of the guest agent, after the policy: it is not the host's to choose.
        environment: [...environment, ...context.map((path) => `UVM_SECURITY_CONTEXT_DIR=${path}`)],
        workingDir: image.workingDir,
        root: image.root,
        namespaceModule,
        readable: [
          ...context,
          ...mounts.filter(({ readOnly }) => readOnly).map(({ directory }) => directory),
        ],
        writable: [scratch, ...mounts.filter(({ readOnly }) => !readOnly).map(({ directory }) => directory)],
        logFile: stdioAllowed ? this.logFile(spec.name) : null,
        restartPolicy: this.spec.restartPolicy,
        address: this.address,
        liveness: spec.liveness,
        readiness: spec.readiness,
      },
      () => undefined,
    );
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

// A container: one Node.js process started from the measured copy, with nothing of the host's environment.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { captureLines } from './container-log.js';
import { createEventLog, type EventLog } from './event-log.js';
import type { ContainerState, ContainerView, RestartPolicy } from './group-spec.js';
import { askProbe, type HttpProbe, type ProbeNews } from './probes.js';

export interface ContainerProgram {
  readonly name: string;
  readonly command: readonly string[];
  /** `NAME=VALUE`, complete. */
  readonly environment: readonly string[];
  readonly workingDir: string;
  /** The image, laid out. */
  readonly root: string;
  /** Module that stands for the group's namespaces. */
  readonly namespaceModule: string;
  /** Directories outside the image that it may read, and those that it may write. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** File for stdout and stderr; null where the policy lets no stdio out. */
  readonly logFile: string | null;
  readonly restartPolicy: RestartPolicy;
  /** The group's address, where its probes are asked. */
  readonly address: string;
  readonly liveness: HttpProbe | null;
  readonly readiness: HttpProbe | null;
}

export interface RunningContainer {
  view(): ContainerView;
  /** Ends the process; it is not started again. */
  stop(): Promise<void>;
}

const RESTART_DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
const STOP_TIMEOUT_MS = 3_000;

/** Whether the room host can run this command: Node.js programs only. */
export function isRunnable(command: readonly string[]): boolean {
  return basename(command[0] ?? '') === 'node' && command.length > 1;
}

/** Starts the container's process, and again when it ends, as the restart policy says. */
export function startContainer(program: ContainerProgram, changed: () => void): RunningContainer {
  return new Container(program, changed);
}

class Container implements RunningContainer {
  private readonly log: EventLog = createEventLog();
  private current: ContainerState = { state: 'Waiting', detailStatus: '' };
  private previous: ContainerState | null = null;
  private restarts = 0;
  private child: ChildProcess | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopping = false;
  /** Ended for its liveness probe: whatever its exit code says, it is started again. */
  private unhealthy = false;
  private probes: readonly (() => void)[] = [];

  constructor(
    private readonly program: ContainerProgram,
    private readonly changed: () => void,
  ) {
    this.start();
  }

  view(): ContainerView {
    return {
      name: this.program.name,
      currentState: this.current,
      previousState: this.previous,
      restartCount: this.restarts,
      events: this.log.events,
    };
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.timer !== null) clearTimeout(this.timer);
    const { child } = this;
    if (child === null) return;
    this.log.add('Normal', 'Killing', `Killing container ${this.program.name}`);
    await endProcess(child);
  }

  private askProbes(): readonly (() => void)[] {
    const { name, address, liveness, readiness, restartPolicy } = this.program;
    const news: ProbeNews = {
      failed: (kind, why) => this.log.add('Warning', 'Unhealthy', `${kind} probe failed: ${why}`),
      exhausted: (kind) => {
        const { child } = this;
        if (kind !== 'Liveness' || child === null) return;
        this.unhealthy = restartPolicy !== 'Never';
        const next = this.unhealthy ? ', will be restarted' : '';
        this.log.add('Normal', 'Killing', `Container ${name} failed liveness probe${next}`);
        void endProcess(child);
      },
    };
    return [
      ...(liveness === null ? [] : [askProbe(address, 'Liveness', liveness, news)]),
      ...(readiness === null ? [] : [askProbe(address, 'Readiness', readiness, news)]),
    ];
  }

  private start(): void {
    const { program } = this;
    const child = spawnProgram(program);
    this.child = child;
    const startTime = new Date().toISOString();
    child.once('spawn', () => {
      this.current = { state: 'Running', startTime, detailStatus: '' };
      this.log.add('Normal', 'Started', `Started container ${program.name}`);
      this.probes = this.askProbes();
      this.changed();
    });
    child.once('error', (cause) => {
      this.log.add('Warning', 'Failed', `Failed to start container ${program.name}: ${cause.message}`);
      this.ended(startTime, 128);
    });
    child.once('exit', (code, signal) => this.ended(startTime, code ?? (signal === 'SIGKILL' ? 137 : 143)));
  }

  private ended(startTime: string, exitCode: number): void {
    if (this.child === null) return;
    this.child = null;
    for (const stop of this.probes) stop();
    this.probes = [];
    const detailStatus = exitCode === 0 ? 'Completed' : 'Error';
    const ended: ContainerState = {
      state: 'Terminated',
      startTime,
      exitCode,
      finishTime: new Date().toISOString(),
      detailStatus,
    };
    const { restartPolicy } = this.program;
    const failed = exitCode !== 0 || this.unhealthy;
    const again = !this.stopping && (restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && failed));
    this.unhealthy = false;
    if (!again) this.current = ended;
    else {
      this.previous = ended;
      this.current = { state: 'Waiting', detailStatus: 'CrashLoopBackOff: Back-off restarting failed' };
      const delay = RESTART_DELAYS_MS[Math.min(this.restarts, RESTART_DELAYS_MS.length - 1)];
      this.timer = setTimeout(() => {
        this.restarts += 1;
        this.start();
      }, delay);
      this.timer.unref();
    }
    this.changed();
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function spawnProgram(program: ContainerProgram): ChildProcess {
  const { root, command, environment, workingDir, logFile } = program;
  const output = logFile === null ? 'ignore' : 'pipe';
  const child = spawn(
    process.execPath,
    [...jailArguments(program), '--import', program.namespaceModule, ...insideRoot(command.slice(1), root)],
    {
      cwd: existsSync(join(root, workingDir)) ? join(root, workingDir) : root,
      env: Object.fromEntries(environment.map(splitVariable)),
      // The fourth is the lifeline: its end tells the container that the emulator is gone.
      stdio: ['ignore', output, output, 'pipe'],
    },
  );
  if (logFile !== null) {
    if (child.stdout !== null) captureLines(child.stdout, logFile);
    if (child.stderr !== null) captureLines(child.stderr, logFile);
  }
  return child;
}

/** Node's permission model for the mount namespace: the container sees its image and its volumes, not the machine. */
function jailArguments({ root, readable, writable, namespaceModule }: ContainerProgram): readonly string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const network = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
  return [
    permission,
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    '--allow-addons',
    '--allow-worker',
    ...network,
    ...[namespaceModule, ...[root, ...readable, ...writable].map((path) => join(path, '*'))].map(
      (path) => `--allow-fs-read=${path}`,
    ),
    ...writable.map((path) => `--allow-fs-write=${join(path, '*')}`),
  ];
}

/** The program's path is one inside the image; its arguments are its own. */
function insideRoot(args: readonly string[], root: string): readonly string[] {
  const script = args.findIndex((argument) => !argument.startsWith('-'));
  return args.map((argument, index) =>
    index === script && argument.startsWith('/') ? join(root, argument) : argument,
  );
}

function splitVariable(entry: string): readonly [string, string] {
  const equals = entry.indexOf('=');
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}

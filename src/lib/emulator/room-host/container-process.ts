// A container's life: its process started, watched, ended and started again, as the restart policy says.

import type { ChildProcess } from 'node:child_process';

import { captureLines } from './container-log.js';
import { createEventLog, type EventLog } from './event-log.js';
import type { ContainerState, ContainerView, RestartPolicy } from './group-spec.js';
import { askProbe, type HttpProbe, type ProbeNews } from './probes.js';

/** A process of the program; its stdout and stderr are there where they may be read. */
export interface StartedProcess {
  readonly child: ChildProcess;
  /** Sends the program a signal. */
  readonly terminate: (signal: NodeJS.Signals) => void;
  /** The program's own process on this machine, once it is known; null where it never was. */
  readonly pid: Promise<number | null>;
}

export interface ContainerProgram {
  readonly name: string;
  /** Starts the program's process, each time anew. */
  readonly start: () => StartedProcess;
  /** File for stdout and stderr; null where the policy lets no stdio out. */
  readonly logFile: string | null;
  readonly restartPolicy: RestartPolicy;
  /** The group's address, where its probes are asked. */
  readonly address: string;
  readonly liveness: HttpProbe | null;
  readonly readiness: HttpProbe | null;
  /** Told of its process on this machine, and of its end. */
  readonly noted: (pid: number | null) => void;
}

export interface RunningContainer {
  view(): ContainerView;
  /** Ends the process; it is not started again. */
  stop(): Promise<void>;
}

const RESTART_DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
const STOP_TIMEOUT_MS = 3_000;

/** Starts the container's process, and again when it ends, as the restart policy says. */
export function startContainer(program: ContainerProgram, changed: () => void): RunningContainer {
  return new Container(program, changed);
}

class Container implements RunningContainer {
  private readonly log: EventLog = createEventLog();
  private current: ContainerState = { state: 'Waiting', detailStatus: '' };
  private previous: ContainerState | null = null;
  private restarts = 0;
  private started: StartedProcess | null = null;
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
    const { started } = this;
    if (started === null) return;
    this.log.add('Normal', 'Killing', `Killing container ${this.program.name}`);
    await endProcess(started);
  }

  private askProbes(): readonly (() => void)[] {
    const { name, address, liveness, readiness, restartPolicy } = this.program;
    const news: ProbeNews = {
      failed: (kind, why) => this.log.add('Warning', 'Unhealthy', `${kind} probe failed: ${why}`),
      exhausted: (kind) => {
        const { started } = this;
        if (kind !== 'Liveness' || started === null) return;
        this.unhealthy = restartPolicy !== 'Never';
        const next = this.unhealthy ? ', will be restarted' : '';
        this.log.add('Normal', 'Killing', `Container ${name} failed liveness probe${next}`);
        void endProcess(started);
      },
    };
    return [
      ...(liveness === null ? [] : [askProbe(address, 'Liveness', liveness, news)]),
      ...(readiness === null ? [] : [askProbe(address, 'Readiness', readiness, news)]),
    ];
  }

  private start(): void {
    const { program } = this;
    const started = program.start();
    const { child } = started;
    this.started = started;
    void started.pid.then((pid) => {
      if (this.started === started && pid !== null) program.noted(pid);
    });
    if (program.logFile !== null) {
      if (child.stdout !== null) captureLines(child.stdout, program.logFile);
      if (child.stderr !== null) captureLines(child.stderr, program.logFile);
    }
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
    if (this.started === null) return;
    this.started = null;
    this.program.noted(null);
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

async function endProcess({ child, terminate }: StartedProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  terminate('SIGTERM');
  const timer = setTimeout(() => {
    terminate('SIGKILL');
  }, STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

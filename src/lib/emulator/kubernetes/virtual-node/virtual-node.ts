// The virtual node: takes the pods that fit it to the room host, which asks the same enforcer for them as for container groups.

import { canonicalJson, type Json } from '../../../base/bytes/canonical-json.js';
import type { RoomHost } from '../../room-host/group-spec.js';
import type { EventRecorder } from '../objects/event-recorder.js';
import { type ObjectStore, seconds } from '../objects/object-store.js';
import type { Condition, Pod } from '../objects/objects.js';
import { ConfigError } from './pod-environment.js';
import { groupIdOf, groupOfPod, type NodePlace } from './pod-group.js';
import { podStatus } from './pod-status.js';
import { NODE_NAME, whyUnschedulable } from './scheduling.js';

export interface NodeOptions {
  readonly objects: ObjectStore;
  readonly host: RoomHost;
  readonly place: NodePlace;
  readonly record: EventRecorder;
  readonly now: () => Date;
  readonly onFailure: (failure: unknown) => void;
}

const LOOK_MS = 200;
const RETRY_MS = 2_000;

/** Runs pods until it is ended. Pods that an earlier emulator ran have failed, disrupted: their Jobs make others. */
export class VirtualNode {
  private readonly launched = new Set<string>();
  private readonly retryAt = new Map<string, number>();
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly unsubscribe: () => void;
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(private readonly options: NodeOptions) {
    const { objects } = options;
    for (const pod of objects.list('pods', null)) if (pod.spec.nodeName !== undefined) this.disrupt(pod);
    this.unsubscribe = objects.subscribe(({ resource, type, object }) => {
      if (resource === 'pods' && type === 'DELETED') this.forget(object as Pod);
      if (resource === 'pods' && type === 'ADDED') setImmediate(() => this.look());
    });
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
    setImmediate(() => this.look());
  }

  /** What a pod's container wrote; each line with its time before it. */
  async logs(podUid: string, container: string): Promise<string | null> {
    const pod = this.options.objects.list('pods', null).find(({ metadata }) => metadata.uid === podUid);
    return pod === undefined ? null : this.options.host.logs(groupIdOf(pod, this.options.place), container);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.unsubscribe();
    clearInterval(this.timer);
    await Promise.all(this.underWay.values());
  }

  private look(): void {
    if (this.closed) return;
    for (const pod of this.options.objects.list('pods', null)) {
      const { phase } = pod.status;
      if (phase !== 'Pending' && phase !== 'Running') continue;
      if (this.launched.has(pod.metadata.uid)) this.show(pod);
      else this.begin(pod);
    }
  }

  private begin(pod: Pod): void {
    const { uid } = pod.metadata;
    const now = this.options.now().getTime();
    if (this.underWay.has(uid) || (this.retryAt.get(uid) ?? 0) > now) return;
    const why = whyUnschedulable(pod.spec);
    if (why !== null) {
      this.retryAt.set(uid, now + RETRY_MS);
      this.unscheduled(pod, why);
      return;
    }
    const done = this.start(pod)
      .catch(this.options.onFailure)
      .finally(() => this.underWay.delete(uid));
    this.underWay.set(uid, done);
  }

  private async start(found: Pod): Promise<void> {
    const { objects, host, place, record } = this.options;
    const pod = this.schedule(found);
    try {
      const { namespace = '', uid } = pod.metadata;
      const group = groupOfPod(pod, place, (name) => objects.get('secrets', namespace, name));
      const image = await host.inaccessibleImage(group);
      if (image !== null) {
        this.wait(pod, 'ErrImagePull', `Failed to pull image "${image}": not found`);
        return;
      }
      if (this.closed || !this.exists(pod)) return;
      this.launched.add(uid);
      const failure = await host.launch(group);
      if (!this.exists(pod)) await host.remove(group.id);
      else if (failure !== null) record(pod, 'Warning', 'Failed', failure.message);
      else
        for (const { name } of group.containers)
          record(pod, 'Normal', 'Started', `Started container ${name}`);
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      this.wait(pod, 'CreateContainerConfigError', `Error: ${cause.message}`);
    }
  }

  private schedule(pod: Pod): Pod {
    if (pod.spec.nodeName !== undefined) return pod;
    const { objects, record } = this.options;
    const scheduled = objects.update('pods', { ...pod, spec: { ...pod.spec, nodeName: NODE_NAME } });
    record(
      pod,
      'Normal',
      'Scheduled',
      `Successfully assigned ${pod.metadata.namespace ?? ''}/${pod.metadata.name} to ${NODE_NAME}`,
    );
    return scheduled ?? pod;
  }

  /* What the room host shows, as the pod's status; once its own containers have ended, the sidecars are ended too. */
  private show(pod: Pod): void {
    const { objects, host, place, now } = this.options;
    const id = groupIdOf(pod, place);
    const view = host.view(id);
    if (view === null || view.containers.every(({ currentState }) => currentState.state === 'Waiting'))
      return;
    const status = podStatus(pod, view, seconds(now()));
    this.put(pod, status);
    if (status.phase !== 'Succeeded' && status.phase !== 'Failed') return;
    const halted = host.halt(id).then(() => {
      const [last, after] = [
        objects.get('pods', pod.metadata.namespace ?? '', pod.metadata.name),
        host.view(id),
      ];
      if (last !== null && after !== null && this.exists(pod))
        this.put(last, podStatus(last, after, seconds(now())));
    });
    void halted.catch(this.options.onFailure);
  }

  private wait(pod: Pod, reason: string, message: string): void {
    const { objects, record, now } = this.options;
    record(pod, 'Warning', 'Failed', message);
    this.retryAt.set(pod.metadata.uid, now().getTime() + RETRY_MS);
    const [first] = pod.spec.containers;
    const state = { waiting: { reason, message } };
    const facts = { ready: false, started: false, restartCount: 0, imageID: '', state };
    if (first === undefined) return;
    const containerStatuses = [{ name: first.name, image: first.image, ...facts }];
    this.put(objects.get('pods', pod.metadata.namespace ?? '', pod.metadata.name) ?? pod, {
      containerStatuses,
    });
  }

  private unscheduled(pod: Pod, message: string): void {
    this.options.record(pod, 'Warning', 'FailedScheduling', message);
    this.put(pod, { conditions: [this.condition('PodScheduled', 'False', 'Unschedulable', message)] });
  }

  private disrupt(pod: Pod): void {
    if (pod.status.phase !== 'Pending' && pod.status.phase !== 'Running') return;
    const message = 'the node was restarted';
    this.put(pod, {
      phase: 'Failed',
      reason: 'NodeLost',
      message,
      conditions: [this.condition('DisruptionTarget', 'True', 'DeletionByTaintManager', message)],
    });
  }

  private condition(type: string, status: Condition['status'], reason: string, message: string): Condition {
    return { type, status, reason, message, lastTransitionTime: seconds(this.options.now()) };
  }

  private put(pod: Pod, changes: Partial<Pod['status']>): void {
    const status = { ...pod.status, ...changes };
    if (!same(status, pod.status)) this.options.objects.update('pods', { ...pod, status });
  }

  private exists({ metadata }: Pod): boolean {
    const found = this.options.objects.get('pods', metadata.namespace ?? '', metadata.name);
    return found?.metadata.uid === metadata.uid;
  }

  private forget(pod: Pod): void {
    this.launched.delete(pod.metadata.uid);
    this.retryAt.delete(pod.metadata.uid);
    void this.options.host.remove(groupIdOf(pod, this.options.place)).catch(this.options.onFailure);
  }
}

/* Times of conditions that stayed as they were are kept, so that nothing that is the same looks changed. */
function same(a: unknown, b: unknown): boolean {
  return canonicalJson(plain(a)) === canonicalJson(plain(b));
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

// What the workflows need from the outside, no more: adapters in src/lib/azure implement these.

import type { ContractBlob } from '../contract/schema.js';
import type { ContainerGroupDescription } from './container-group.js';

export interface StoredBlob {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Under which condition a blob is written: not there yet, unchanged since `etag`, or whatever is there. */
export type WriteCondition = 'create' | 'replace' | { readonly etag: string };

export interface BlobStore {
  /** The whole blob, at most `maxBytes` long; null if there is none. */
  read(blob: ContractBlob, maxBytes: number): Promise<StoredBlob | null>;
  /** `length` bytes from `offset`, fewer at the blob's end; null if there is no blob. */
  readRange(blob: ContractBlob, offset: number, length: number): Promise<Uint8Array | null>;
  /** The blob's ETag now; null if there is none. */
  etag(blob: ContractBlob): Promise<string | null>;
  /**
   * Writes a small blob whole.
   * @returns its new ETag; null if the condition did not hold.
   */
  write(blob: ContractBlob, bytes: Uint8Array, condition: WriteCondition): Promise<string | null>;
  /**
   * Keeps the blob as it is now, where no write can reach it.
   * @returns its version id where the account keeps versions, else the time that names its snapshot.
   */
  preserve(blob: ContractBlob, tags: Readonly<Record<string, string>>): Promise<string>;
  /** Makes the container where it is missing; no public access. */
  ensureContainer(blob: ContractBlob): Promise<void>;
}

/** Issues shared access signatures by identity (user delegation); the query text without `?`. */
export interface SasIssuer {
  issue(request: {
    readonly blob: ContractBlob;
    readonly scope: 'blob' | 'container';
    readonly permissions: string;
    readonly expiresAt: Date;
  }): Promise<string>;
}

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  /** Waiting, Running, Terminated, or unknown. */
  readonly state: string;
  readonly exitCode: number | null;
  readonly restartCount: number;
  readonly detail: string | null;
}

export interface RoomEvent {
  readonly container: string | null;
  readonly name: string;
  readonly message: string;
  readonly type: string;
  readonly count: number;
  readonly lastSeen: string | null;
}

/** A container group as the platform reports it. */
export interface RoomState {
  readonly name: string;
  readonly provisioningState: string;
  readonly state: string;
  readonly confidential: boolean;
  readonly ccePolicy: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly ip: string | null;
  readonly fqdn: string | null;
  readonly ports: readonly number[];
  readonly containers: readonly ContainerState[];
  readonly events: readonly RoomEvent[];
}

/** One setting that is not what it is to be; null: not there. */
export interface Difference {
  readonly what: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** What is known of a deployment under way; Azure's support asks for the correlation id. */
export interface DeploymentNews {
  readonly group: string;
  readonly correlationId: string | null;
  readonly state: string;
}

export interface ApplyOptions {
  readonly signal: AbortSignal;
  readonly told?: (news: DeploymentNews) => void;
}

export interface RoomOperator {
  get(name: string): Promise<RoomState | null>;
  list(): Promise<readonly RoomState[]>;
  /** What of the group that runs is not as described; secrets are compared by name only. */
  differences(description: ContainerGroupDescription): Promise<readonly Difference[]>;
  /** Creates or changes the group and waits until the platform says it is provisioned. */
  apply(description: ContainerGroupDescription, options: ApplyOptions): Promise<RoomState>;
  restart(name: string, signal: AbortSignal): Promise<void>;
  /** @returns false if there was none. */
  remove(name: string, signal: AbortSignal): Promise<boolean>;
  logs(name: string, container: string, tail: number | null): Promise<string>;
}

/** A cluster that makes pods of a Job. */
export interface JobCluster {
  /** URL of its API server. */
  readonly server: string;
  /** Creates a Job of `count` pods and its secret, and waits until they run; one that is there is not touched. */
  create(
    description: ContainerGroupDescription,
    count: number,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<readonly RoomState[]>;
}

export type Clock = () => Date;

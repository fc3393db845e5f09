// What the host asks of a guest, and the answers.

import type { Capabilities, MountRule } from '../../cce-policy/policy-document.js';
import { UNPRIVILEGED_CAPABILITIES, unprivilegedSets } from '../../cce-policy/text/defaults.js';

export interface Denial {
  readonly allowed: false;
  /** What the guest says, in its own words; never a variable's value. */
  readonly reason: string;
}

export interface Permission {
  readonly allowed: true;
}

export type Decision = Permission | Denial;

/** What a process is started with: variables and capabilities that no rule covers have been dropped. */
export interface ProcessPermission extends Permission {
  readonly environment: readonly string[];
  /** Whether stdin, stdout and stderr reach the host. */
  readonly stdioAllowed: boolean;
}

export interface ContainerPermission extends ProcessPermission {
  readonly capabilities: Capabilities;
}

export interface Identity {
  readonly id: string;
  readonly name: string;
}

export interface DeviceMount {
  /** `/run/mounts/scsi/m<number>`. */
  readonly target: string;
  /** dm-verity root hash of the device. */
  readonly deviceHash: string;
}

export interface WritableDeviceMount {
  /** `/run/gcs/c/<64 hex digits>`. */
  readonly target: string;
  readonly encrypted: boolean;
  readonly ensureFilesystem: boolean;
  readonly filesystem: string;
}

export interface OverlayMount {
  readonly containerId: string;
  /** Targets of the mounted layers, topmost layer first, as overlayfs lists them. */
  readonly layerPaths: readonly string[];
  readonly target: string;
}

/** Who a process runs as and what it may do. */
export interface ProcessIdentity {
  readonly user: Identity;
  readonly groups: readonly Identity[];
  /** Four octal digits. */
  readonly umask: string;
  readonly noNewPrivileges: boolean;
  readonly capabilities: Capabilities;
}

export interface ProcessRequest extends ProcessIdentity {
  readonly containerId: string;
  readonly command: readonly string[];
  /** `NAME=VALUE` each. */
  readonly environment: readonly string[];
  readonly workingDir: string;
}

export interface ContainerRequest extends ProcessRequest {
  /** Id of the pod's sandbox (pause) container. */
  readonly sandboxId: string;
  readonly isSandboxContainer: boolean;
  readonly mounts: readonly MountRule[];
  readonly privileged: boolean;
  /** SHA-256 of the seccomp profile, empty for none. */
  readonly seccompProfileSha256: string;
  /** Device nodes; no policy allows any. */
  readonly devices: readonly string[];
}

export interface ExternalRequest {
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDir: string;
}

export interface SignalRequest {
  readonly containerId: string;
  readonly signal: number;
  readonly isInitProcess: boolean;
  /** Command of the process that is signalled; looked at where it is not the container's first. */
  readonly command: readonly string[];
}

export interface FragmentRequest {
  readonly issuer: string;
  readonly feed: string;
  /** The fragment's Rego, its signature by `issuer` verified already. */
  readonly text: string;
  /** SVN of the envelope's header (CWT claims), where it has one. */
  readonly headerSvn?: number;
  /** Receipts that the envelope carries, their signatures verified by the keys that they name. */
  readonly receipts?: readonly FragmentReceipt[];
}

export interface FragmentReceipt {
  readonly ledger: string;
  readonly keyId: string;
}

/** A list of ledgers' keys, its signature by `issuer` verified already. */
export interface TrustListRequest {
  readonly issuer: string;
  readonly subject: string;
  readonly svn: number;
  /** Ids of each ledger's keys. */
  readonly ledgers: Readonly<Record<string, readonly string[]>>;
}

/** The identity of an ordinary ACI container: root, with the unprivileged capabilities. */
export const ORDINARY_IDENTITY: ProcessIdentity = {
  user: { id: '0', name: 'root' },
  groups: [{ id: '0', name: 'root' }],
  umask: '0022',
  noNewPrivileges: false,
  capabilities: unprivilegedSets(UNPRIVILEGED_CAPABILITIES),
};

export function deny(...reasons: readonly string[]): Denial {
  return { allowed: false, reason: reasons.length === 0 ? 'denied by policy' : reasons.join('; ') };
}

export const ALLOW: Permission = { allowed: true };

/** What the host asked for, unchanged: an answer that does not come from rules drops nothing. */
export function asRequested(request: ProcessRequest): ContainerPermission {
  return {
    allowed: true,
    environment: request.environment,
    capabilities: request.capabilities,
    stdioAllowed: false,
  };
}

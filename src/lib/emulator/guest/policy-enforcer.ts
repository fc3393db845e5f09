// The questions that a host puts to a guest under a policy.

import type {
  ContainerPermission,
  ContainerRequest,
  Decision,
  Denial,
  DeviceMount,
  ExternalRequest,
  FragmentRequest,
  OverlayMount,
  ProcessPermission,
  ProcessRequest,
  SignalRequest,
  TrustListRequest,
  WritableDeviceMount,
} from './requests.js';
import type { Anchoring } from '../../cce-policy/pattern/reading.js';

export interface EnforcerOptions {
  /** How the guest reads re2 patterns; anchored (guests since 2025-11) if absent. */
  readonly anchoring?: Anchoring;
}

/** One guest: it remembers what was mounted and started, and its answers depend on it. */
export interface PolicyEnforcer {
  mountDevice(request: DeviceMount): Decision;
  unmountDevice(target: string): Decision;
  mountWritableDevice(request: WritableDeviceMount): Decision;
  unmountWritableDevice(target: string): Decision;
  mountOverlay(request: OverlayMount): Decision;
  unmountOverlay(target: string): Decision;
  createContainer(request: ContainerRequest): ContainerPermission | Denial;
  execInContainer(request: ProcessRequest): ContainerPermission | Denial;
  execExternal(request: ExternalRequest): ProcessPermission | Denial;
  shutdownContainer(containerId: string): Decision;
  signal(request: SignalRequest): Decision;
  plan9Mount(target: string): Decision;
  plan9Unmount(target: string): Decision;
  getProperties(): Decision;
  dumpStacks(): Decision;
  runtimeLogging(): Decision;
  loadFragment(request: FragmentRequest): Decision;
  loadTrustList(request: TrustListRequest): Decision;
  hostNetwork(): Decision;
  scratchMount(request: { readonly target: string; readonly encrypted: boolean }): Decision;
  scratchUnmount(target: string): Decision;
  /** Whether stdio of a started container, and of what is run in it, reaches the host. */
  stdio(containerId: string): boolean;
}

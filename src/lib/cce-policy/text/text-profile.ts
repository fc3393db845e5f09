// The forms of text that confcom's versions write (its HISTORY.rst, config.py and published samples, up to 2.2.0).

import type { SignalRule } from '../policy-document.js';

export const TEXT_PROFILES = [
  '2.0',
  '1.x',
  '1.x-early',
  '2.1',
  '2.2',
  '2.2-prerelease',
  'vn2',
  'next',
] as const;
/** `vn2` is the text of 2.2 for a pod on virtual nodes; `next` is an older name of 2.2. */
export type TextProfileName = (typeof TEXT_PROFILES)[number];
export const DEFAULT_TEXT_PROFILE: TextProfileName = '2.0';

export interface TextProfile {
  readonly apiVersion: '0.10.0' | '0.11.0' | '0.12.0';
  /** The version that the policies declare; guests fill in defaults for it. */
  readonly frameworkVersion: '0.2.3' | '0.5.0';
  /** minimum_svn of Microsoft's infrastructure fragment. */
  readonly infrastructureSvn: string;
  /** Signals of every container, the pause container's too; the image's own comes after them, or alone where there are none. */
  readonly defaultSignals: readonly SignalRule[];
  /** Equal exec processes are listed once. */
  readonly distinctExecProcesses: boolean;
}

const V1: TextProfile = {
  apiVersion: '0.10.0',
  frameworkVersion: '0.2.3',
  infrastructureSvn: '4',
  defaultSignals: [],
  distinctExecProcesses: false,
};
const V20: TextProfile = { ...V1, apiVersion: '0.11.0' };
const V21: TextProfile = { ...V20, distinctExecProcesses: true };
const V22: TextProfile = { ...V21, defaultSignals: [9, 15] };

const PROFILES: Readonly<Record<TextProfileName, TextProfile>> = {
  '1.x-early': { ...V1, infrastructureSvn: '1' },
  '1.x': V1,
  '2.0': V20,
  '2.1': V21,
  '2.2': V22,
  '2.2-prerelease': { ...V22, apiVersion: '0.12.0', frameworkVersion: '0.5.0' },
  vn2: V22,
  next: V22,
};

export function textProfile(name: TextProfileName): TextProfile {
  return PROFILES[name];
}

const POINTS_SINCE_0_10 = [
  'mount_device',
  'unmount_device',
  'mount_overlay',
  'unmount_overlay',
  'create_container',
  'exec_in_container',
  'exec_external',
  'shutdown_container',
  'signal_container_process',
  'plan9_mount',
  'plan9_unmount',
  'get_properties',
  'dump_stacks',
  'runtime_logging',
  'load_fragment',
  'scratch_mount',
  'scratch_unmount',
] as const;

/** The questions that texts up to 2.2 answer, in their order. */
export const ENFORCEMENT_POINTS = [...POINTS_SINCE_0_10, 'rw_mount_device'] as const;
/** The questions that the text of the prerelease answers, in its order. */
const PRERELEASE_POINTS = [...ENFORCEMENT_POINTS, 'host_network', 'load_transparency_trust_list'] as const;
export type EnforcementPoint = (typeof PRERELEASE_POINTS)[number];

/** The enforcement points that a policy of this profile names, in order. */
export function enforcementPoints(profile: TextProfile): readonly EnforcementPoint[] {
  switch (profile.apiVersion) {
    case '0.10.0':
      return POINTS_SINCE_0_10;
    case '0.11.0':
      return ENFORCEMENT_POINTS;
    case '0.12.0':
      return PRERELEASE_POINTS;
  }
}

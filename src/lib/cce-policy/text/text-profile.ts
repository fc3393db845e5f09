// The forms of text that confcom's versions write (facts/confcom-policy.md §3.1).

import type { SignalRule } from '../policy-document.js';

export const TEXT_PROFILES = ['2.0', '1.x', '1.x-early', 'next'] as const;
export type TextProfileName = (typeof TEXT_PROFILES)[number];
export const DEFAULT_TEXT_PROFILE: TextProfileName = '2.0';

export interface TextProfile {
  readonly apiVersion: '0.10.0' | '0.11.0';
  /** minimum_svn of Microsoft's infrastructure fragment. */
  readonly infrastructureSvn: string;
  /** Signals of a container whose image names none, and of the pause container. */
  readonly defaultSignals: readonly SignalRule[];
  /** Equal exec processes are listed once. */
  readonly distinctExecProcesses: boolean;
}

/** The version that the policies declare; guests fill in defaults for it. */
export const FRAMEWORK_VERSION = '0.2.3';

const PROFILES: Readonly<Record<TextProfileName, TextProfile>> = {
  '1.x-early': {
    apiVersion: '0.10.0',
    infrastructureSvn: '1',
    defaultSignals: [],
    distinctExecProcesses: false,
  },
  '1.x': { apiVersion: '0.10.0', infrastructureSvn: '4', defaultSignals: [], distinctExecProcesses: false },
  '2.0': { apiVersion: '0.11.0', infrastructureSvn: '4', defaultSignals: [], distinctExecProcesses: false },
  next: {
    apiVersion: '0.11.0',
    infrastructureSvn: '4',
    defaultSignals: [9, 15],
    distinctExecProcesses: true,
  },
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

/** The questions the guest asks a policy, in the order of the text. */
export const ENFORCEMENT_POINTS = [...POINTS_SINCE_0_10, 'rw_mount_device'] as const;
export type EnforcementPoint = (typeof ENFORCEMENT_POINTS)[number];

/** The enforcement points that a policy of this profile names, in order. */
export function enforcementPoints(profile: TextProfile): readonly EnforcementPoint[] {
  return profile.apiVersion === '0.10.0' ? POINTS_SINCE_0_10 : ENFORCEMENT_POINTS;
}

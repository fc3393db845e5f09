// Paths inside a container: which of them its measured layers bring, and which of them hold code or trust.

import { posixNormalize } from './posix-path.js';

/* Written at run time: what stands there is not in any layer. */
const UNMEASURED: readonly string[] = [
  '/tmp',
  '/var/tmp',
  '/dev',
  '/proc',
  '/run',
  '/var/run',
  '/scratch',
  '/mnt',
  '/shared',
];

/** Whether `path` is absolute, in plain form, and brought by the layers: neither mounted over nor a place for what is written. */
export function isMeasuredPath(path: string, mounted: readonly string[]): boolean {
  if (!path.startsWith('/') || posixNormalize(path) !== path.replace(/(.)\/$/, '$1')) return false;
  return ![...UNMEASURED, ...mounted].some((directory) => isWithin(path, directory));
}

/** Whether `path` is `directory` or lies in it. */
export function isWithin(path: string, directory: string): boolean {
  const base = posixNormalize(directory);
  const place = posixNormalize(path);
  return base === '/' || place === base || place.startsWith(`${base}/`);
}

export interface SensitivePlace {
  readonly path: string;
  readonly kind: 'code' | 'trust' | 'system';
  /** What stands there, after "is". */
  readonly holds: string;
}

function places(
  kind: SensitivePlace['kind'],
  holds: string,
  paths: readonly string[],
): readonly SensitivePlace[] {
  return paths.map((path) => ({ path, kind, holds }));
}

/** Places whose content decides what runs or whom it trusts, whatever the program is. */
export const SENSITIVE_PLACES: readonly SensitivePlace[] = [
  ...places('code', 'where programs are looked for', [
    ...['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'],
  ]),
  ...places('code', 'where libraries are loaded from', [
    ...['/lib', '/lib32', '/lib64', '/libx32', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/local/lib'],
    ...['/usr/local/lib64', '/usr/libexec', '/usr/share', '/usr/local/share', '/opt', '/nodejs', '/app'],
  ]),
  ...places('code', 'read by the loader before a program runs', [
    ...['/etc/ld.so.preload', '/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d'],
  ]),
  ...places('code', 'run by shells or by the system at their start', [
    ...[
      '/etc/profile',
      '/etc/profile.d',
      '/etc/bash.bashrc',
      '/etc/environment',
      '/etc/init.d',
      '/etc/rc.local',
    ],
    ...[
      '/etc/cron.d',
      '/etc/crontab',
      '/root/.bashrc',
      '/root/.profile',
      '/etc/inputrc',
      '/etc/alternatives',
    ],
  ]),
  ...places('trust', 'the roots that TLS connections are checked against', [
    ...[
      '/etc/ssl',
      '/etc/pki',
      '/etc/ca-certificates',
      '/usr/share/ca-certificates',
      '/usr/local/share/ca-certificates',
    ],
    ...['/usr/lib/ssl', '/etc/crypto-policies'],
  ]),
  ...places('trust', 'how names are resolved', [
    ...['/etc/hosts', '/etc/resolv.conf', '/etc/nsswitch.conf', '/etc/host.conf', '/etc/gai.conf'],
  ]),
  ...places('trust', 'who the users are and what they may', [
    ...[
      '/etc/passwd',
      '/etc/group',
      '/etc/shadow',
      '/etc/sudoers',
      '/etc/sudoers.d',
      '/etc/pam.d',
      '/etc/security',
    ],
  ]),
  ...places('trust', 'configuration of the whole system', ['/etc']),
  ...places('trust', 'where the room finds its own policy and certificates', ['/security-context']),
  ...places('system', 'the kernel’s own view of processes and devices', ['/proc', '/sys', '/dev', '/boot']),
];

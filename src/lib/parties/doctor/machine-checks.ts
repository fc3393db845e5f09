// What can be said of this machine alone: Node.js, and the packages that an installation may lack.

import { REFERENCE_WARN_DAYS, renderAge } from '../../evidence/describe-reference.js';
import { type DoctorLine, fail, ok, warn } from './doctor-line.js';

export interface KnownReference {
  /** ISO 8601 day. */
  readonly date: string;
  readonly ageDays: number;
  /** Advisories for which nobody says in public which version is free of them. */
  readonly openAdvisories: readonly string[];
}

export interface Machine {
  /** Such as `20.19.4`. */
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** Version of an installed package, or null. */
  readonly packageVersion: (name: string) => string | null;
}

const NODE = {
  id: 'NODE',
  why: 'Older versions lack what cleanroom is written with.',
  fix: 'Install Node.js 20.19 or later.',
};

const PLATFORM = {
  id: 'PLATFORM',
  why: 'The local Azure needs Linux; real Azure does not.',
  fix: 'In the clone: docker run -it --rm -v "$PWD:/clone" -w /clone node:22 sh -c "npm ci && npm run demo"',
};

const OPTIONAL_PACKAGES = [
  { name: 'onnxruntime-node', why: 'Summaries by a model need it; without it sentences are selected.' },
  { name: 'azurite', why: "It is the local Azure's storage; real Azure needs none." },
] as const;

export function checkMachine({ nodeVersion, platform, packageVersion }: Machine): readonly DoctorLine[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const current = major > 20 || (major === 20 && minor >= 19);
  return [
    (current ? ok : fail)(NODE, `Node.js ${nodeVersion}`),
    platform === 'linux'
      ? ok(PLATFORM, platform)
      : warn(PLATFORM, `${platform}: verify, encrypt --to, policy and image work; the local Azure does not`),
    ...OPTIONAL_PACKAGES.map(({ name, why }) => {
      const check = {
        id: `PACKAGE_${name
          .replace(/^@[^/]+\//, '')
          .replaceAll('-', '_')
          .toUpperCase()}`,
        why,
        fix: `npm install ${name}`,
      };
      const version = packageVersion(name);
      return version === null ? warn(check, `${name} is not installed`) : ok(check, `${name} ${version}`);
    }),
  ];
}

const REFERENCE = {
  id: 'REFERENCE_VALUES',
  why: 'What was withdrawn since the day of the table is not known here.',
  fix: 'Install a newer version, or: cleanroom reference update FILE',
};

/** The age of what this installation knows of firmware and services. */
export function checkReference({ date, ageDays, openAdvisories }: KnownReference): DoctorLine {
  const what = [
    `reference values of ${date}, ${renderAge(ageDays)}`,
    ...openAdvisories.map((id) => `${id} without a known fix`),
  ].join('; ');
  return ageDays < REFERENCE_WARN_DAYS ? ok(REFERENCE, what) : warn(REFERENCE, what);
}

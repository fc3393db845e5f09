// `doctor`: this machine always; services where there is a profile; keys and ways around attestation where there is a contract.

import { createRequire } from 'node:module';

import type { ParsedContract } from '../../contract/parse.js';
import { CleanroomError } from '../../base/errors.js';
import type { Finding } from '../../base/verdict/finding.js';
import { checkCost } from './cost-checks.js';
import { type DoctorLine, skip } from './doctor-line.js';
import { showReference } from '../reference/show-reference.js';
import { checkMachine, checkReference } from './machine-checks.js';
import { checkHsm, checkKeys, checkStorage } from './resource-checks.js';
import { checkRights } from './right-checks.js';
import { checkHostRoles, checkRegion, checkServices, type DoctorProfile } from './service-checks.js';
import type { Desk, Environment } from '../../ports/environment.js';
import { readContract } from '../environment.js';
import type { Profile } from '../../ports/profile.js';
import { lintExportedKey, lintLiveKey } from '../lint-key.js';

export interface DoctorInput {
  readonly contractPath: string | undefined;
  /** Through whose eyes to look for ways around attestation; none are looked for if absent. */
  readonly as: 'party-1' | 'party-2' | undefined;
  /** Exported key, roles and SAS instead of the live ones. */
  readonly exposure: string | undefined;
}

export interface Diagnosis {
  readonly lines: readonly DoctorLine[];
  /** Ways to the plaintext that ask for no attestation; null where none were looked for. */
  readonly paths: readonly Finding[] | null;
}

/** Looks at everything that can be looked at; what cannot is a line of its own, with the reason. */
export async function diagnose(desk: Desk, input: DoctorInput): Promise<Diagnosis> {
  const machine = checkMachine({
    nodeVersion: process.versions.node,
    platform: process.platform,
    packageVersion: installedVersion,
  });
  const environment = await desk.openIfThere();
  const parsed = input.contractPath === undefined ? null : await readContract(input.contractPath);
  const { table, ageDays } = await showReference(new Date());
  const openAdvisories = table.advisories.filter(({ fixedIn }) => fixedIn === null).map(({ id }) => id);
  const lines = [
    ...machine,
    checkReference({ date: table.date, ageDays, openAdvisories }),
    ...(environment === null ? [noProfile()] : await checkAzure(environment, parsed)),
  ];
  const looked = await findPaths(desk, input, environment, parsed);
  return { lines: [...lines, ...looked.lines], paths: looked.paths };
}

function noProfile(): DoctorLine {
  return skip(
    { id: 'SERVICES', why: 'Services are those of a profile.', fix: '' },
    'there is no cleanroom.config.yaml and no local Azure runs',
  );
}

async function checkAzure(
  environment: Environment,
  parsed: ParsedContract | null,
): Promise<readonly DoctorLine[]> {
  const { profile } = environment;
  const looked = describeProfile(profile);
  const probe = await environment.services.probe();
  return [
    ...(await checkServices(looked, probe, () => new Date())),
    await checkHostRoles(looked, probe),
    await checkRegion(looked, probe),
    await checkHsm(looked, probe),
    ...(await checkStorage(looked, probe)),
    ...checkCost(looked, parsed?.contract ?? null),
    ...(parsed === null
      ? [
          skip(
            { id: 'KEY_SETTINGS', why: 'Keys are those of a contract.', fix: '' },
            'no contract was given (-f)',
          ),
        ]
      : [
          ...(await checkKeys(parsed.contract, profile.party, (host) => environment.services.keyVault(host))),
          ...(await checkRights(parsed.contract, profile.party, {
            blobs: await environment.services.blobs(),
            readRoles: (host) => environment.services.keyHolders(host),
          })),
        ]),
  ];
}

function describeProfile(profile: Profile): DoctorProfile {
  const { endpoints, region, subscription, resourceGroup, roomIdentity, vault, storageAccount } = profile;
  return {
    subscription,
    resourceGroup,
    region,
    vault,
    storageAccount,
    roomIdentity,
    endpoints: {
      authority: endpoints.authority ?? 'https://login.microsoftonline.com',
      resourceManager: endpoints.resourceManager ?? 'https://management.azure.com',
      attestation: endpoints.attestation ?? 'https://sharedweu.weu.attest.azure.net',
      registries: Object.values(endpoints.registries ?? { mcr: 'https://mcr.microsoft.com' }),
    },
  };
}

async function findPaths(
  desk: Desk,
  { as, exposure, contractPath }: DoctorInput,
  environment: Environment | null,
  parsed: ParsedContract | null,
): Promise<{ readonly lines: readonly DoctorLine[]; readonly paths: readonly Finding[] | null }> {
  if (exposure !== undefined)
    return { lines: [], paths: (await lintExportedKey({ exposurePath: exposure })).findings };
  if (as === undefined) return { lines: [], paths: null };
  const check = {
    id: 'UNATTESTED_PATHS',
    why: 'Attestation protects a key only where there is no other way to use it.',
    fix: '',
  };
  if (environment === null || parsed === null || contractPath === undefined)
    return { lines: [skip(check, '--as needs a profile and a contract (-f), or --exposure')], paths: [] };
  const { party } = environment.profile;
  const datasets = parsed.contract.datasets.filter(({ owner }) => as === 'party-1' || owner === party);
  const lines: DoctorLine[] = [];
  const paths: Finding[] = [];
  if (datasets.length === 0) lines.push(skip(check, `${party} owns no dataset of the contract`));
  for (const { id, owner } of datasets) {
    try {
      const { findings } = await lintLiveKey(desk, { contractPath, dataset: id, owners: [], sas: [] });
      paths.push(...findings);
    } catch (cause) {
      if (!(cause instanceof CleanroomError)) throw cause;
      const hint = owner === party ? '' : `; ask ${owner} to run it, or for an export (--exposure)`;
      lines.push(skip(check, `${id}: ${cause.code}: ${cause.message}${hint}`));
    }
  }
  return { lines, paths };
}

function installedVersion(name: string): string | null {
  const require = createRequire(import.meta.url);
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch (cause) {
    // A package that is there but keeps its package.json to itself.
    return cause instanceof Error && 'code' in cause && cause.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
      ? 'installed'
      : null;
  }
}

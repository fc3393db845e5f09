// `doctor`: this machine always; services where there is a profile; keys and ways around attestation where there is a contract.

import { createRequire } from 'node:module';

import type { ParsedContract } from '../../contract/parse.js';
import { CleanroomError } from '../../base/errors.js';
import type { Finding } from '../../base/verdict/finding.js';
import { type DoctorLine, skip } from '../../parties/doctor/doctor-line.js';
import { checkMachine } from '../../parties/doctor/machine-checks.js';
import { checkHsm, checkKeys, checkStorage } from '../../parties/doctor/resource-checks.js';
import { checkRights } from '../../parties/doctor/right-checks.js';
import {
  checkHostRoles,
  checkRegion,
  checkServices,
  type DoctorProfile,
} from '../../parties/doctor/service-checks.js';
import { type Environment, type EnvironmentSearch, readContract, tryEnvironment } from '../environment.js';
import type { Profile } from '../profile.js';
import { lintExportedKey, lintLiveKey } from './key-lint.js';

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
export async function diagnose(search: EnvironmentSearch, input: DoctorInput): Promise<Diagnosis> {
  const machine = checkMachine({ nodeVersion: process.versions.node, packageVersion: installedVersion });
  const environment = await tryEnvironment(search);
  const parsed = input.contractPath === undefined ? null : await readContract(input.contractPath);
  const lines = [
    ...machine,
    ...(environment === null ? [noProfile()] : await checkAzure(environment, parsed)),
  ];
  const looked = await findPaths(search, input, environment, parsed);
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
  const { createAzureProbe } = await import('../../azure/azure-probe.js');
  const { openKeyVault } = await import('../../azure/key-vault.js');
  const { createBlobStore } = await import('../../azure/blob-store.js');
  const { readKeyHolders } = await import('../../azure/key-holders.js');
  const connection = await environment.connect();
  const looked = describeProfile(profile);
  const probe = createAzureProbe(connection, { subscription: profile.subscription });
  return [
    ...(await checkServices(looked, probe, () => new Date())),
    await checkHostRoles(looked, probe),
    await checkRegion(looked, probe),
    await checkHsm(looked, probe),
    ...(await checkStorage(looked, probe)),
    ...(parsed === null
      ? [
          skip(
            { id: 'KEY_SETTINGS', why: 'Keys are those of a contract.', fix: '' },
            'no contract was given (-f)',
          ),
        ]
      : [
          ...(await checkKeys(parsed.contract, profile.party, (host) => openKeyVault(connection, host))),
          ...(await checkRights(parsed.contract, profile.party, {
            blobs: createBlobStore(connection),
            readRoles: (host) => readKeyHolders(connection, host),
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
  search: EnvironmentSearch,
  { as, exposure, contractPath }: DoctorInput,
  environment: Environment | null,
  parsed: ParsedContract | null,
): Promise<{ readonly lines: readonly DoctorLine[]; readonly paths: readonly Finding[] | null }> {
  if (exposure !== undefined)
    return { lines: [], paths: (await lintExportedKey(search, { exposurePath: exposure })).findings };
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
      const { findings } = await lintLiveKey(search, { contractPath, dataset: id, owners: [], sas: [] });
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

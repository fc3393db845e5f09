// Services: reached, logged in to, in the same time, with the rights that the party's part needs.

import * as v from 'valibot';

import { givesAction } from '../../evidence/azure-actions.js';
import { findVaultFlavour, vaultFlavour } from '../../contract/vault-flavour.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import type { AzureProbe } from '../../ports/azure-probe.js';
import { type DoctorCheck, type DoctorLine, fail, ok, skip, warn } from './doctor-line.js';

/** The profile as far as doctor looks at it. */
export interface DoctorProfile {
  readonly subscription: string | undefined;
  readonly resourceGroup: string | undefined;
  readonly region: string | undefined;
  readonly vault: string | undefined;
  readonly storageAccount: string | undefined;
  /** Only a host has one. */
  readonly roomIdentity: string | undefined;
  readonly endpoints: {
    readonly authority: string;
    readonly resourceManager: string;
    readonly attestation: string;
    readonly registries: readonly string[];
  };
}

const MAX_SKEW_SECONDS = 300;

const CLOCK: DoctorCheck = {
  id: 'CLOCK',
  why: 'Tokens, SAS and certificates are valid between two times; with a wrong clock valid ones are refused.',
  fix: 'Set the clock, for example by NTP.',
};

/** Reaches every endpoint, compares clocks, and gets a token for each kind of service. */
export async function checkServices(
  profile: DoctorProfile,
  probe: AzureProbe,
  now: () => Date,
): Promise<readonly DoctorLine[]> {
  const { endpoints, vault, storageAccount } = profile;
  const targets: readonly (readonly [string, string | undefined])[] = [
    ['LOGIN', endpoints.authority],
    ['RESOURCE_MANAGER', endpoints.resourceManager],
    ['ATTESTATION', endpoints.attestation],
    ['VAULT', vault === undefined ? undefined : `https://${vault}`],
    ['STORAGE', storageAccount],
    ...endpoints.registries.map((url) => ['REGISTRY', url] as const),
  ];
  const skews: number[] = [];
  const reached = await Promise.all(
    targets.map(async ([name, url]): Promise<DoctorLine> => {
      const check = {
        id: `REACH_${name}`,
        why: 'Nothing works without this service.',
        fix: 'Check name, proxy and firewall; over TLS only.',
      };
      if (url === undefined) return skip(check, 'the profile names none');
      try {
        const { status, date } = await probe.reach(url);
        if (date !== null) skews.push((date.getTime() - now().getTime()) / 1000);
        return ok(check, `${url} answers (${status})`);
      } catch (cause) {
        return fail(check, `${url}: ${describeCause(cause)}`);
      }
    }),
  );
  return [...reached, judgeClock(skews), ...(await checkTokens(probe, vault))];
}

/** @param skews - seconds that each service is ahead of us; negative where it is behind. */
export function judgeClock(skews: readonly number[]): DoctorLine {
  if (skews.length === 0) return skip(CLOCK, 'no service told its time');
  const worst = skews.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const what = `this clock is ${Math.abs(Math.round(worst))} s ${worst > 0 ? 'behind' : 'ahead of'} the services`;
  return Math.abs(worst) > MAX_SKEW_SECONDS ? fail(CLOCK, what) : ok(CLOCK, what);
}

/* A profile without a vault is the host's: its login is asked for a token of the public cloud's HSMs. */
const ANY_HSM = 'any.managedhsm.azure.net';

function checkTokens(probe: AzureProbe, vault: string | undefined): Promise<readonly DoctorLine[]> {
  const { resource } = findVaultFlavour(vault ?? ANY_HSM) ?? vaultFlavour(ANY_HSM);
  const scopes = [
    ['RESOURCE_MANAGER', 'https://management.azure.com/.default'],
    ['HSM', `${resource}/.default`],
    ['STORAGE', 'https://storage.azure.com/.default'],
  ] as const;
  return Promise.all(
    scopes.map(async ([name, scope]) => {
      const check = {
        id: `TOKEN_${name}`,
        why: 'Every call shows a token of the profile’s login.',
        fix: 'Log in (az login --tenant TENANT), or correct tenant and credential of the profile.',
      };
      try {
        await probe.logIn(scope);
        return ok(check, `a token for ${scope}`);
      } catch (cause) {
        return fail(check, describeCause(cause));
      }
    }),
  );
}

const Permissions = v.looseObject({
  value: v.array(
    v.looseObject({
      actions: v.optional(v.array(v.string()), []),
      notActions: v.optional(v.array(v.string()), []),
    }),
  ),
});

const HOST_ACTIONS = [
  'Microsoft.ContainerInstance/containerGroups/write',
  'Microsoft.ContainerInstance/containerGroups/delete',
  'Microsoft.ManagedIdentity/userAssignedIdentities/room/assign/action',
] as const;

const ROLES: DoctorCheck = {
  id: 'ROLES_ROOM',
  why: 'A host makes and removes container groups, and gives them its identity.',
  fix: "Assign 'Azure Container Instances Contributor Role' at the resource group and 'Managed Identity Operator' at the identity (cleanroom prereqs --as party-1).",
};

/** The rights of a host in its resource group. */
export async function checkHostRoles(profile: DoctorProfile, probe: AzureProbe): Promise<DoctorLine> {
  const { subscription, resourceGroup, roomIdentity } = profile;
  if (roomIdentity === undefined)
    return skip(ROLES, 'the profile has no room identity: this party hosts no room');
  if (subscription === undefined || resourceGroup === undefined)
    return skip(ROLES, 'the profile names no subscription and resource group');
  const path = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Authorization/permissions`;
  try {
    const { value } = v.parse(Permissions, await probe.readResource(path, '2022-04-01'));
    const lacking = HOST_ACTIONS.filter(
      (action) =>
        !value.some(({ actions, notActions }) =>
          givesAction({ granted: actions, withheld: notActions }, action),
        ),
    );
    return lacking.length === 0
      ? ok(ROLES, `may run rooms in ${resourceGroup}`)
      : fail(ROLES, `may not: ${lacking.join(', ')}`);
  } catch (cause) {
    return unread(ROLES, cause);
  }
}

const REGION: DoctorCheck = {
  id: 'REGION',
  why: 'Confidential container groups exist in some regions only.',
  fix: 'Choose a region that is known for them, or try this one: deploy reports REGION_NOT_CONFIDENTIAL if it has none.',
};

/* The only regions that Learn names: "Resource availability & quota limits for ACI", edition of 2023-01-19, under
   "Confidential Container Resources". The edition of 2025-11-17 names none, so every other region is a warning. */
const CONFIDENTIAL_REGIONS = new Set(['eastus', 'northeurope', 'westeurope', 'westus']);

/** Whether the region runs Linux container groups, and is known for confidential ones: the service does not say the latter. */
export async function checkRegion({ region }: DoctorProfile, probe: AzureProbe): Promise<DoctorLine> {
  if (region === undefined) return skip(REGION, 'the profile names no region');
  try {
    const systems = await probe.containerSystems(region);
    if (!systems.some((system) => system.toLowerCase() === 'linux'))
      return fail(
        REGION,
        `${region} offers no Linux container groups to this subscription; confidential ones are known in ${[...CONFIDENTIAL_REGIONS].join(', ')}`,
      );
    return CONFIDENTIAL_REGIONS.has(region)
      ? ok(REGION, `${region} offers container groups, and confidential ones by what is published`)
      : warn(
          REGION,
          `${region} offers container groups; whether confidential ones is not known here; known are ${[...CONFIDENTIAL_REGIONS].join(', ')}`,
        );
  } catch (cause) {
    return unread(REGION, cause);
  }
}

/** A check whose facts this login may not read is not one that failed. */
export function unread(check: DoctorCheck, cause: unknown): DoctorLine {
  if (cause instanceof CleanroomError) return skip(check, `${cause.code}: ${cause.message}`);
  if (cause instanceof v.ValiError) return skip(check, 'the service answered in an unknown form');
  throw cause;
}

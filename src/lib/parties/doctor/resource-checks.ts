// The party's own resources: HSM activated, storage closed, keys as the flow needs them.

import * as v from 'valibot';

import { publishedAllowAll } from '../../contract/published/allow-all.js';
import type { Contract } from '../../contract/schema.js';
import { CleanroomError } from '../../base/errors.js';
import { vaultFlavour } from '../../contract/vault-flavour.js';
import { admittedHostData } from '../../contract/release-policy/lint.js';
import { parseReleasePolicy } from '../../contract/release-policy/parse.js';
import type { KeyVault, VaultKey } from '../../ports/key-vault.js';
import type { AzureProbe } from '../../ports/azure-probe.js';
import { type DoctorCheck, type DoctorLine, fail, ok, skip, warn } from './doctor-line.js';
import { type DoctorProfile, unread } from './service-checks.js';

const ACTIVATED: DoctorCheck = {
  id: 'HSM_ACTIVATED',
  why: 'A Managed HSM answers nothing before its security domain has been downloaded.',
  fix: 'Activate it: setup.sh of cleanroom prereqs --as party-2, or az keyvault security-domain download.',
};

const Resources = v.looseObject({
  value: v.array(
    v.looseObject({ id: v.optional(v.string()), name: v.string(), properties: v.optional(v.unknown()) }),
  ),
});

const HsmProperties = v.looseObject({
  hsmUri: v.optional(v.string(), ''),
  provisioningState: v.optional(v.string(), ''),
  securityDomainProperties: v.optional(
    v.looseObject({ activationStatus: v.optional(v.string(), 'Unknown') }),
  ),
});

/** Whether the party's Managed HSM is activated, by Azure Resource Manager. */
export async function checkHsm(profile: DoctorProfile, probe: AzureProbe): Promise<DoctorLine> {
  const { vault, subscription } = profile;
  if (vault === undefined) return skip(ACTIVATED, 'the profile names no vault');
  if (vaultFlavour(vault).service !== 'Managed HSM')
    return skip(ACTIVATED, 'a key vault needs no activation');
  if (subscription === undefined) return skip(ACTIVATED, 'the profile names no subscription');
  try {
    const path = `/subscriptions/${subscription}/providers/Microsoft.KeyVault/managedHSMs`;
    const { value } = v.parse(Resources, await probe.readResource(path, '2023-07-01'));
    const own = value
      .map(({ properties }) => v.parse(HsmProperties, properties))
      .find(({ hsmUri }) => hostOf(hsmUri) === vault);
    return own === undefined ? skip(ACTIVATED, `${vault} is not in this subscription`) : judgeHsm(vault, own);
  } catch (cause) {
    return unread(ACTIVATED, cause);
  }
}

/** @param properties - those of Microsoft.KeyVault/managedHSMs. */
export function judgeHsm(vault: string, properties: v.InferOutput<typeof HsmProperties>): DoctorLine {
  const status = properties.securityDomainProperties?.activationStatus ?? 'Unknown';
  if (status === 'Active') return ok(ACTIVATED, `${vault} is activated`);
  if (status === 'Unknown') return skip(ACTIVATED, `${vault} does not report whether it is activated`);
  return fail(
    ACTIVATED,
    `${vault} is ${properties.provisioningState || 'there'}, its security domain ${status}`,
  );
}

const STORAGE_WHY =
  'Sealed bytes are no secret, but only their owner should be able to replace or delete them.';
const TLS: DoctorCheck = {
  id: 'STORAGE_TLS',
  why: 'A SAS in a query is a secret; old TLS and plain http show it.',
  fix: 'az storage account update --name NAME --min-tls-version TLS1_2 --https-only true',
};
const PUBLIC: DoctorCheck = {
  id: 'STORAGE_PUBLIC',
  why: STORAGE_WHY,
  fix: 'az storage account update --name NAME --allow-blob-public-access false',
};
const SHARED_KEY: DoctorCheck = {
  id: 'STORAGE_SHARED_KEY',
  why: 'The account key allows everything in the account, without a record of who used it.',
  fix: 'az storage account update --name NAME --allow-shared-key-access false; SAS by identity need no key.',
};

const NETWORK: DoctorCheck = {
  id: 'STORAGE_NETWORK',
  why: 'A room has an address of its own on the internet, and the other party reads and writes from its own network.',
  fix: 'az storage account update --name NAME --public-network-access Enabled --default-action Allow; tokens and SAS keep it closed.',
};
const SOFT_DELETE: DoctorCheck = {
  id: 'STORAGE_SOFT_DELETE',
  why: 'Deleting a container deletes the entries of the budget in it; with soft delete they can be restored.',
  fix: 'az storage account blob-service-properties update --account-name NAME --enable-container-delete-retention true --container-delete-retention-days 7 --enable-delete-retention true --delete-retention-days 7',
};

/* What a service with a firewall says of itself; absent: open, as it is made. */
const NetworkProperties = {
  publicNetworkAccess: v.optional(v.nullable(v.string()), 'Enabled'),
  networkAcls: v.optional(v.nullable(v.looseObject({ defaultAction: v.optional(v.string(), 'Allow') }))),
};

const AccountProperties = v.looseObject({
  ...NetworkProperties,
  minimumTlsVersion: v.optional(v.string(), 'TLS1_0'),
  supportsHttpsTrafficOnly: v.optional(v.boolean(), true),
  allowBlobPublicAccess: v.optional(v.boolean(), true),
  allowSharedKeyAccess: v.optional(v.nullable(v.boolean()), true),
  primaryEndpoints: v.optional(v.looseObject({ blob: v.optional(v.string(), '') })),
});

/** How the party's storage account is set up, by Azure Resource Manager. */
export async function checkStorage(
  profile: DoctorProfile,
  probe: AzureProbe,
): Promise<readonly DoctorLine[]> {
  const { storageAccount, subscription } = profile;
  const all = [TLS, PUBLIC, SHARED_KEY, NETWORK, SOFT_DELETE];
  if (storageAccount === undefined || subscription === undefined)
    return all.map((check) => skip(check, 'the profile names no storage account and subscription'));
  try {
    const path = `/subscriptions/${subscription}/providers/Microsoft.Storage/storageAccounts`;
    const { value } = v.parse(Resources, await probe.readResource(path, '2023-05-01'));
    const own = value
      .map(({ id, properties }) => ({ id, account: v.parse(AccountProperties, properties) }))
      .find(({ account }) => account.primaryEndpoints?.blob.replace(/\/$/, '') === storageAccount);
    return own === undefined
      ? all.map((check) => skip(check, `${storageAccount} is not in this subscription`))
      : [...judgeStorage(own.account), await checkSoftDelete(own.id, probe)];
  } catch (cause) {
    return all.map((check) => unread(check, cause));
  }
}

/** @param properties - those of Microsoft.Storage/storageAccounts; what is absent has Azure's old, open default. */
export function judgeStorage(properties: v.InferInput<typeof AccountProperties>): readonly DoctorLine[] {
  const account = v.parse(AccountProperties, properties);
  const modern = /^TLS1_[23]$/.test(account.minimumTlsVersion) && account.supportsHttpsTrafficOnly;
  return [
    (modern ? ok : fail)(
      TLS,
      `least TLS version ${account.minimumTlsVersion}${account.supportsHttpsTrafficOnly ? '' : ', and http'}`,
    ),
    account.allowBlobPublicAccess
      ? fail(PUBLIC, 'containers can be made public')
      : ok(PUBLIC, 'nothing can be made public'),
    account.allowSharedKeyAccess === false
      ? ok(SHARED_KEY, 'the account key is refused')
      : warn(SHARED_KEY, 'the account key is accepted'),
    judgeNetwork(account),
  ];
}

/** Whether rooms and the other party reach a service. @param properties - as Azure Resource Manager describes it. */
function judgeNetwork({
  publicNetworkAccess,
  networkAcls,
}: v.InferOutput<typeof AccountProperties>): DoctorLine {
  if ((publicNetworkAccess ?? 'Enabled').toLowerCase() !== 'enabled')
    return fail(NETWORK, `public network access is ${publicNetworkAccess ?? ''}`);
  return networkAcls?.defaultAction.toLowerCase() === 'deny'
    ? fail(NETWORK, 'its firewall denies every network that it does not list')
    : ok(NETWORK, 'reached from every network');
}

const BlobServiceProperties = v.looseObject({
  properties: v.looseObject({
    deleteRetentionPolicy: v.optional(v.looseObject({ enabled: v.optional(v.boolean(), false) })),
    containerDeleteRetentionPolicy: v.optional(v.looseObject({ enabled: v.optional(v.boolean(), false) })),
  }),
});

async function checkSoftDelete(account: string | undefined, probe: AzureProbe): Promise<DoctorLine> {
  if (account === undefined) return skip(SOFT_DELETE, 'the account has no resource id');
  try {
    return judgeSoftDelete(await probe.readResource(`${account}/blobServices/default`, '2023-05-01'));
  } catch (cause) {
    return unread(SOFT_DELETE, cause);
  }
}

/** @param service - a resource Microsoft.Storage/storageAccounts/blobServices. */
export function judgeSoftDelete(service: unknown): DoctorLine {
  const { deleteRetentionPolicy: blobs, containerDeleteRetentionPolicy: containers } = v.parse(
    BlobServiceProperties,
    service,
  ).properties;
  const open = [
    ...(containers?.enabled === true ? [] : ['containers']),
    ...(blobs?.enabled === true ? [] : ['blobs']),
  ];
  return open.length === 0
    ? ok(SOFT_DELETE, 'deleted blobs and containers can be put back')
    : warn(SOFT_DELETE, `what is deleted is gone: ${open.join(' and ')}`);
}

const KEY: DoctorCheck = {
  id: 'KEY_SETTINGS',
  why: 'The room gets a key by release only, under terms that cannot be changed afterwards.',
  fix: 'Make a new version: cleanroom key rotate -f contract.yaml --dataset ID',
};

/** The keys of the party's datasets; one that is not made yet is nothing to mend. */
export async function checkKeys(
  contract: Contract,
  party: string,
  openVault: (host: string) => Promise<KeyVault>,
): Promise<readonly DoctorLine[]> {
  const own = contract.datasets.filter(({ owner }) => owner === party);
  if (own.length === 0) return [skip(KEY, `${party} owns no dataset of the contract`)];
  return Promise.all(
    own.map(async ({ id, key }) => {
      try {
        const stored = await (await openVault(key.vault)).get(key.name, null);
        return stored === null
          ? skip(KEY, `the key of ${id} is not made yet; cleanroom encrypt makes it`)
          : judgeKey(id, stored);
      } catch (cause) {
        return unread(KEY, cause);
      }
    }),
  );
}

/** What is wrong with a key, all at once. */
export function judgeKey(
  dataset: string,
  key: Pick<VaultKey, 'kty' | 'exportable' | 'operations' | 'releasePolicy' | 'enabled'>,
): DoctorLine {
  const problems = [
    ...(key.enabled ? [] : ['it is disabled']),
    ...(key.kty.endsWith('-HSM') ? [] : [`it is of type ${key.kty}, outside an HSM`]),
    ...(key.exportable ? [] : ['it is not exportable, so it can never be released']),
    ...(key.releasePolicy === null ? ['it has no release policy'] : policyProblems(key.releasePolicy)),
    ...key.operations
      .filter((operation) => operation === 'decrypt' || operation === 'unwrapKey')
      .map((operation) => `it allows ${operation} without attestation`),
  ];
  return problems.length === 0
    ? ok(KEY, `the key of ${dataset}: exportable, release policy immutable, no use without release`)
    : fail(KEY, `the key of ${dataset}: ${problems.join('; ')}`);
}

/* What the key of any contract must not have; `key lint` compares it with this contract's. */
function policyProblems({ text, immutable }: NonNullable<VaultKey['releasePolicy']>): readonly string[] {
  const problems = immutable ? [] : ['its release policy can be changed'];
  try {
    const published = parseReleasePolicy(text)
      .anyOf.flatMap((branch) => admittedHostData(branch) ?? [])
      .filter((hash) => publishedAllowAll(hash) !== null);
    return [
      ...problems,
      ...published.map(
        (hash) => `its release policy admits ${hash}, a published policy that allows everything`,
      ),
    ];
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    return [...problems, `its release policy is not understood (${cause.message})`];
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

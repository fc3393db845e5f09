// What is asked of `prereqs`, checked: names that Azure accepts, and ways across tenants that fit together.

import { CleanroomError } from '../../base/errors.js';

export type PrerequisiteParty = 'party-1' | 'party-2';
export type KeyService = 'managed-hsm' | 'key-vault-premium';

/**
 * How the room, in party I's tenant, reaches what is in party II's:
 * `federated` and `access-token` for the key, `sas` for the blobs.
 */
export type CrossTenantWay = 'federated' | 'access-token' | 'sas';

export interface PrerequisiteRequest {
  readonly party: PrerequisiteParty;
  /** Beginning of every name: 3 to 16 lower-case letters and digits; storage accounts are unique in all of Azure. */
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly keyService: KeyService;
  readonly crossTenant: readonly CrossTenantWay[];
  /** Datasets whose keys the room asks for. */
  readonly datasets: readonly string[];
  /** Whether SAS are made with the account key: then the account has to accept it. */
  readonly sasByAccountKey: boolean;
  /** Object ids, in the host's tenant, of recipients besides the host: they read the results. */
  readonly recipients: readonly string[];
}

export interface Prerequisites extends Omit<PrerequisiteRequest, 'crossTenant'> {
  readonly keyWay: 'same-tenant' | 'federated' | 'access-token';
  readonly blobWay: 'role' | 'sas';
}

/** Checks a request. @throws CleanroomError USAGE */
export function readPrerequisites({ crossTenant, ...request }: PrerequisiteRequest): Prerequisites {
  requireForm('--name', request.name, /^[a-z][a-z0-9]{2,15}$/, '3 to 16 lower-case letters and digits');
  requireForm('--location', request.location, /^[a-z0-9]{3,40}$/, 'an Azure region, such as westeurope');
  requireForm(
    '--resource-group',
    request.resourceGroup,
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,89}$/,
    'letters, digits, _ and -, 1 to 90',
  );
  for (const dataset of request.datasets)
    requireForm('--dataset', dataset, /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'the id of a dataset');
  if (request.recipients.length > 0 && request.party !== 'party-1')
    throw new CleanroomError('USAGE', '--recipient: the results lie in the host’s account (--as party-1)');
  for (const recipient of request.recipients)
    requireForm(
      '--recipient',
      recipient,
      /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      'an object id: a GUID in lower case',
    );
  const keyWays = crossTenant.filter((way) => way !== 'sas');
  if (new Set(keyWays).size > 1)
    throw new CleanroomError(
      'USAGE',
      '--cross-tenant: federated and access-token are two ways to the same key',
    );
  return {
    ...request,
    keyWay: keyWays[0] ?? 'same-tenant',
    blobWay: crossTenant.includes('sas') ? 'sas' : 'role',
  };
}

function requireForm(flag: string, value: string, form: RegExp, described: string): void {
  if (!form.test(value)) throw new CleanroomError('USAGE', `${flag} ${value}: must be ${described}`);
}

// What a blob command is about: a file, a URL, or the stored blob of a contract's dataset.

import { readSasGrant, type SasGrant } from '../ports/sas-grant.js';
import { findDataset } from '../contract/find-dataset.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import type { StoredSealedBlob } from '../ports/sealed-location.js';
import type { SealedLocation } from '../ports/sealed-location.js';
import { openSealedPath } from './sealed-location.js';
import type { Desk, Environment } from '../ports/environment.js';
import { readContract } from './environment.js';
import { readSecret } from './secret-input.js';

export interface TargetFlags {
  /** Path or https URL; absent: the dataset's blob. */
  readonly target: string | undefined;
  readonly contractPath: string;
  readonly dataset: string | undefined;
  /** Where a SAS to read with is. */
  readonly sas: string | undefined;
}

export interface SealedTarget {
  readonly location: SealedLocation;
  /** Where it is in storage; null for a file. */
  readonly blob: ContractBlob | null;
  readonly environment: Environment | null;
  readonly grant: SasGrant | null;
}

/** Opens it. @throws CleanroomError USAGE, SAS_…, as openSealedPath and openStoredBlob */
export async function openSealedTarget(desk: Desk, flags: TargetFlags): Promise<SealedTarget> {
  const { target, contractPath, dataset } = flags;
  if (target !== undefined && !target.startsWith('https://')) {
    return { location: await openSealedPath(target), blob: null, environment: null, grant: null };
  }
  if (target !== undefined) return openStoredTarget(desk, readBlobUrl(target), flags);
  if (dataset === undefined) throw new CleanroomError('USAGE', 'name a file, a URL, or --dataset ID');
  const { contract } = await readContract(contractPath);
  return openStoredTarget(desk, findDataset(contract, dataset).blob, flags);
}

/** A dataset's blob in storage, with a login. */
export async function openStoredTarget(
  desk: Desk,
  blob: ContractBlob,
  { sas }: Pick<TargetFlags, 'sas'>,
): Promise<SealedTarget & { readonly location: StoredSealedBlob; readonly environment: Environment }> {
  const environment = await desk.open();
  const grant =
    sas === undefined
      ? null
      : readSasGrant(await readSecret(sas), { blob, permissions: 'r', at: new Date(), scope: 'blob' });
  const location = await environment.services.storedBlob(blob, grant);
  return { location, blob, environment, grant };
}

/* The account of a path-style URL (an emulated one) is part of the path. */
function readBlobUrl(url: string): ContractBlob {
  const { search, pathname, origin } = new URL(url);
  const parts = pathname.split('/').slice(1);
  const [name = '', container = ''] = [...parts].reverse();
  if (search !== '') {
    throw new CleanroomError('USAGE', 'a URL with a SAS is not taken as an argument: others could see it', {
      hint: 'Give the SAS apart, with --sas FILE, env:NAME or fd:N.',
    });
  }
  if (parts.length < 2 || name === '' || container === '') {
    throw new CleanroomError('USAGE', 'the URL names no blob: https://ACCOUNT/CONTAINER/NAME');
  }
  return { account: [origin, ...parts.slice(0, -2)].join('/'), container, name };
}

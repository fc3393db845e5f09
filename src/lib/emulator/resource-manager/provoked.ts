// Refusals that only a real region has, as the fault file provokes them. Codes marked unverified in the reference.

import type { FaultKind, FaultSource } from '../faults/fault-file.js';
import { AzureError } from '../http/azure-error.js';

/** Thrown with `Retry-After`. */
export class ThrottledError extends AzureError {
  constructor(readonly retryAfterSeconds: number) {
    super(
      429,
      'TooManyRequests',
      `The request is being throttled as the limit has been reached for operation type - Write_ObservationWindow_00:05:00. Please retry after ${retryAfterSeconds} seconds.`,
    );
  }
}

interface Refusal {
  readonly kind: FaultKind;
  readonly refuse: (group: string, location: string) => AzureError;
}

const PUT_REFUSALS: readonly Refusal[] = [
  {
    kind: 'quota',
    refuse: (_group, location) =>
      new AzureError(
        409,
        'ContainerGroupQuotaReached',
        `Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'ConfidentialCores' exceeded in region '${location}'. Limit: '10', Usage: '10' Requested: '3'.`,
      ),
  },
  {
    kind: 'no-confidential-sku',
    refuse: (_group, location) =>
      new AzureError(
        400,
        'SkuNotSupported',
        `The container group sku 'Confidential' is not supported in region '${location}'.`,
      ),
  },
  {
    kind: 'no-capacity',
    refuse: (_group, location) =>
      new AzureError(
        409,
        'ServiceUnavailable',
        `The requested resource is not available in the location '${location}' at this moment. Please retry with a different resource request or in another location.`,
      ),
  },
  {
    kind: 'dns-name-taken',
    refuse: () =>
      new AzureError(409, 'DnsNameLabelNotAvailable', 'The DNS name label is not available in the region.'),
  },
  {
    kind: 'pull-denied',
    refuse: (group) =>
      new AzureError(
        409,
        'RegistryErrorResponse',
        `An error response is received from the docker registry for container group '${group}': unauthorized: authentication required.`,
      ),
  },
  {
    kind: 'identity-missing',
    refuse: () =>
      new AzureError(
        400,
        'FailedIdentityOperation',
        'Identity operation for resource failed with error: Failed to perform resource identity operation. Status: BadRequest. The user assigned identity was not found.',
      ),
  },
];

/** @throws AzureError where the fault file has one for this request. */
export async function refuseProvoked(
  faults: FaultSource,
  method: string,
  group: string,
  location: string,
): Promise<void> {
  const throttled = await faults('throttled', group);
  if (throttled !== null) throw new ThrottledError(throttled.seconds);
  if (method !== 'PUT') return;
  for (const { kind, refuse } of PUT_REFUSALS)
    if ((await faults(kind, group)) !== null) throw refuse(group, location);
}

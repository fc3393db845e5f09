// Azure Resource Manager for container groups: versions, names and limits (azure-wire 6).

/** Versions of Microsoft.ContainerInstance that are answered; all have the members that the flow uses. */
export const API_VERSIONS: readonly string[] = [
  '2022-09-01',
  '2022-10-01-preview',
  '2023-05-01',
  '2024-05-01-preview',
  '2024-09-01-preview',
  '2024-10-01-preview',
  '2024-11-01-preview',
  '2025-09-01',
];
/** Version in the URL of an operation (a trace of the real service). */
export const OPERATION_API_VERSION = '2018-06-01';

export const PROVIDER = 'Microsoft.ContainerInstance';

/** Name of a group or container: what Azure's own validation says. */
export const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const MAX_CONTAINERS = 60;
/** Longest environment variable and CCE policy that the service takes are not published; these bound a request. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Longest answer of the logs call. */
export const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** What the service tells a client that polls. */
export const POLL_SECONDS = 1;

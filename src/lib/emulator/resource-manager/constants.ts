// Azure Resource Manager for container groups: versions, names and limits (ACI).

/** Every version of Microsoft.ContainerInstance that was published. */
export const API_VERSIONS: readonly string[] = [
  ...['2017-08-01-preview', '2017-10-01-preview', '2017-12-01-preview', '2018-02-01-preview', '2018-04-01'],
  ...['2018-06-01', '2018-09-01', '2018-10-01', '2019-12-01', '2020-11-01', '2021-03-01', '2021-07-01'],
  ...['2021-09-01', '2021-10-01', '2022-09-01', '2022-10-01-preview', '2023-02-01-preview', '2023-05-01'],
  ...['2024-05-01-preview', '2024-09-01-preview', '2024-10-01-preview', '2024-11-01-preview', '2025-09-01'],
  '2026-07-01',
];
/** The first with `sku` Confidential and a CCE policy. */
export const CONFIDENTIAL_SINCE = '2022-10-01-preview';
/** Version in the URL of an operation (a trace of the real service). */
export const OPERATION_API_VERSION = '2018-06-01';

export const PROVIDER = 'Microsoft.ContainerInstance';

/** Name of a group: capital letters are taken (recorded 2023-01). */
export const GROUP_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** Name of a container or volume: what Azure's own validation says. */
export const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const MAX_CONTAINERS = 60;
/** Longest environment variable and CCE policy that the service takes are not published; these bound a request. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Longest answer of the logs call. */
export const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** Greatest requests of one group in a region (LEARN "Resource availability & quota limits for ACI"). */
export const CAPABILITIES = { maxMemoryInGB: 240, maxCpu: 31, maxGpuCount: 0 } as const;
/** Container groups and cores that a subscription may have in a region: Azure's defaults. */
export const QUOTAS = { containerGroups: 100, standardCores: 100 } as const;

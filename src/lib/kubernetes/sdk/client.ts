// Client of a cluster; one file once built (tools/bundle.js): its hundreds of small files take a second to read.

export { ApiException, BatchV1Api, CoreV1Api, KubeConfig, VersionApi } from '@kubernetes/client-node';

// Operations of the blob service, as the REST reference lists them: what each asks for, and the role action that it needs.
// What is not here is refused, whatever a caller shows.

import { documented, type Proof, usedBy } from '../http/proof.js';
import type { Method } from '../http/route.js';
import { createRouter, type Found } from '../http/router.js';
import type { StorageAction } from './constants.js';
import type { StorageTarget } from './target.js';

/** One operation; the front passes it on to Azurite, or answers it itself. */
export interface BlobRoute {
  readonly name: string;
  readonly method: Method;
  /** `/{account}`, `/{account}/{container}` or `/{account}/{container}/{blob}`. */
  readonly path: string;
  /** Null: the parameter must be absent. */
  readonly query: Readonly<Record<string, string | null>>;
  /** What a token or the signer of a user delegation SAS needs. */
  readonly permission: StorageAction;
  readonly proof: Proof;
  readonly answeredBy: 'azurite' | 'front';
}

const SDK = usedBy('2026-11', '@azure/storage-blob 12.32');
const SDKS = usedBy('2026-11-29', 'SDKs of JavaScript, Go and Python, and az 2.91');
const REST = documented('2026-11', 'REST reference, Blob service, on Azurite 3.35');

const ACCOUNT = '/{account}';
const CONTAINER = '/{account}/{container}';
const BLOB = '/{account}/{container}/{blob}';
const PLAIN = { comp: null } as const;

/* Every operation names its permission: a row without one does not compile. */
function operation(
  name: string,
  [method, path, query]: readonly [Method, string, BlobRoute['query']],
  permission: StorageAction,
  proof: Proof = REST,
): BlobRoute {
  return { name, method, path, query, permission, proof, answeredBy: 'azurite' };
}

export const BLOB_ROUTES: readonly BlobRoute[] = [
  operation('List Containers', ['GET', ACCOUNT, { comp: 'list' }], 'container-read', SDK),
  {
    ...operation(
      'Get User Delegation Key',
      ['POST', ACCOUNT, { restype: 'service', comp: 'userdelegationkey' }],
      'delegation-key',
      SDK,
    ),
    answeredBy: 'front',
  },
  operation(
    'Create Container',
    ['PUT', CONTAINER, { restype: 'container', ...PLAIN }],
    'container-write',
    SDKS,
  ),
  operation(
    'Get Container Properties',
    ['GET', CONTAINER, { restype: 'container', ...PLAIN }],
    'container-read',
    SDK,
  ),
  operation(
    'Get Container Properties',
    ['HEAD', CONTAINER, { restype: 'container', ...PLAIN }],
    'container-read',
    SDK,
  ),
  operation('List Blobs', ['GET', CONTAINER, { restype: 'container', comp: 'list' }], 'blob-read', SDKS),
  operation(
    'Get Container Metadata',
    ['GET', CONTAINER, { restype: 'container', comp: 'metadata' }],
    'container-read',
  ),
  operation(
    'Set Container Metadata',
    ['PUT', CONTAINER, { restype: 'container', comp: 'metadata' }],
    'container-write',
  ),
  operation(
    'Get Container ACL',
    ['GET', CONTAINER, { restype: 'container', comp: 'acl' }],
    'container-acl-write',
  ),
  operation(
    'Set Container ACL',
    ['PUT', CONTAINER, { restype: 'container', comp: 'acl' }],
    'container-acl-write',
  ),
  operation(
    'Lease Container',
    ['PUT', CONTAINER, { restype: 'container', comp: 'lease' }],
    'container-write',
  ),
  operation(
    'Delete Container',
    ['DELETE', CONTAINER, { restype: 'container', ...PLAIN }],
    'container-delete',
    SDK,
  ),
  operation('Get Blob', ['GET', BLOB, PLAIN], 'blob-read', SDKS),
  operation('Get Blob Properties', ['HEAD', BLOB, PLAIN], 'blob-read', SDKS),
  operation('Get Blob Metadata', ['GET', BLOB, { comp: 'metadata' }], 'blob-read'),
  operation('Get Block List', ['GET', BLOB, { comp: 'blocklist' }], 'blob-read', SDK),
  operation('Get Blob Tags', ['GET', BLOB, { comp: 'tags' }], 'blob-tags-read'),
  operation('Get Page Ranges', ['GET', BLOB, { comp: 'pagelist' }], 'blob-read'),
  operation('Put Blob, Copy Blob', ['PUT', BLOB, PLAIN], 'blob-write', SDKS),
  operation('Put Block', ['PUT', BLOB, { comp: 'block' }], 'blob-write', SDKS),
  operation('Put Block List', ['PUT', BLOB, { comp: 'blocklist' }], 'blob-write', SDKS),
  operation('Append Block', ['PUT', BLOB, { comp: 'appendblock' }], 'blob-write', SDKS),
  operation('Put Page', ['PUT', BLOB, { comp: 'page' }], 'blob-write'),
  operation('Set Blob Metadata', ['PUT', BLOB, { comp: 'metadata' }], 'blob-write', SDK),
  operation('Set Blob Properties', ['PUT', BLOB, { comp: 'properties' }], 'blob-write', SDK),
  operation('Set Blob Tags', ['PUT', BLOB, { comp: 'tags' }], 'blob-tags-write'),
  operation('Set Blob Tier', ['PUT', BLOB, { comp: 'tier' }], 'blob-write'),
  operation('Lease Blob', ['PUT', BLOB, { comp: 'lease' }], 'blob-write', SDKS),
  operation('Snapshot Blob', ['PUT', BLOB, { comp: 'snapshot' }], 'blob-write', SDKS),
  operation('Abort Copy Blob', ['PUT', BLOB, { comp: 'copy' }], 'blob-write'),
  operation('Undelete Blob', ['PUT', BLOB, { comp: 'undelete' }], 'blob-write'),
  operation('Delete Blob', ['DELETE', BLOB, PLAIN], 'blob-delete', SDKS),
];

const find = createRouter(BLOB_ROUTES);

/** The operation of a request. A blob's name is one segment here, whatever slashes it has. */
export function findBlobRoute(
  method: string,
  { account, container, blob }: StorageTarget,
  query: URLSearchParams,
): Found<BlobRoute> {
  const segments = [account, container, blob].filter((part) => part !== null);
  return find({ method, path: `/${segments.map(encodeURIComponent).join('/')}`, query });
}

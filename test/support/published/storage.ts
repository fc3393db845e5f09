// The blob service: what the published specification lets a client send. Versions go in `x-ms-version`.

import type { PublishedInterface } from './published-interface.js';

const SECONDS = { timeout: /^\d+$/ };
const BLOB = '/{container}/{blob*}';
const CONDITIONS = {
  ...{ 'if-match': /^(?:\*|"[^"]+")$/, 'if-none-match': /^(?:\*|"[^"]+")$/ },
  ...{
    'if-modified-since': /GMT$/,
    'if-unmodified-since': /GMT$/,
    'x-ms-if-tags': /./,
    'x-ms-lease-id': /./,
  },
};
const METADATA = { 'x-ms-meta-*': /./ };
const CONTENT = { 'x-ms-blob-content-*': /./, 'x-ms-access-tier': /./, 'x-ms-tags': /./ };
const RANGE = {
  ...{ 'x-ms-range': /^bytes=\d+-\d*$/, 'x-ms-range-get-content-md5': /^true$/ },
  'x-ms-range-get-content-crc64': /^true$/,
};
const AT = { ...SECONDS, snapshot: /^\d{4}-\d\d-\d\dT/, versionid: /^\d{4}-\d\d-\d\dT/ };
const CHECKSUMS = { 'content-md5': /./, 'x-ms-content-crc64': /./, 'x-ms-structured-*': /./ };

export const BLOBS: PublishedInterface = {
  source:
    'Azure/azure-rest-api-specs, specification/storage/data-plane/Microsoft.BlobStorage/stable/2026-04-06, as @azure/storage-blob 12.32 carries it; a room asks in 2021-12-02',
  versions: ['2021-12-02', '2026-04-06'],
  operations: [
    {
      method: 'POST',
      path: '/',
      query: { ...SECONDS, 'restype!': /^service$/, 'comp!': /^userdelegationkey$/ },
      body: { xml: ['KeyInfo', 'Start', 'Expiry'] },
    },
    {
      method: 'GET',
      path: '/{container}',
      query: { ...SECONDS, 'restype!': /^container$/ },
      headers: { 'x-ms-lease-id': /./ },
    },
    {
      method: 'PUT',
      path: '/{container}',
      query: { ...SECONDS, 'restype!': /^container$/ },
      headers: { ...METADATA, 'x-ms-blob-public-access': /^(?:container|blob)$/ },
    },
    { method: 'GET', path: BLOB, query: AT, headers: { ...CONDITIONS, ...RANGE } },
    { method: 'HEAD', path: BLOB, query: AT, headers: CONDITIONS },
    {
      method: 'PUT',
      path: BLOB,
      query: SECONDS,
      headers: {
        ...{ ...CONDITIONS, ...METADATA, ...CONTENT, ...CHECKSUMS },
        'x-ms-blob-type!': /^(?:BlockBlob|PageBlob|AppendBlob)$/,
      },
      body: 'bytes',
    },
    {
      method: 'PUT',
      path: BLOB,
      query: { ...SECONDS, 'comp!': /^block$/, 'blockid!': /^[A-Za-z0-9+/]+=*$/ },
      headers: { ...CHECKSUMS, 'x-ms-lease-id': /./ },
      body: 'bytes',
    },
    {
      method: 'PUT',
      path: BLOB,
      query: { ...SECONDS, 'comp!': /^blocklist$/ },
      headers: { ...CONDITIONS, ...METADATA, ...CONTENT, ...CHECKSUMS },
      body: { xml: ['BlockList', 'Committed', 'Uncommitted', 'Latest'] },
    },
    {
      method: 'GET',
      path: BLOB,
      query: {
        ...{ ...SECONDS, snapshot: /^\d{4}-\d\d-\d\dT/, 'comp!': /^blocklist$/ },
        'blocklisttype!': /^(?:committed|uncommitted|all)$/,
      },
      headers: { 'x-ms-if-tags': /./, 'x-ms-lease-id': /./ },
    },
    {
      method: 'PUT',
      path: BLOB,
      query: { ...SECONDS, 'comp!': /^snapshot$/ },
      headers: { ...CONDITIONS, ...METADATA },
    },
  ],
  types: {},
};

/** Parameters of a SAS, which any request of the blob service may carry (REST reference, "Create a user delegation SAS"). */
export const SAS_PARAMETERS: ReadonlySet<string> = new Set([
  ...['sv', 'ss', 'srt', 'sr', 'sp', 'st', 'se', 'sip', 'spr', 'sig', 'skoid', 'sktid', 'skt', 'ske', 'sks'],
  ...[
    'skv',
    'sduoid',
    'skdutid',
    'saoid',
    'suoid',
    'scid',
    'sdd',
    'ses',
    'si',
    'rscc',
    'rscd',
    'rsce',
    'rscl',
    'rsct',
  ],
]);

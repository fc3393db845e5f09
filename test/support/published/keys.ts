// Keys of key vaults and managed HSMs, and local roles of managed HSMs: what the published specifications let a client send.

import type { PublishedInterface, PublishedOperation, PublishedType } from './published-interface.js';

const KEY_TYPE: PublishedType = ['EC', 'EC-HSM', 'RSA', 'RSA-HSM', 'oct', 'oct-HSM'];
const CURVE: PublishedType = ['P-256', 'P-384', 'P-521', 'P-256K'];
const KEY_OPS: PublishedType = {
  list: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey', 'import', 'export'],
};
const SIGNATURES: PublishedType = [
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'HS256', 'HS384', 'HS512', 'RSNULL'],
  ...['ES256', 'ES384', 'ES512', 'ES256K'],
];
const PAGE = { maxresults: /^(?:[1-9]|1\d|2[0-5])$/ };

const keyOperation = (verb: string, json: string): PublishedOperation => ({
  method: 'POST',
  path: `/keys/{key}/{version}/${verb}`,
  body: { json },
});

export const KEYS: PublishedInterface = {
  source:
    'Azure/azure-rest-api-specs, specification/keyvault/data-plane/Keys/stable/2025-07-01/keys.json at 14963e47b9cf',
  versions: ['2025-07-01'],
  operations: [
    { method: 'GET', path: '/keys', query: PAGE },
    { method: 'PUT', path: '/keys/{key}', body: { json: 'KeyImportParameters' } },
    { method: 'DELETE', path: '/keys/{key}' },
    { method: 'POST', path: '/keys/{key}/create', body: { json: 'KeyCreateParameters' } },
    { method: 'POST', path: '/keys/{key}/rotate' },
    { method: 'GET', path: '/keys/{key}/versions', query: PAGE },
    { method: 'GET', path: '/keys/{key}/{version}/attestation' },
    { method: 'GET', path: '/keys/{key}/{version?}' },
    { method: 'PATCH', path: '/keys/{key}/{version}', body: { json: 'KeyUpdateParameters' } },
    keyOperation('release', 'KeyReleaseParameters'),
    keyOperation('sign', 'KeySignParameters'),
  ],
  types: {
    KeyCreateParameters: {
      ...{
        'kty!': KEY_TYPE,
        key_size: 'whole',
        public_exponent: 'whole',
        key_ops: KEY_OPS,
        tags: 'dictionary',
      },
      ...{ attributes: { of: 'KeyAttributes' }, crv: CURVE, release_policy: { of: 'KeyReleasePolicy' } },
    },
    KeyImportParameters: {
      ...{
        Hsm: 'flag',
        'key!': { of: 'JsonWebKey' },
        attributes: { of: 'KeyAttributes' },
        tags: 'dictionary',
      },
      release_policy: { of: 'KeyReleasePolicy' },
    },
    KeyUpdateParameters: {
      ...{ key_ops: KEY_OPS, attributes: { of: 'KeyAttributes' }, tags: 'dictionary' },
      release_policy: { of: 'KeyReleasePolicy' },
    },
    KeyReleaseParameters: {
      ...{ 'target!': 'text', nonce: 'text' },
      enc: ['CKM_RSA_AES_KEY_WRAP', 'RSA_AES_KEY_WRAP_256', 'RSA_AES_KEY_WRAP_384'],
    },
    KeySignParameters: { 'alg!': SIGNATURES, 'value!': 'text' },
    /* Its other members are the service's own. */
    KeyAttributes: { enabled: 'flag', nbf: 'whole', exp: 'whole', exportable: 'flag' },
    KeyReleasePolicy: { contentType: 'text', immutable: 'flag', data: 'text' },
    JsonWebKey: {
      ...{ kid: 'text', kty: KEY_TYPE, key_ops: { list: 'text' }, crv: CURVE, x: 'text', y: 'text' },
      ...{ n: 'text', e: 'text', d: 'text', dp: 'text', dq: 'text', qi: 'text', p: 'text', q: 'text' },
      ...{ k: 'text', key_hsm: 'text' },
    },
  },
};

export const HSM_ROLES: PublishedInterface = {
  source:
    'Azure/azure-rest-api-specs, specification/keyvault/data-plane/Microsoft.KeyVault/stable/7.4/rbac.json at 406a1f36a26f',
  versions: ['7.4'],
  operations: [
    {
      method: 'GET',
      path: '/{scope*}/providers/Microsoft.Authorization/roleDefinitions',
      query: { $filter: /./ },
    },
    {
      method: 'GET',
      path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments',
      query: { $filter: /./ },
    },
    {
      method: 'PUT',
      path: '/{scope*}/providers/Microsoft.Authorization/roleAssignments/{name}',
      body: { json: 'RoleAssignmentCreateParameters' },
    },
  ],
  types: {
    RoleAssignmentCreateParameters: { 'properties!': { of: 'RoleAssignmentProperties' } },
    RoleAssignmentProperties: { 'roleDefinitionId!': 'text', 'principalId!': 'text' },
  },
};

// Routes of keys: what a managed HSM and a vault have in common.

import type { Json } from '../../base/bytes/canonical-json.js';
import { emptyResponse, jsonResponse } from '../http/messages.js';
import { documented, publishedExample, recorded, usedBy } from '../http/proof.js';
import type { WireResponse } from '../http/wire.js';
import type { KeyName, UseOperation } from './authority.js';
import { PAGE_SIZE } from './constants.js';
import { badParameter } from './errors.js';
import { bodyOf, type KeyHostCall, keyHostRoute, notEmulated } from './key-host-call.js';
import {
  keyId,
  renderAttestedBundle,
  renderBundle,
  renderDeletion,
  renderItem,
  type DeletedKey,
  type KeyVersion,
} from './key-records.js';
import { renderRotationPolicy } from './rotation-policy.js';

const { guarded } = keyHostRoute;

const SDK = usedBy('2026-11', '@azure/keyvault-keys 4.10');
const VAULT_RECORDING = recorded('2022-05', 'azure-rest/keyvault/recorded-exportable-keys.json');
const ROTATION_RECORDING = recorded('2022-10', 'azure-sdk-for-js keyvault-keys, key rotation tests');
const REST = documented('2026-11', 'REST reference, Key Vault keys');

/* An absent version is the latest. */
const one = (name: string, version?: string): KeyName =>
  version === undefined ? { name } : { name, version };

const releaseRoute = (path: '/keys/{name}/release' | '/keys/{name}/{version}/release') =>
  guarded({
    method: 'POST',
    path,
    permission: { operation: 'release', at: 'key' },
    proof: usedBy('2026-11', "Microsoft's sidecar, source of 2025-12-12"),
    answer: async (call, parameters: { readonly name: string; readonly version?: string }) => {
      const { name, version } = parameters;
      const apiVersion = call.request.query.get('api-version') ?? '';
      const value = await call.host.release(one(name, version), apiVersion, bodyOf(call));
      return jsonResponse(200, { value });
    },
  });

const attestationRoute = (path: '/keys/{name}/attestation' | '/keys/{name}/{version}/attestation') =>
  guarded({
    method: 'GET',
    path,
    permission: { operation: 'read', at: 'key' },
    proof: publishedExample('2026-05', 'azure-rest/keyvault/GetKeyAttestation-example.json'),
    answer: async ({ host }, parameters: { readonly name: string; readonly version?: string }) => {
      const key = host.get(one(parameters.name, parameters.version));
      return jsonResponse(200, renderAttestedBundle(host.address, key, await host.attestation(key)));
    },
  });

/* The wire spells the operations in lower case: wrapkey, unwrapkey. */
const USES: readonly UseOperation[] = ['wrapKey', 'unwrapKey', 'encrypt', 'decrypt', 'sign', 'verify'];

const useRoutes = USES.flatMap((operation) =>
  [`/keys/{name}/{version}/${operation.toLowerCase()}`, `/keys/{name}/${operation.toLowerCase()}`].map(
    (path) =>
      guarded({
        method: 'POST',
        path,
        permission: { operation, at: 'key' },
        proof: SDK,
        answer: (call, parameters) => useKey(call, operation, parameters as KeyName),
      }),
  ),
);

/** Special paths before general ones: `versions` would be taken for a version. */
export const KEY_ROUTES = [
  guarded({
    method: 'GET',
    path: '/keys',
    permission: { operation: 'read', at: 'keys' },
    proof: SDK,
    answer: (call) =>
      page(
        call,
        call.host.list().map((key) => renderItem(call.host.address, key, 'name-only')),
      ),
  }),
  guarded({
    method: 'PUT',
    path: '/keys/{name}',
    permission: { operation: 'import', at: 'key' },
    proof: SDK,
    answer: async (call, { name }) => bundle(call, await call.host.import(name, bodyOf(call))),
  }),
  guarded({
    method: 'DELETE',
    path: '/keys/{name}',
    permission: { operation: 'delete', at: 'key' },
    proof: publishedExample('2026-04', 'azure-rest/keyvault/DeleteKey-example.json'),
    answer: async (call, { name }) => deletedBundle(call, name, await call.host.deletedKeys.delete(name)),
  }),
  guarded({
    method: 'GET',
    path: '/keys/{name}',
    permission: { operation: 'read', at: 'key' },
    proof: SDK,
    answer: (call, { name }) => bundle(call, call.host.get({ name })),
  }),
  guarded({
    method: 'PATCH',
    path: '/keys/{name}',
    permission: { operation: 'update', at: 'key' },
    proof: VAULT_RECORDING,
    answer: async (call, { name }) => bundle(call, await call.host.update({ name }, bodyOf(call))),
  }),
  guarded({
    method: 'POST',
    path: '/keys/{name}/create',
    permission: { operation: 'create', at: 'key' },
    proof: VAULT_RECORDING,
    answer: async (call, { name }) => bundle(call, await call.host.create(name, bodyOf(call))),
  }),
  guarded({
    method: 'POST',
    path: '/keys/{name}/rotate',
    permission: { operation: 'rotate', at: 'key' },
    proof: ROTATION_RECORDING,
    answer: async (call, { name }) => bundle(call, await call.host.rotate(name)),
  }),
  guarded({
    method: 'GET',
    path: '/keys/{name}/rotationpolicy',
    permission: { operation: 'readRotation', at: 'key' },
    proof: ROTATION_RECORDING,
    answer: (call, { name }) =>
      jsonResponse(200, renderRotationPolicy(call.host.address, name, call.host.rotationPolicy(name))),
  }),
  guarded({
    method: 'PUT',
    path: '/keys/{name}/rotationpolicy',
    permission: { operation: 'writeRotation', at: 'key' },
    proof: ROTATION_RECORDING,
    answer: async (call, { name }) =>
      jsonResponse(
        200,
        renderRotationPolicy(call.host.address, name, await call.host.setRotationPolicy(name, bodyOf(call))),
      ),
  }),
  guarded({
    method: 'POST',
    path: '/keys/{name}/backup',
    permission: { operation: 'backup', at: 'key' },
    proof: REST,
    answer: () => notEmulated('backup'),
  }),
  guarded({
    method: 'POST',
    path: '/keys/restore',
    permission: { operation: 'restore', at: 'keys' },
    proof: REST,
    answer: () => notEmulated('restore'),
  }),
  guarded({
    method: 'GET',
    path: '/keys/{name}/versions',
    permission: { operation: 'read', at: 'key' },
    proof: publishedExample('2026-04', 'azure-rest/keyvault/GetKeyVersions-example.json'),
    answer: (call, { name }) =>
      page(
        call,
        call.host.listVersions(name).map((key) => renderItem(call.host.address, key, 'with-version')),
      ),
  }),
  releaseRoute('/keys/{name}/release'),
  releaseRoute('/keys/{name}/{version}/release'),
  ...useRoutes,
  attestationRoute('/keys/{name}/attestation'),
  attestationRoute('/keys/{name}/{version}/attestation'),
  guarded({
    method: 'GET',
    path: '/keys/{name}/{version}',
    permission: { operation: 'read', at: 'key' },
    proof: SDK,
    answer: (call, { name, version }) => bundle(call, call.host.get({ name, version })),
  }),
  guarded({
    method: 'PATCH',
    path: '/keys/{name}/{version}',
    permission: { operation: 'update', at: 'key' },
    proof: SDK,
    answer: async (call, { name, version }) =>
      bundle(call, await call.host.update({ name, version }, bodyOf(call))),
  }),
  guarded({
    method: 'GET',
    path: '/deletedkeys',
    permission: { operation: 'readDeleted', at: 'keys' },
    proof: SDK,
    answer: listDeleted,
  }),
  guarded({
    method: 'GET',
    path: '/deletedkeys/{name}',
    permission: { operation: 'readDeleted', at: 'key' },
    proof: SDK,
    answer: (call, { name }) => deletedBundle(call, name, call.host.deletedKeys.get(name)),
  }),
  guarded({
    method: 'DELETE',
    path: '/deletedkeys/{name}',
    permission: { operation: 'purge', at: 'key' },
    proof: SDK,
    answer: async (call, { name }) => {
      await call.host.deletedKeys.purge(name);
      return emptyResponse(204);
    },
  }),
  guarded({
    method: 'POST',
    path: '/deletedkeys/{name}/recover',
    permission: { operation: 'recover', at: 'key' },
    proof: SDK,
    answer: async (call, { name }) => {
      await call.host.deletedKeys.recover(name);
      return bundle(call, call.host.get({ name }));
    },
  }),
];

function useKey(call: KeyHostCall, operation: UseOperation, { name, version }: KeyName): WireResponse {
  const { key: used, result } = call.host.use(one(name, version), operation, bodyOf(call));
  if (operation === 'verify') return jsonResponse(200, { ...result });
  return jsonResponse(200, { kid: keyId(call.host.address, used.name, used.version), ...result });
}

function listDeleted(call: KeyHostCall): WireResponse {
  const { address } = call.host;
  return page(
    call,
    call.host.deletedKeys.list().flatMap((deleted) => {
      const latest = deleted.versions.at(-1);
      if (latest === undefined) return [];
      const item = renderItem(address, latest, 'name-only') as Record<string, Json>;
      return [{ ...item, ...renderDeletion(address, latest.name, deleted) }];
    }),
  );
}

/* `$skiptoken` is the index that the next page begins at. */
function page({ request, host, kind }: KeyHostCall, items: readonly Json[]): WireResponse {
  const size = Number(request.query.get('maxresults') ?? PAGE_SIZE);
  if (!Number.isInteger(size) || size < 1 || size > PAGE_SIZE)
    throw badParameter(kind, `The maxresults value must be between 1 and ${PAGE_SIZE}.`);
  const start = Number(request.query.get('$skiptoken') ?? 0);
  const end = start + size;
  const version = request.query.get('api-version') ?? '';
  const next = `${host.address.url}${request.path}?api-version=${version}&$skiptoken=${end}&maxresults=${size}`;
  return jsonResponse(200, { value: items.slice(start, end), nextLink: end < items.length ? next : null });
}

function bundle({ host }: KeyHostCall, key: KeyVersion): WireResponse {
  return jsonResponse(200, renderBundle(host.address, key));
}

function deletedBundle({ host }: KeyHostCall, name: string, deleted: DeletedKey): WireResponse {
  const latest = deleted.versions.at(-1);
  return jsonResponse(200, {
    ...(latest === undefined ? {} : renderBundle(host.address, latest)),
    ...renderDeletion(host.address, name, deleted),
  });
}

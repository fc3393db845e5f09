// Managed HSM and Key Vault Premium through @azure/keyvault-keys.

import type { CreateKeyOptions, JsonWebKey as SdkJwk, KeyClient, KeyVaultKey } from '@azure/keyvault-keys';
import type { JsonWebKey } from 'node:crypto';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { toBase64Url } from '../base/bytes/base64.js';
import { CleanroomError } from '../base/errors.js';
import type { VaultKeyAttestation } from '../contract/key-attestation-file.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import { RELEASE_POLICY_CONTENT_TYPE } from '../contract/release-policy/grammar.js';
import { type KeyVault, type NewKey, type VaultKey, type VaultReleasePolicy } from '../ports/key-vault.js';
import { clientOptions, type Connection } from './connection.js';
import { recordedBy } from './recording/sdk-recording.js';
import { hasNoSuchCall, isKeyMissing, keyVaultError } from './key-vault-error.js';

/**
 * The vault at `host`, under the connection's login. Nothing is sent yet.
 *
 * @throws CleanroomError VAULT_HOST_UNKNOWN
 */
export async function openKeyVault(connection: Connection, host: string): Promise<KeyVault> {
  const { service } = vaultFlavour(host);
  const { KeyClient } = await import('./sdk/keys.js');
  const options = {
    ...clientOptions(connection),
    ...recordedBy(connection.recorder, service === 'Managed HSM' ? 'managed-hsm' : 'key-vault'),
    disableChallengeResourceVerification: !connection.profile.verifyChallengeResource && isLoopback(host),
  };
  const client = new KeyClient(`https://${host}`, connection.credential, options);
  const call = async <T>(
    operation: string,
    name: string,
    run: (client: KeyClient) => Promise<T>,
  ): Promise<T> => {
    try {
      return await run(client);
    } catch (cause) {
      throw keyVaultError(`${service} ${host}: ${operation} of key ${name}`, cause);
    }
  };
  const read = (answer: KeyVaultKey, name: string, version: string | null): VaultKey =>
    requireAsked(readKey(answer), { host, name, version });
  return {
    host,
    create: (key) =>
      call('creation', key.name, async (sdk) =>
        read(await sdk.createKey(key.name, key.kind, createOptions(key)), key.name, null),
      ),
    importKey: (key, material) =>
      call('import', key.name, async (sdk) => {
        const { exportable, releasePolicy, tags } = createOptions(key);
        const options = { exportable, releasePolicy, tags, hardwareProtected: true };
        const jwk = sdkJwk(key, material);
        try {
          return read(await sdk.importKey(key.name, jwk, options), key.name, null);
        } finally {
          wipe(jwk);
        }
      }),
    get: (name, version) =>
      call('reading', name, async (sdk) => {
        try {
          return read(await sdk.getKey(name, version === null ? {} : { version }), name, version);
        } catch (cause) {
          if (isKeyMissing(cause)) return null;
          throw cause;
        }
      }),
    attestation: ({ name, version }) =>
      call('attestation', name, async (sdk) => {
        try {
          return readAttestation(await sdk.getKeyAttestation(name, { version }));
        } catch (cause) {
          if (hasNoSuchCall(cause)) return null;
          throw cause;
        }
      }),
    versions: (name) =>
      call('listing versions', name, async (sdk) => {
        const versions = [];
        for await (const { id = '', version = '', enabled, createdOn } of sdk.listPropertiesOfKeyVersions(
          name,
        )) {
          versions.push({ id, version, enabled: enabled !== false, createdAt: createdOn ?? null });
        }
        return versions.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
      }),
    tag: ({ name, version }, tags) =>
      call('update', name, async (sdk) => {
        await sdk.updateKeyProperties(name, version, { tags: { ...tags } });
      }),
    setEnabled: (name, version, state) =>
      call('update', name, async (sdk) => {
        await sdk.updateKeyProperties(name, version, { enabled: state === 'enabled' });
      }),
    createSigningKey: (name) =>
      call('creation', name, async (sdk) =>
        readKey(await sdk.createEcKey(name, { curve: 'P-256', hsm: true, keyOps: ['sign', 'verify'] })),
      ),
    signEs256: ({ name, version }, digest) =>
      call('signing', name, async () => {
        const { CryptographyClient } = await import('./sdk/keys.js');
        // From our own host: the id in an answer is the vault's word.
        const id = `https://${host}/keys/${name}/${version}`;
        const signer = new CryptographyClient(id, connection.credential, options);
        return (await signer.sign('ES256', digest)).result;
      }),
    release: (name, version, token) =>
      call('release', name, async (sdk) => (await sdk.releaseKey(name, token, { version })).value),
  };
}

/* The check that the challenge's resource covers the host may be off for a loopback address, never elsewhere. */
function isLoopback(host: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|localhost)(?::\d+)?$/.test(host);
}

function createOptions({
  size,
  curve,
  operations,
  releasePolicy,
  tags,
}: NewKey): Required<Pick<CreateKeyOptions, 'exportable' | 'releasePolicy' | 'tags'>> & CreateKeyOptions {
  return {
    exportable: true,
    enabled: true,
    keyOps: [...operations],
    releasePolicy: {
      contentType: RELEASE_POLICY_CONTENT_TYPE,
      encodedPolicy: utf8(releasePolicy.text),
      immutable: releasePolicy.immutable,
    },
    tags: { ...tags },
    ...(size === undefined ? {} : { keySize: size }),
    ...(curve === undefined ? {} : { curve }),
  };
}

function sdkJwk({ kind, operations }: NewKey, material: JsonWebKey): SdkJwk {
  const members = ['n', 'e', 'd', 'dp', 'dq', 'qi', 'p', 'q', 'k', 'x', 'y'] as const;
  const jwk: SdkJwk = { kty: kind, keyOps: [...operations] };
  for (const name of members) {
    const value = material[name];
    if (typeof value === 'string') jwk[name] = Buffer.from(value, 'base64url');
  }
  return material.crv === undefined ? jwk : { ...jwk, crv: material.crv };
}

/* Node's strings cannot be wiped; these copies can. */
function wipe(jwk: SdkJwk): void {
  for (const member of Object.values(jwk)) if (member instanceof Uint8Array) member.fill(0);
}

function readKey({ id, name, keyType, keyOperations = [], key, properties }: KeyVaultKey): VaultKey {
  const { version, enabled, exportable, releasePolicy, createdOn, tags } = properties;
  if (id === undefined || version === undefined || keyType === undefined) {
    throw new CleanroomError('SERVICE_REFUSED', `the vault answered for key ${name} without id and version`);
  }
  return {
    id,
    name,
    version,
    kty: keyType,
    publicKey: publicJwk(key),
    operations: keyOperations,
    enabled: enabled !== false,
    exportable: exportable === true,
    releasePolicy: readReleasePolicy(releasePolicy),
    createdAt: createdOn ?? null,
    tags: tags ?? {},
  };
}

/* A key of another vault, name or version would be sealed to, or looked at, in place of the one that was asked for. */
function requireAsked(
  key: VaultKey,
  { host, name, version }: { readonly host: string; readonly name: string; readonly version: string | null },
): VaultKey {
  const asked = `https://${host}/keys/${name}/${version ?? key.version}`;
  if (key.id.toLowerCase() === asked.toLowerCase()) return key;
  throw new CleanroomError('SERVICE_REFUSED', `${host} answered with ${key.id} when asked for ${asked}`);
}

function readAttestation({ properties: { attestation } }: KeyVaultKey): VaultKeyAttestation | null {
  const { version, certificatePemFile, privateKeyAttestation, publicKeyAttestation } = attestation ?? {};
  if (version === undefined || certificatePemFile === undefined || privateKeyAttestation === undefined)
    return null;
  return {
    version,
    certificatePemFile: toBase64Url(certificatePemFile),
    privateKeyAttestation: toBase64Url(privateKeyAttestation),
    ...(publicKeyAttestation === undefined
      ? {}
      : { publicKeyAttestation: toBase64Url(publicKeyAttestation) }),
  };
}

function publicJwk(key: SdkJwk | undefined): JsonWebKey | null {
  if (key?.n !== undefined && key.e !== undefined)
    return { kty: 'RSA', n: toBase64Url(key.n), e: toBase64Url(key.e) };
  if (key?.crv === undefined || key.x === undefined || key.y === undefined) return null;
  return { kty: 'EC', crv: key.crv, x: toBase64Url(key.x), y: toBase64Url(key.y) };
}

function readReleasePolicy(policy: KeyVaultKey['properties']['releasePolicy']): VaultReleasePolicy | null {
  if (policy?.encodedPolicy === undefined) return null;
  return { text: decodeUtf8(policy.encodedPolicy) ?? '', immutable: policy.immutable === true };
}

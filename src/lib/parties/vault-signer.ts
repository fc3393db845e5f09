// A contract key that stays in a vault: opened, checked for what it must be, and asked to sign.

import type { JsonWebKey } from 'node:crypto';

import { sha256 } from '../base/bytes/digest.js';
import { isEs256Signature } from '../keys/es256.js';
import { publicKeyObject, type VaultSigner } from '../keys/contract-signer.js';
import type { PublicKeyJwk } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import type { KeyVault, VaultKey } from '../ports/key-vault.js';

/** A key URL, taken apart. */
export interface VaultKeyAddress {
  /** Host, with port where it is not 443. */
  readonly host: string;
  readonly name: string;
  /** Null: the latest one. */
  readonly version: string | null;
}

const KEY_URL =
  /^https:\/\/([A-Za-z0-9.-]+(?::\d{1,5})?)\/keys\/([0-9A-Za-z-]{1,127})(?:\/([0-9A-Za-z]{1,64}))?\/?$/;

/**
 * Reads `https://VAULT/keys/NAME[/VERSION]`.
 *
 * @throws CleanroomError USAGE for another form; VAULT_HOST_UNKNOWN for a host that is no vault of Azure: no token may
 * ever be sent there
 */
export function parseKeyUrl(url: string): VaultKeyAddress {
  const [, host, name, version = null] = KEY_URL.exec(url) ?? [];
  if (host === undefined || name === undefined)
    throw new CleanroomError('USAGE', `${url} is not the URL of a key in a vault`, {
      hint: 'Its form is https://VAULT/keys/NAME, or https://VAULT/keys/NAME/VERSION.',
    });
  vaultFlavour(host);
  return { host, name, version };
}

/**
 * The signer of a vault key. Each signature is verified before it is given out.
 *
 * @throws CleanroomError KEY_NOT_FOUND, KEY_DISABLED, KEY_OPERATION_FORBIDDEN (its key_ops lack `sign`), PARTY_KEY_INVALID
 * (not P-256), and the vault's own
 */
export async function openVaultSigner(
  vault: KeyVault,
  { name, version }: VaultKeyAddress,
): Promise<VaultSigner> {
  const key = await vault.get(name, version);
  if (key === null)
    throw new CleanroomError(
      'KEY_NOT_FOUND',
      `${vault.host} has no key ${name}${version === null ? '' : `/${version}`}`,
    );
  return signerOf(vault, key);
}

/** As openVaultSigner; a key that is not there is made in the vault, where its private half stays. */
export async function openOrCreateVaultSigner(
  vault: KeyVault,
  address: VaultKeyAddress,
): Promise<VaultSigner> {
  const key = await vault.get(address.name, address.version);
  if (key !== null || address.version !== null) return openVaultSigner(vault, address);
  return signerOf(vault, await vault.createSigningKey(address.name));
}

function signerOf(vault: KeyVault, key: VaultKey): VaultSigner {
  if (!key.enabled) throw new CleanroomError('KEY_DISABLED', `${key.id} is disabled`);
  if (!key.operations.includes('sign'))
    throw new CleanroomError(
      'KEY_OPERATION_FORBIDDEN',
      `${key.id} may not sign: its key_ops are ${key.operations.join(', ') || 'none'}`,
      { hint: 'Use a key that was made to sign; cleanroom init --contract-key URL makes one.' },
    );
  const publicKey = contractKeyOf(key);
  const verifier = publicKeyObject(publicKey);
  return {
    publicKey,
    url: `https://${vault.host}/keys/${key.name}/${key.version}`,
    sign: async (signed) => {
      const signature = await vault.signEs256(key, sha256(signed));
      if (!isEs256Signature(signed, signature, verifier))
        throw new CleanroomError(
          'SERVICE_REFUSED',
          `${vault.host} answered with a signature that is not ${key.id}'s`,
        );
      return signature;
    },
  };
}

function contractKeyOf({ id, kty, publicKey }: VaultKey): PublicKeyJwk {
  const { crv, x, y }: JsonWebKey = publicKey ?? {};
  if (crv !== 'P-256' || x === undefined || y === undefined)
    throw new CleanroomError(
      'PARTY_KEY_INVALID',
      `${id} is ${crv === undefined ? `of type ${kty}` : `on curve ${crv}`}: a contract key is on P-256, and signs by ES256`,
    );
  return { kty: 'EC', crv, x, y };
}

// Keys of a dataset in its owner's vault: create, describe, rotate.

import { createPublicKey, type JsonWebKey } from 'node:crypto';

import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { requireLoopback } from '../contract/emulated-contract.js';
import type { ContractDataset } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import { releasePolicyOf } from '../contract/release-policy/build.js';
import {
  type Clause,
  type Condition,
  isClause,
  renderReleasePolicy,
} from '../contract/release-policy/grammar.js';
import { parseReleasePolicy } from '../contract/release-policy/parse.js';
import { keyThumbprint } from '../keys/key-thumbprint.js';
import { keyProblems, makeBoundKey } from './bound-key.js';
import { type KeyVault, type NewKey, type VaultCurve, type VaultKey } from '../ports/key-vault.js';

/** Tag of a key whose private half came from outside: lint reports it for ever. */
export const IMPORTED_TAG = 'cleanroom-imported';
/** Tag of a key version that more than one dataset version was sealed to. */
export const REUSED_TAG = 'cleanroom-reused';
/** Tag of a key version that `encrypt` sealed to, or was about to: the dataset version. */
export const VERSION_TAG = 'version';
const MUTABLE_REASON_TAG = 'cleanroom-mutable-reason';
const MAX_TAG = 256;

/** Tags of a key: what it is for, and why its policy is mutable where it is. */
export function keyTags(dataset: string, contract: string, mutableReason: string | null) {
  return {
    dataset,
    contract,
    ...(mutableReason === null ? {} : { [MUTABLE_REASON_TAG]: mutableReason.slice(0, MAX_TAG) }),
  };
}

export interface KeyRequest {
  readonly parsed: ParsedContract;
  readonly dataset: ContractDataset;
  readonly policyHash: Sha256Hex;
  readonly kind: 'rsa' | 'ec' | 'oct';
  /** Bits of RSA (2048, 3072, 4096) or oct (128, 192, 256). */
  readonly size?: number;
  readonly curve?: VaultCurve;
  /** Why the policy is to stay mutable; null: it is immutable. */
  readonly mutableReason: string | null;
  /** Private JWK to import instead of making a key in the HSM. */
  readonly material: JsonWebKey | null;
}

export interface KeyView {
  readonly id: string;
  readonly kty: string;
  /** RFC 7638, as `jkt` in the headers of blobs; null for a symmetric key. */
  readonly fingerprint: string | null;
  readonly operations: readonly string[];
  readonly enabled: boolean;
  readonly exportable: boolean;
  readonly imported: boolean;
  readonly policy: { readonly immutable: boolean; readonly branches: readonly PolicyBranchView[] } | null;
}

export interface PolicyBranchView {
  readonly authority: string;
  /** `claim operator value`, in order. */
  readonly clauses: readonly string[];
}

const KINDS = { rsa: 'RSA-HSM', ec: 'EC-HSM', oct: 'oct-HSM' } as const;
/* Not unwrapKey, nor sign: a role on the key must not do instead of attestation. An EC key takes no wrapKey. */
const OPERATIONS = { rsa: ['wrapKey'], ec: ['verify'], oct: ['wrapKey'] } as const;
const DEFAULT_SIZE = { rsa: 3072, ec: undefined, oct: 256 } as const;

/**
 * Makes a key, or a new version of it, bound to the CCE policy: exportable to attested rooms only, with `wrapKey` as
 * its one operation.
 *
 * @throws CleanroomError EMULATED_CONTRACT, KEY_KIND_UNSUPPORTED, KEY_NOT_AS_ASKED, and as the vault
 */
export async function createDatasetKey(vault: KeyVault, request: KeyRequest): Promise<KeyView> {
  const { parsed, dataset, policyHash, kind, mutableReason } = request;
  requireLoopback(parsed.contract);
  const flavour = vaultFlavour(vault.host);
  if (!flavour.kinds.includes(KINDS[kind])) {
    throw new CleanroomError('KEY_KIND_UNSUPPORTED', `${flavour.service} has no keys of kind ${KINDS[kind]}`);
  }
  const size = request.size ?? DEFAULT_SIZE[kind];
  const key: NewKey = {
    name: dataset.key.name,
    kind: KINDS[kind],
    ...(size === undefined ? {} : { size }),
    ...(kind === 'ec' ? { curve: request.curve ?? 'P-256' } : {}),
    operations: OPERATIONS[kind],
    releasePolicy: {
      text: renderReleasePolicy(releasePolicyOf(parsed.contract, policyHash)),
      immutable: mutableReason === null,
    },
    tags: {
      ...keyTags(dataset.id, parsed.digest, mutableReason),
      ...(request.material === null ? {} : { [IMPORTED_TAG]: 'true' }),
    },
  };
  return viewKey(await makeBoundKey(vault, key, request.material));
}

/** What a key version is, for people and for JSON. */
export function viewKey(key: VaultKey): KeyView {
  return {
    id: key.id,
    kty: key.kty,
    fingerprint: fingerprintOf(key),
    operations: key.operations,
    enabled: key.enabled,
    exportable: key.exportable,
    imported: key.tags[IMPORTED_TAG] === 'true',
    policy:
      key.releasePolicy === null
        ? null
        : { immutable: key.releasePolicy.immutable, branches: viewPolicy(key.releasePolicy.text) },
  };
}

function fingerprintOf({ publicKey }: VaultKey): string | null {
  return publicKey === null ? null : keyThumbprint(createPublicKey({ key: publicKey, format: 'jwk' }));
}

function viewPolicy(text: string): readonly PolicyBranchView[] {
  return parseReleasePolicy(text).anyOf.map((branch) => ({
    authority: branch.authority,
    clauses: describeConditions(branch.match, branch.conditions),
  }));
}

function describeConditions(match: 'allOf' | 'anyOf', conditions: readonly Condition[]): readonly string[] {
  const lines = conditions.map((condition) =>
    isClause(condition)
      ? describeClause(condition)
      : `(${describeConditions(condition.match, condition.conditions).join(', ')})`,
  );
  return match === 'allOf' ? lines : [`one of: ${lines.join(' | ')}`];
}

function describeClause({ claim, operator, value }: Clause): string {
  return `${claim} ${operator} ${String(value)}`;
}

/** The key version, or the latest one. @throws CleanroomError KEY_NOT_FOUND */
export async function requireKey(vault: KeyVault, name: string, version: string | null): Promise<VaultKey> {
  const key = await vault.get(name, version);
  if (key !== null) return key;
  throw new CleanroomError(
    'KEY_NOT_FOUND',
    `${vault.host} has no key ${name}${version === null ? '' : `/${version}`}`,
  );
}

export interface RotatedKey {
  /** `unused`: the latest version is bound to this policy and nothing is sealed to it yet, so that none was made. */
  readonly outcome: 'new-version' | 'unused';
  readonly key: KeyView;
  /** All other versions, by id. */
  readonly earlier: readonly string[];
}

/**
 * A new version of the kind and size that the latest one has, bound to the CCE policy. A version that is bound to it and
 * that nothing is sealed to, left by a run that was broken off, is taken as it is.
 *
 * @throws CleanroomError KEY_NOT_FOUND, and as the vault
 */
export async function rotateDatasetKey(
  vault: KeyVault,
  request: Pick<KeyRequest, 'parsed' | 'dataset' | 'policyHash'>,
): Promise<RotatedKey> {
  const { name } = request.dataset.key;
  const latest = await requireKey(vault, name, null);
  const text = renderReleasePolicy(releasePolicyOf(request.parsed.contract, request.policyHash));
  const sealedTo = [VERSION_TAG, REUSED_TAG].some((tag) => latest.tags[tag] !== undefined);
  const unused = latest.enabled && !sealedTo && keyProblems(latest, { text, immutable: true }).length === 0;
  const key = unused
    ? viewKey(latest)
    : await createDatasetKey(vault, { ...request, ...shapeOf(latest), mutableReason: null, material: null });
  const earlier = (await vault.versions(name)).map(({ id }) => id).filter((id) => id !== key.id);
  return { outcome: unused ? 'unused' : 'new-version', key, earlier };
}

function shapeOf({ kty, publicKey }: VaultKey): Pick<KeyRequest, 'kind' | 'size' | 'curve'> {
  if (publicKey === null) return { kind: 'oct' };
  const { asymmetricKeyDetails } = createPublicKey({ key: publicKey, format: 'jwk' });
  if (kty.startsWith('RSA')) return { kind: 'rsa', size: asymmetricKeyDetails?.modulusLength ?? 3072 };
  return { kind: 'ec', curve: (publicKey.crv ?? 'P-256') as VaultCurve };
}

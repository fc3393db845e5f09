// A key host: the keys of one managed HSM or Key Vault Premium and what may be done with them. Who asks is decided
// by the handler; what the key itself allows is decided here.

import { randomBytes, type KeyObject } from 'node:crypto';

import { releasedKeyBytes } from '../../room/key-release/released-key.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { epochSeconds, type Clock } from '../clock.js';
import { asObject, memberIgnoringCase, type JsonObject } from '../http/messages.js';
import { createChanges, type Changes } from '../state/changes.js';
import type { StateStore } from '../state/state-store.js';
import type { IssuedCertificate } from '../tls/authority.js';
import type { AuthorityResolver } from './attestation-token.js';
import { openMaterialVault, type MaterialVault } from './at-rest.js';
import type { HostKind } from './constants.js';
import { applyOperation, type CipherOperation, type OperationResult } from './crypto-operations.js';
import { createDeletedKeys, type DeletedKeys } from './deleted-keys.js';
import * as refusals from './errors.js';
import { draftKey, type KeyDraft } from './key-draft.js';
import {
  generateMaterial,
  importMaterial,
  materialRequest,
  publicMembers,
  readKeyOperations,
  readKeyType,
  restoreMaterial,
  type KeyFamily,
} from './key-material.js';
import {
  keyId,
  loadKeyRecords,
  saveKeyRecords,
  type HostAddress,
  type KeyRecords,
  type KeyVersion,
  type StoredRotationPolicy,
} from './key-records.js';
import {
  checkExportRules,
  checkKeyName,
  checkUpdateRules,
  readAttributes,
  readPolicy,
  readTags,
} from './key-requests.js';
import type { HsmPartition } from './hsm-maker.js';
import { attestKey } from './key-attestation.js';
import { releaseKey } from './release.js';
import { readRotationPolicy } from './rotation-policy.js';
import { applySignature, type SignatureOperation, type SignatureResult } from './signature-operations.js';

export type UseOperation = CipherOperation | SignatureOperation;

export interface KeyHostOptions {
  /** Names the host's state documents: `fabrikam`. */
  readonly id: string;
  readonly kind: HostKind;
  /** `https://127.0.0.1:PORT`: what key ids begin with. */
  readonly url: string;
  readonly store: StateStore;
  readonly clock: Clock;
  /** The host's TLS leaf, with the literal `host:port` among its names. */
  readonly signer: IssuedCertificate;
  readonly resolveAuthority: AuthorityResolver;
  /** Attests its keys; null: a vault, which has no HSM of its own. */
  readonly partition: (() => Promise<HsmPartition>) | null;
}

/** One key, by name and maybe version: an absent version is the latest. */
export interface KeyName {
  readonly name: string;
  readonly version?: string;
}

/** Opens the host `options.id` of a state store. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openKeyHost(options: KeyHostOptions): Promise<KeyHost> {
  const records = await loadKeyRecords(options.store, options.id);
  return new KeyHost(options, records, await openMaterialVault(options.store, options.id));
}

/** The rules of one host; every change is on disk before it is answered. Methods throw AzureError. */
export class KeyHost {
  readonly address: HostAddress;
  readonly deletedKeys: DeletedKeys;
  private readonly kind: HostKind;
  private readonly changes: Changes<KeyRecords>;

  constructor(
    private readonly options: KeyHostOptions,
    records: KeyRecords,
    private readonly vault: MaterialVault,
  ) {
    this.kind = options.kind;
    this.address = { kind: options.kind, url: options.url };
    this.changes = createChanges({
      initial: records,
      copy: copyRecords,
      save: (changed) => saveKeyRecords(options.store, options.id, changed),
    });
    this.deletedKeys = createDeletedKeys(options.kind, options.clock, this.changes);
  }

  private get records(): KeyRecords {
    return this.changes.current;
  }

  async create(name: string, request: JsonObject): Promise<KeyVersion> {
    checkKeyName(this.kind, name);
    const { family, kty } = readKeyType(this.kind, request['kty'], false);
    this.deletedKeys.refuseName(name);
    const keyOps = readKeyOperations(this.kind, family, request['key_ops']);
    const draft = this.draft(name, { kty, keyOps }, request);
    checkExportRules(this.kind, draft);
    return this.add(draft, await generateMaterial(this.kind, family, request));
  }

  async import(name: string, request: JsonObject): Promise<KeyVersion> {
    checkKeyName(this.kind, name);
    const jwk = asObject(request['key']);
    if (jwk === null) throw refusals.badParameter(this.kind, 'Property key is required.');
    const hsm = memberIgnoringCase(request, 'hsm') === true;
    const { family, kty } = readKeyType(this.kind, jwk['kty'], hsm);
    this.deletedKeys.refuseName(name);
    const keyOps = readKeyOperations(this.kind, family, jwk['key_ops']);
    const draft = this.draft(name, { kty, keyOps }, request);
    checkExportRules(this.kind, draft);
    return this.add({ ...draft, imported: true }, importMaterial(this.kind, family, jwk));
  }

  /** A new version with new material; everything else is the latest version's. */
  async rotate(name: string): Promise<KeyVersion> {
    const latest = this.get({ name });
    const now = epochSeconds(this.options.clock);
    const version = randomBytes(16).toString('hex');
    const draft = { ...latest, version, created: now, updated: now, imported: false };
    const likewise = materialRequest(this.material(latest));
    return this.add(draft, await generateMaterial(this.kind, familyOf(latest), likewise));
  }

  /** Null where none was set. */
  rotationPolicy(name: string): StoredRotationPolicy | null {
    this.get({ name });
    return this.records.rotation.get(name) ?? null;
  }

  async setRotationPolicy(name: string, request: JsonObject): Promise<StoredRotationPolicy> {
    const policy = readRotationPolicy(
      this.kind,
      request,
      this.rotationPolicy(name),
      epochSeconds(this.options.clock),
    );
    await this.changes.change((records) => records.rotation.set(name, policy));
    return policy;
  }

  get({ name, version }: KeyName): KeyVersion {
    const versions = this.records.keys.get(name) ?? [];
    const found =
      version === undefined ? versions.at(-1) : versions.find((entry) => entry.version === version);
    if (found === undefined)
      throw refusals.keyNotFound(this.kind, version === undefined ? name : `${name}/${version}`);
    return found;
  }

  /** What the HSM says of a key: members of `attributes.attestation`. */
  async attestation(key: KeyVersion): Promise<Record<string, Json>> {
    const { partition } = this.options;
    if (partition === null)
      throw refusals.badParameter(this.kind, 'Key attestation is supported for keys of a Managed HSM only.');
    return attestKey(this.address, key, await partition());
  }

  /** The latest version of every key, by name. */
  list(): readonly KeyVersion[] {
    return [...this.records.keys.keys()].sort().map((name) => this.get({ name }));
  }

  /** Oldest first. */
  listVersions(name: string): readonly KeyVersion[] {
    this.get({ name });
    return this.records.keys.get(name) ?? [];
  }

  async update(named: KeyName, request: JsonObject): Promise<KeyVersion> {
    const key = this.get(named);
    const attributes = readAttributes(this.kind, request);
    const policy = readPolicy(this.kind, request);
    checkUpdateRules(
      this.kind,
      key,
      { ...attributes, policy },
      named.version === undefined ? 'the-latest' : 'a-version',
    );
    const changed: KeyVersion = {
      ...key,
      ...attributes,
      keyOps:
        request['key_ops'] === undefined
          ? key.keyOps
          : readKeyOperations(this.kind, familyOf(key), request['key_ops']),
      tags: readTags(this.kind, request) ?? key.tags,
      releasePolicy: policy ?? key.releasePolicy,
      updated: epochSeconds(this.options.clock),
    };
    await this.changes.change(({ keys }) => {
      const versions = keys.get(key.name) ?? [];
      keys.set(
        key.name,
        versions.map((kept) => (kept.version === key.version ? changed : kept)),
      );
    });
    return changed;
  }

  use(
    named: KeyName,
    operation: UseOperation,
    request: JsonObject,
  ): { readonly key: KeyVersion; readonly result: OperationResult | SignatureResult } {
    const key = this.get(named);
    if (!key.keyOps.includes(operation)) throw refusals.operationForbidden(this.kind, operation);
    if (!key.enabled) throw refusals.keyDisabled(this.kind, operation);
    // Out of its time a key still opens and verifies what it sealed and signed (LEARN "About keys", exp and nbf).
    if (operation === 'wrapKey' || operation === 'encrypt' || operation === 'sign')
      this.refuseOutOfTime(key, operation);
    const material = this.material(key);
    if (operation !== 'sign' && operation !== 'verify')
      return { key, result: applyOperation(this.kind, operation, material, request) };
    const kid = keyId(this.address, key.name, key.version);
    return { key, result: applySignature(this.kind, operation, { key: material, kid }, request) };
  }

  /** The compact JWS that answers a release request. */
  release(named: KeyName, apiVersion: string, body: JsonObject): Promise<string> {
    const key = this.get(named);
    const { resolveAuthority, signer, clock } = this.options;
    return releaseKey(
      { host: this.address, resolveAuthority, signer },
      {
        key,
        material: this.material(key),
        asked: named.version === undefined ? 'name' : 'version',
        apiVersion,
        body,
        now: clock(),
      },
    );
  }

  private draft(name: string, type: Pick<KeyDraft, 'kty' | 'keyOps'>, request: JsonObject): KeyDraft {
    return draftKey(this.kind, name, { ...type, now: epochSeconds(this.options.clock) }, request);
  }

  private async add(draft: KeyDraft, material: KeyObject): Promise<KeyVersion> {
    const bytes = releasedKeyBytes(material);
    const added: KeyVersion = {
      ...draft,
      publicMembers: { ...publicMembers(material) },
      sealed: this.vault.seal(labelOf(draft), bytes),
    };
    bytes.fill(0);
    await this.changes.change(({ keys }) => {
      // Again: the name may have been deleted while the key was being made.
      this.deletedKeys.refuseName(draft.name);
      keys.set(draft.name, [...(keys.get(draft.name) ?? []), added]);
    });
    return added;
  }

  private material(key: KeyVersion): KeyObject {
    const bytes = this.vault.open(labelOf(key), key.sealed);
    const material = restoreMaterial(familyOf(key), bytes);
    bytes.fill(0);
    return material;
  }

  private refuseOutOfTime(key: KeyVersion, operation: UseOperation): void {
    const now = epochSeconds(this.options.clock);
    if (key.notBefore !== null && now < key.notBefore)
      throw refusals.keyOutOfTime(this.kind, operation, 'not yet valid');
    if (key.expires !== null && now >= key.expires)
      throw refusals.keyOutOfTime(this.kind, operation, 'expired');
  }
}

function copyRecords({ keys, deleted, rotation }: KeyRecords): KeyRecords {
  return { keys: new Map(keys), deleted: new Map(deleted), rotation: new Map(rotation) };
}

function labelOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}/${version}`;
}

function familyOf({ kty }: KeyVersion): KeyFamily {
  return kty.replace('-HSM', '') as KeyFamily;
}

// `key lint`: a key's exposure, from the live vault or from a file, and the paths in it.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { findUnattestedPaths, type KeyExposure, readKeyExposure } from '../evidence/unattested-paths.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { type ReleasePolicyExpectations, releaseExpectations } from '../contract/release-policy/lint.js';
import type { ContractBlob } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { Finding } from '../base/verdict/finding.js';
import { IMPORTED_TAG, requireKey, REUSED_TAG } from './dataset-keys.js';
import type { Desk } from '../ports/environment.js';
import type { VaultKey } from '../ports/key-vault.js';
import { type KeyContext, openKeyContext, readHolders } from './key-context.js';
import { readPolicyAt } from './policy-source.js';
import { readSecret } from './secret-input.js';

const MAX_EXPOSURE_BYTES = 4 * 1024 * 1024;

/** The paths, and what the release policy was compared with. */
export interface KeyLint {
  readonly findings: readonly Finding[];
  /** Hash of the CCE policy that was given; null: a finding says that there was none. */
  readonly policyHash: Sha256Hex | null;
}

export interface ExportedKeyLint {
  readonly exposurePath: string;
  /** Policy that the key must be bound to; absent: none is compared. */
  readonly policyPath?: string | undefined;
}

/** Paths in an exported exposure. @throws CleanroomError FILE_*, JSON_MALFORMED, EXPOSURE_INVALID, POLICY_UNREADABLE */
export async function lintExportedKey({ exposurePath: path, policyPath }: ExportedKeyLint): Promise<KeyLint> {
  const text = await readTextBounded(path, MAX_EXPOSURE_BYTES);
  const policyHash = policyPath === undefined ? null : await hashOfPolicy(policyPath);
  try {
    return judge(
      readKeyExposure(parseStrictJson(text)),
      policyHash,
      policyHash === null ? {} : { policyHash },
    );
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('JSON_MALFORMED', `${path}: ${cause.message}`, { cause });
  }
}

export interface LiveKeyLint {
  readonly contractPath: string;
  /** Policy that the key must be bound to; absent: `policy.rego` beside the contract, where there is one. */
  readonly policyPath?: string | undefined;
  /** Undefined: the party's only one. */
  readonly dataset: string | undefined;
  /** Principals of the owner, besides the present login. */
  readonly owners: readonly string[];
  /** SAS that others hold: FILE, env:NAME or fd:N each. */
  readonly sas: readonly string[];
}

/** Paths as they are now: the key of a dataset, and the roles of its vault. @throws CleanroomError as the vault */
export async function lintLiveKey(desk: Desk, input: LiveKeyLint): Promise<KeyLint> {
  const context = await openKeyContext(desk, input.contractPath, input.dataset);
  const sas = [];
  for (const source of input.sas) sas.push(readSasScope(await readSecret(source), context.dataset.blob));
  const policyPath = input.policyPath ?? policyBeside(input.contractPath);
  const policyHash = policyPath === null ? null : await hashOfPolicy(policyPath);
  return findLivePaths(context, { owners: input.owners, sas, policyHash });
}

function policyBeside(contractPath: string): string | null {
  const path = join(dirname(contractPath), 'policy.rego');
  return existsSync(path) ? path : null;
}

async function hashOfPolicy(path: string): Promise<Sha256Hex> {
  return (await readPolicyAt(path)).hash;
}

interface Asked {
  readonly owners: readonly string[];
  readonly sas: KeyExposure['sas'];
  readonly policyHash: Sha256Hex | null;
}

/**
 * What `key lint` and `doctor` say of a dataset's key: read from its vault, with the roles where the vault tells them.
 *
 * @throws CleanroomError KEY_NOT_FOUND, and as the vault
 */
async function findLivePaths(context: KeyContext, { owners, sas, policyHash }: Asked): Promise<KeyLint> {
  const { parsed, dataset, vault } = context;
  const key = await requireKey(vault, dataset.key.name, null);
  const earlierEnabled = (await vault.versions(key.name))
    .filter(({ id, enabled }) => enabled && id !== key.id)
    .map(({ id }) => id);
  const holders = await readHolders(context);
  const exposure: KeyExposure = {
    key: keyExposure(key, earlierEnabled),
    sas,
    owners: holders.kind === 'read' ? [holders.self, ...owners] : [...owners],
    assignments: holders.kind === 'read' ? holders.roles : [],
  };
  const { findings } = judge(exposure, policyHash, releaseExpectations(parsed.contract, policyHash));
  const unread = holders.kind === 'read' ? [] : [rolesNotRead(vault.host, holders.reason)];
  return { findings: [...findings, ...unread], policyHash };
}

function judge(
  exposure: KeyExposure,
  policyHash: Sha256Hex | null,
  expectations: ReleasePolicyExpectations,
): KeyLint {
  const findings = findUnattestedPaths(exposure, expectations);
  const isBound = exposure.key.releasePolicy !== null;
  const notCompared = isBound && policyHash === null ? [policyNotCompared(exposure.key.id)] : [];
  return { findings: [...findings, ...notCompared], policyHash };
}

function keyExposure(key: VaultKey, earlierEnabled: readonly string[]): KeyExposure['key'] {
  const { id, kty, operations, exportable, releasePolicy, tags } = key;
  return {
    id,
    kty,
    operations: [...operations],
    exportable,
    imported: tags[IMPORTED_TAG] === 'true',
    reused: tags[REUSED_TAG] === 'true',
    earlierEnabled: [...earlierEnabled],
    releasePolicy,
  };
}

/* What a SAS says of itself; its signature is not needed, and not kept. */
function readSasScope(text: string, blob: ContractBlob): KeyExposure['sas'][number] {
  const fields = new URLSearchParams(text.trim().replace(/^[^?]*\?/, ''));
  const resource = fields.get('sr');
  return {
    blob: `${blob.container}/${blob.name}`,
    permissions: fields.get('sp') ?? '',
    scope: resource === null ? 'account' : ['c', 'd'].includes(resource) ? 'container' : 'blob',
  };
}

function policyNotCompared(where: string): Finding {
  return {
    id: 'PATH_POLICY_NOT_COMPARED',
    severity: 'warning',
    where,
    message:
      'the CCE policies that the release policy admits were compared with published ones only: no policy was given, so any other program may have the key',
    fix: 'Give the policy that you reviewed: --policy policy.rego',
  };
}

function rolesNotRead(host: string, reason: string): Finding {
  return {
    id: 'PATH_ROLES_UNREAD',
    severity: 'warning',
    where: host,
    message: `the role assignments were not read: ${reason}`,
    fix: 'Export the assignments (az role assignment list, or az keyvault role assignment list) and give them with --exposure.',
  };
}

// `key lint`: a key's exposure, from the live vault or from a file, and the paths in it.

import { findUnattestedPaths, type KeyExposure, readKeyExposure } from '../../evidence/unattested-paths.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import type { ContractBlob } from '../../contract/schema.js';
import { CleanroomError } from '../../base/errors.js';
import { readTextBounded } from '../../base/files/read-bounded.js';
import type { Finding } from '../../base/verdict/finding.js';
import { IMPORTED_TAG, requireKey, REUSED_TAG } from '../../parties/dataset-keys.js';
import type { VaultKey } from '../../ports/key-vault.js';
import type { EnvironmentSearch } from '../environment.js';
import { type KeyContext, openKeyContext, readHolders } from '../key-context.js';
import { readSecret } from '../secret-input.js';

const MAX_EXPOSURE_BYTES = 4 * 1024 * 1024;

/** Paths in an exported exposure. @throws CleanroomError FILE_*, JSON_MALFORMED, EXPOSURE_INVALID */
export async function lintExportedKey(path: string): Promise<readonly Finding[]> {
  const text = await readTextBounded(path, MAX_EXPOSURE_BYTES);
  try {
    return findUnattestedPaths(readKeyExposure(parseStrictJson(text)));
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('JSON_MALFORMED', `${path}: ${cause.message}`, { cause });
  }
}

export interface LiveKeyLint {
  readonly contractPath: string;
  readonly dataset: string;
  /** Principals of the owner, besides the present login. */
  readonly owners: readonly string[];
  /** SAS that others hold: FILE, env:NAME or fd:N each. */
  readonly sas: readonly string[];
}

/** Paths as they are now: the key of a dataset, and the roles of its vault. @throws CleanroomError as the vault */
export async function lintLiveKey(
  search: EnvironmentSearch,
  input: LiveKeyLint,
): Promise<readonly Finding[]> {
  const context = await openKeyContext(search, input.contractPath, input.dataset);
  const sas = [];
  for (const source of input.sas) sas.push(readSasScope(await readSecret(source), context.dataset.blob));
  return findLivePaths(context, { owners: input.owners, sas });
}

/**
 * What `key lint` and `doctor` say of a dataset's key: read from its vault, with the roles where the vault tells them.
 *
 * @throws CleanroomError KEY_NOT_FOUND, and as the vault
 */
export async function findLivePaths(
  context: KeyContext,
  { owners, sas }: { readonly owners: readonly string[]; readonly sas: KeyExposure['sas'] },
): Promise<readonly Finding[]> {
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
  const findings = findUnattestedPaths(exposure, { authorities: parsed.contract.attestation.authorities });
  return holders.kind === 'read' ? findings : [...findings, rolesNotRead(vault.host, holders.reason)];
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

function rolesNotRead(host: string, reason: string): Finding {
  return {
    id: 'PATH_ROLES_UNREAD',
    severity: 'warning',
    where: host,
    message: `who holds which role was not read: ${reason}`,
    fix: 'Export the assignments (az role assignment list, or az keyvault role assignment list) and give them with --exposure.',
  };
}

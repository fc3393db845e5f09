// `key lint`: a key's exposure, from the live vault or from a file, and the paths in it.

import { findUnattestedPaths, type KeyExposure, readKeyExposure } from '../../audit/unattested-paths.js';
import { parseStrictJson, StrictJsonError } from '../../bytes/strict-json.js';
import { CleanroomError } from '../../errors.js';
import { readTextBounded } from '../../files/read-bounded.js';
import type { Finding } from '../../verdict/finding.js';
import { IMPORTED_TAG, requireKey } from '../../workflows/dataset-keys.js';
import { vaultFlavour, type VaultKey } from '../../workflows/key-vault.js';
import type { EnvironmentSearch } from '../environment.js';
import { openKeyContext } from '../key-context.js';

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
  readonly owners: readonly string[];
}

/** Paths as they are now: the key of a dataset, and the roles of its vault. @throws CleanroomError as the vault */
export async function lintLiveKey(
  search: EnvironmentSearch,
  input: LiveKeyLint,
): Promise<readonly Finding[]> {
  const context = await openKeyContext(search, input.contractPath, input.dataset);
  const { environment, parsed, dataset, vault } = context;
  const key = await requireKey(vault, dataset.key.name, null);
  const expectations = { authorities: parsed.contract.attestation.authorities };
  if (vaultFlavour(vault.host).service !== 'Managed HSM') {
    const exposure = exposureOf(key, { owners: input.owners, assignments: [] });
    return [...findUnattestedPaths(exposure, expectations), rolesNotRead(vault.host)];
  }
  const { readKeyRoles } = await import('../../azure/key-roles.js');
  const { roles, self } = await readKeyRoles(await environment.connect(), vault.host);
  const exposure = exposureOf(key, { owners: [self, ...input.owners], assignments: roles });
  return findUnattestedPaths(exposure, expectations);
}

function exposureOf(
  key: VaultKey,
  holders: {
    readonly owners: readonly string[];
    readonly assignments: readonly KeyExposure['assignments'][number][];
  },
): KeyExposure {
  const { id, kty, operations, exportable, releasePolicy, tags } = key;
  return {
    key: {
      id,
      kty,
      operations: [...operations],
      exportable,
      imported: tags[IMPORTED_TAG] === 'true',
      releasePolicy,
    },
    owners: [...holders.owners],
    assignments: [...holders.assignments],
    sas: [],
  };
}

function rolesNotRead(host: string): Finding {
  return {
    id: 'PATH_ROLES_UNREAD',
    severity: 'warning',
    where: host,
    message: 'role assignments of a key vault are kept by Azure Resource Manager and were not read',
    fix: 'Export them (az role assignment list --scope VAULT) and give them with --exposure.',
  };
}

// What this login may do with its own datasets (read and write the blob, make the key) and, as a recipient, with the
// results. Nothing is changed by asking.

import type { Contract, ContractBlob } from '../../contract/schema.js';
import { givesAction } from '../../evidence/azure-actions.js';
import { reachesKey, type RoleGrant } from '../../evidence/key-powers.js';
import { CleanroomError } from '../../base/errors.js';
import { vaultFlavour } from '../../contract/vault-flavour.js';
import type { BlobStore } from '../../ports/ports.js';
import { type DoctorCheck, type DoctorLine, fail, ok, skip, warn } from './doctor-line.js';
import { unread } from './service-checks.js';

const BLOB_FIX =
  "Assign 'Storage Blob Data Contributor' at the container (cleanroom prereqs --as party-2); a new role takes some minutes.";
const BLOB_READ: DoctorCheck = {
  id: 'BLOB_READ',
  why: 'The owner of a dataset reads its sealed blob before replacing it.',
  fix: BLOB_FIX,
};
const BLOB_WRITE: DoctorCheck = {
  id: 'BLOB_WRITE',
  why: 'The owner of a dataset uploads it sealed.',
  fix: BLOB_FIX,
};
const KEY_ROLE = {
  id: 'KEY_ROLE',
  why: 'The owner of a dataset creates its key, and a new version when the policy changes.',
};

const RESULT_READ: DoctorCheck = {
  id: 'RESULT_READ',
  why: 'A recipient fetches the sealed result, its receipt and evidence from the host’s account.',
  fix: "Give the host your object id in its tenant; it assigns 'Storage Blob Data Reader' at the container of the results (cleanroom prereqs --as party-1 --recipient OBJECT-ID).",
};

export interface RightSources {
  readonly blobs: Pick<BlobStore, 'readRange' | 'write'>;
  /** Role assignments at a vault, and which principal this login is. */
  readonly readRoles: (
    host: string,
  ) => Promise<{ readonly roles: readonly RoleGrant[]; readonly self: string }>;
}

/** The rights of the party's login at blob and key of each of its datasets, and at the results where it is a recipient. */
export async function checkRights(
  contract: Contract,
  party: string,
  sources: RightSources,
): Promise<readonly DoctorLine[]> {
  const [own, result] = await Promise.all([
    checkOwnDatasets(contract, party, sources),
    checkResultRead(contract, party, sources),
  ]);
  return [...own, result];
}

async function checkResultRead(
  { summary, room }: Contract,
  party: string,
  { blobs }: RightSources,
): Promise<DoctorLine> {
  if (!summary.recipients.includes(party))
    return skip(RESULT_READ, `${party} is no recipient of the contract`);
  try {
    const result = { ...room.resultBlob, name: `${room.resultBlob.name}.result.json` };
    const there = (await blobs.readRange(result, 0, 1)) !== null;
    return ok(RESULT_READ, `the result ${there ? 'is read' : 'may be read, and is not there yet'}`);
  } catch (cause) {
    return refusedOrUnread(RESULT_READ, 'the result may not be read', cause);
  }
}

async function checkOwnDatasets(
  contract: Contract,
  party: string,
  sources: RightSources,
): Promise<readonly DoctorLine[]> {
  const own = contract.datasets.filter(({ owner }) => owner === party);
  if (own.length === 0)
    return [BLOB_READ, BLOB_WRITE, { ...KEY_ROLE, fix: '' }].map((check) =>
      skip(check, `${party} owns no dataset of the contract`),
    );
  const lines = await Promise.all(
    own.map(({ id, blob, key }) =>
      Promise.all([
        checkRead(id, blob, sources),
        checkWrite(id, blob, sources),
        checkKeyRole(id, key, sources),
      ]),
    ),
  );
  return lines.flat();
}

async function checkRead(id: string, blob: ContractBlob, { blobs }: RightSources): Promise<DoctorLine> {
  try {
    const there = (await blobs.readRange(blob, 0, 1)) !== null;
    return ok(BLOB_READ, `the blob of ${id} ${there ? 'is read' : 'may be read, and is not there yet'}`);
  } catch (cause) {
    return refusedOrUnread(BLOB_READ, `the blob of ${id} may not be read`, cause);
  }
}

/* No blob has this ETag: a login with the right is told that the condition failed, one without it that it is forbidden. */
const NO_ETAG = '"0x0"';

async function checkWrite(id: string, blob: ContractBlob, { blobs }: RightSources): Promise<DoctorLine> {
  try {
    await blobs.write(blob, new Uint8Array(0), { etag: NO_ETAG });
    return ok(BLOB_WRITE, `the blob of ${id} may be written`);
  } catch (cause) {
    return refusedOrUnread(BLOB_WRITE, `the blob of ${id} may not be written`, cause);
  }
}

async function checkKeyRole(
  id: string,
  { vault, name }: Contract['datasets'][number]['key'],
  { readRoles }: RightSources,
): Promise<DoctorLine> {
  const check: DoctorCheck = {
    ...KEY_ROLE,
    fix: `Assign '${vaultFlavour(vault).ownerRole}' at its keys (cleanroom prereqs --as party-2).`,
  };
  try {
    const { roles, self } = await readRoles(vault);
    const keyId = `https://${vault}/keys/${name}`;
    const own = roles.filter(({ principal, scope }) => principal === self && reachesKey(scope, keyId));
    return judgeKeyRole(check, id, own);
  } catch (cause) {
    return refusedOrUnread(check, `the roles at the key of ${id} may not be read`, cause);
  }
}

const CREATE_ACTIONS = [
  'Microsoft.KeyVault/managedHsm/keys/create',
  'Microsoft.KeyVault/vaults/keys/create/action',
];

/* `held` are roles of the login itself that reach the key; those of its groups are not seen. */
function judgeKeyRole(check: DoctorCheck, dataset: string, held: readonly RoleGrant[]): DoctorLine {
  const makes = held.some(({ dataActions = [], notDataActions }) =>
    CREATE_ACTIONS.some((action) => givesAction({ granted: dataActions, withheld: notDataActions }, action)),
  );
  const named = held.map(({ role, scope }) => `${role} at ${scope}`).join(', ') || 'no role of its own';
  return makes
    ? ok(check, `the key of ${dataset}: ${named}`)
    : warn(check, `the key of ${dataset}: ${named}, which makes no key; a group’s roles are not seen here`);
}

const REFUSALS = new Set(['SERVICE_FORBIDDEN', 'KEY_ACCESS_DENIED', 'STORAGE_HOST_UNKNOWN']);

function refusedOrUnread(check: DoctorCheck, what: string, cause: unknown): DoctorLine {
  return cause instanceof CleanroomError && REFUSALS.has(cause.code)
    ? fail(check, `${what}: ${cause.message}`)
    : unread(check, cause);
}

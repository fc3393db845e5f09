// Who may do what on a Managed HSM: its local role assignments, over REST (the keys SDK has no call for them).

import { randomUUID } from 'node:crypto';

import * as v from 'valibot';

import type { KeyRoles } from '../ports/key-roles.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import type { Connection } from './connection.js';
import { grantOf, RoleAssignmentForm, RoleDefinitionForm } from './role-grant.js';
import { callService } from './service-exchange.js';
import { principalOf } from './token-principal.js';

const API_VERSION = '7.4';

const Assignments = v.looseObject({ value: v.array(RoleAssignmentForm) });
const Definitions = v.looseObject({ value: v.array(RoleDefinitionForm) });

/**
 * Reads the role assignments of a Managed HSM.
 *
 * @throws CleanroomError SERVICE_UNREACHABLE, SERVICE_REFUSED, KEY_ACCESS_DENIED
 */
export async function readKeyRoles(connection: Connection, host: string): Promise<KeyRoles> {
  const token =
    (await connection.credential.getToken(`${vaultFlavour(host).resource}/.default`))?.token ?? '';
  const read = async <S extends v.GenericSchema>(
    collection: string,
    schema: S,
  ): Promise<v.InferOutput<S>> => {
    const path = `/providers/Microsoft.Authorization/${collection}?api-version=${API_VERSION}`;
    const outcome = v.safeParse(schema, parseStrictJson(await send({ host, path, token, connection })));
    if (outcome.success) return outcome.output;
    throw new CleanroomError('SERVICE_REFUSED', `Managed HSM ${host}: ${collection} in an unknown form`);
  };
  const definitions = await read('roleDefinitions', Definitions);
  const { value } = await read('roleAssignments', Assignments);
  const roles = value.map((assignment) => grantOf(assignment, definitions.value));
  return { roles, self: principalOf(token) };
}

/**
 * Gives the login that asks the role of that name, on every key of the HSM: what an intruder with too many rights does.
 *
 * @throws CleanroomError KEY_ACCESS_DENIED, SERVICE_REFUSED, SERVICE_UNREACHABLE
 */
export async function assignKeyRoleToSelf(
  connection: Connection,
  host: string,
  roleDefinitionId: string,
): Promise<void> {
  const token =
    (await connection.credential.getToken(`${vaultFlavour(host).resource}/.default`))?.token ?? '';
  const path = `/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=${API_VERSION}`;
  const put = { properties: { principalId: principalOf(token), roleDefinitionId } };
  await send({ host, path, token, connection, put });
}

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly token: string;
  readonly connection: Connection;
  /** JSON to put; absent: read. */
  readonly put?: unknown;
}

async function send({ host, path, token, connection, put }: Asked): Promise<string> {
  const url = `https://${host}${path}`;
  const { status, text } = await callService(connection, {
    method: put === undefined ? 'GET' : 'PUT',
    url,
    token,
    json: put,
  });
  if (status === 200 || status === 201) return text;
  const code = status === 403 || status === 401 ? 'KEY_ACCESS_DENIED' : 'SERVICE_REFUSED';
  throw new CleanroomError(code, `Managed HSM ${host}: role assignments: ${status}`);
}

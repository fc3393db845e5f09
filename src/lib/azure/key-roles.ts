// Who may do what on a Managed HSM: its local role assignments, over REST (the keys SDK has no call for them).

import { randomUUID } from 'node:crypto';
import { request } from 'node:https';

import * as v from 'valibot';

import type { KeyRoles } from '../ports/key-roles.js';
import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError, describeCause } from '../base/errors.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import type { Connection } from './connection.js';
import { grantOf, RoleAssignmentForm, RoleDefinitionForm } from './role-grant.js';
import { principalOf } from './token-principal.js';

const API_VERSION = '7.4';
const MAX_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

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
  const put = JSON.stringify({ properties: { principalId: principalOf(token), roleDefinitionId } });
  await send({ host, path, token, connection, put });
}

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly token: string;
  readonly connection: Connection;
  /** JSON to put; absent: read. */
  readonly put?: string;
}

function send({ host, path, token, connection, put }: Asked): Promise<string> {
  return new Promise((resolve, reject) => {
    const url = new URL(`https://${host}${path}`);
    const options = {
      method: put === undefined ? 'GET' : 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...connection.tls,
    };
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BYTES) incoming.destroy();
        else chunks.push(chunk);
      });
      incoming.on('end', () => {
        const status = incoming.statusCode ?? 0;
        if (status === 200 || status === 201) {
          resolve(Buffer.concat(chunks).toString('utf8'));
          return;
        }
        const code = status === 403 || status === 401 ? 'KEY_ACCESS_DENIED' : 'SERVICE_REFUSED';
        reject(new CleanroomError(code, `Managed HSM ${host}: role assignments: ${status}`));
      });
    });
    outgoing.on('error', (cause) =>
      reject(
        new CleanroomError('SERVICE_UNREACHABLE', `Managed HSM ${host}: ${describeCause(cause)}`, { cause }),
      ),
    );
    outgoing.end(put);
  });
}

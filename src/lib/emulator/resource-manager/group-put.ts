// Making or changing a container group, by a PUT of its own or out of a template.

import { AzureError } from '../http/azure-error.js';
import type { JsonObject } from '../http/messages.js';
import type { ArmCall } from './arm-call.js';
import { authorizationFailed, authorizeIdentity } from './authorization.js';
import { CONFIDENTIAL_SINCE, GROUP_NAME, PROVIDER } from './constants.js';
import type { PutOutcome } from './group-records.js';
import { hasSystemIdentity, parseGroupBody } from './group-request.js';
import type { GroupBody } from './group-schema.js';
import { refuseProvoked } from './provoked.js';

/**
 * Puts a group for a caller who may write there.
 *
 * @param apiVersion - of the request, or of the resource in its template; the request's if absent.
 * @throws AzureError as the service refuses
 */
export async function putGroup(
  call: ArmCall,
  id: string,
  name: string,
  body: JsonObject,
  apiVersion = call.request.query.get('api-version') ?? '',
): Promise<PutOutcome> {
  const parsed = checkPut(call, id, name, body, apiVersion);
  if ((await call.faults('role-not-yet-effective', name)) !== null)
    throw authorizationFailed(call.caller, `${PROVIDER}/containerGroups/write`, id);
  await refuseProvoked(call.faults, 'PUT', name, parsed.location ?? '');
  const tenant = call.directory.tenant(call.caller.tenantId);
  if (hasSystemIdentity(parsed.identity) && tenant !== null)
    await call.directory.ensureManagedIdentity(tenant, id);
  return call.groups.put(id, name, body);
}

/** What can be said of a PUT without making anything. @throws AzureError */
export function checkPut(
  call: ArmCall,
  id: string,
  name: string,
  body: JsonObject,
  apiVersion: string,
): GroupBody {
  if (!GROUP_NAME.test(name))
    throw new AzureError(400, 'InvalidContainerGroupName', `The container group name '${name}' is invalid.`);
  const parsed = parseGroupBody(body, name);
  if (parsed.properties.sku === 'Confidential' && apiVersion < CONFIDENTIAL_SINCE)
    throw new AzureError(
      400,
      'InvalidRequestContent',
      `The sku 'Confidential' needs API version '${CONFIDENTIAL_SINCE}' or later.`,
    );
  for (const identity of Object.keys(parsed.identity?.userAssignedIdentities ?? {})) {
    authorizeIdentity(call.caller, identity, id, call);
    if (call.directory.managedIdentity(identity) === null) throw identityMissing();
  }
  return parsed;
}

/** Text of the service, as public reports show it. */
function identityMissing(): AzureError {
  return new AzureError(
    400,
    'FailedIdentityOperation',
    'Identity operation for resource failed with error: Failed to perform resource identity operation. Status: BadRequest. The user assigned identity was not found.',
  );
}

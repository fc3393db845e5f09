// Who calls Azure Resource Manager, and whether a role assignment lets them.

import type { Clock } from '../clock.js';
import { AzureError } from '../http/azure-error.js';
import { bearerToken } from '../http/messages.js';
import type { WireRequest } from '../http/wire.js';
import { type AccessToken, TokenRefused } from '../identity/access-tokens.js';
import type { IdentityAuthority } from '../identity/authority.js';
import { RESOURCES } from '../identity/constants.js';
import type { RoleAssignments } from '../identity/role-assignments.js';

export interface AuthorizationOptions {
  readonly identity: Pick<IdentityAuthority, 'verifyAccessToken'>;
  readonly roles: Pick<RoleAssignments, 'allows' | 'list'>;
  readonly clock: Clock;
}

/** The caller of a request. @throws AzureError 401 */
export async function authenticate(
  request: WireRequest,
  { identity, clock }: AuthorizationOptions,
): Promise<AccessToken> {
  const token = bearerToken(request);
  if (token === null)
    throw new AzureError(
      401,
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
    );
  try {
    const audiences = [RESOURCES.resourceManager, RESOURCES.classicManagement];
    return await identity.verifyAccessToken(token, { audiences, now: clock() });
  } catch (cause) {
    if (!(cause instanceof TokenRefused)) throw cause;
    if (cause.reason === 'expired')
      throw new AzureError(
        401,
        'ExpiredAuthenticationToken',
        'The access token expiry UTC time is earlier than current UTC time.',
      );
    if (cause.reason === 'audience')
      throw new AzureError(
        401,
        'InvalidAuthenticationTokenAudience',
        `The access token has been obtained for wrong audience or resource: ${cause.message}.`,
      );
    throw new AzureError(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
  }
}

/** @throws AzureError 403 AuthorizationFailed in the service's words. */
export function authorize(
  caller: AccessToken,
  action: string,
  scope: string,
  { roles }: AuthorizationOptions,
): void {
  if (!roles.allows({ principalId: caller.principalId, kind: 'action', action, scope }))
    throw authorizationFailed(caller, action, scope);
}

export function authorizationFailed(
  { clientId, principalId }: AccessToken,
  action: string,
  scope: string,
): AzureError {
  return new AzureError(
    403,
    'AuthorizationFailed',
    `The client '${clientId}' with object id '${principalId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** Giving an identity to a group needs a right on the identity too. @throws AzureError 403 */
export function authorizeIdentity(
  caller: AccessToken,
  identityId: string,
  groupId: string,
  { roles }: AuthorizationOptions,
): void {
  const action = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';
  // Managed Identity Operator grants `…/userAssignedIdentities/*/assign/action`, where Azure's `*` stands for nothing too.
  const asked = [action, 'Microsoft.ManagedIdentity/userAssignedIdentities//assign/action'];
  const allowed = asked.some((name) =>
    roles.allows({ principalId: caller.principalId, kind: 'action', action: name, scope: identityId }),
  );
  if (allowed) return;
  throw new AzureError(
    403,
    'LinkedAuthorizationFailed',
    `The client with object id '${caller.principalId}' has permission to perform action 'Microsoft.ContainerInstance/containerGroups/write' on scope '${groupId}'; however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${identityId}'.`,
  );
}

// The emulator's Entra: directory and tokens together, and the rules by which a token is given.

import { epochSeconds, type Clock } from '../clock.js';
import type { StateStore } from '../state/state-store.js';
import {
  openAccessTokens,
  TokenRefused,
  type AccessToken,
  type AccessTokens,
  type IssuedToken,
  type TokenExpectations,
} from './access-tokens.js';
import { knownResource, RESOURCES } from './constants.js';
import {
  isSecretOf,
  openDirectory,
  type Application,
  type Directory,
  type ManagedIdentity,
} from './directory.js';
import * as refusals from './errors.js';

/** A request of the client credentials grant (RFC 6749 §4.4). */
export interface ClientCredentials {
  /** Tenant id or name of the endpoint's path. */
  readonly tenant: string;
  readonly clientId: string;
  readonly scope: string;
  readonly secret: string | null;
  /** A foreign token (RFC 7523 §2.2). */
  readonly assertion: string | null;
}

export interface IdentityAuthority {
  readonly directory: Directory;
  readonly jwks: AccessTokens['jwks'];
  /** A token for a login. @throws AzureError */
  grantClientCredentials(request: ClientCredentials): Promise<IssuedToken>;
  /** A token for a managed identity, or null for a resource this directory does not know. */
  grantManagedIdentity(
    identity: ManagedIdentity,
    azureResourceId: string,
    resource: string,
  ): Promise<IssuedToken | null>;
  /** Proves an access token for a service. @throws TokenRefused */
  verifyAccessToken(token: string, expectations: TokenExpectations): Promise<AccessToken>;
}

/** Opens the identity provider of a state store. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function createIdentityAuthority(store: StateStore, clock: Clock): Promise<IdentityAuthority> {
  const directory = await openDirectory(store);
  const tokens = await openAccessTokens(store, clock);

  const grantClientCredentials = async (request: ClientCredentials): Promise<IssuedToken> => {
    const tenant = directory.tenant(request.tenant);
    if (tenant === null) throw refusals.tenantNotFound(request.tenant);
    const application = directory.application(request.clientId);
    const principalId = application?.servicePrincipals[tenant.id];
    if (application === null || principalId === undefined)
      throw refusals.applicationNotFound(request.clientId, tenant.name);
    await authenticate(application, request, tokens, clock);
    const audience = audienceOf(request.scope);
    return tokens.issue({ tenantId: tenant.id, principalId, clientId: application.clientId }, audience);
  };

  return {
    directory,
    jwks: tokens.jwks,
    grantClientCredentials,
    grantManagedIdentity: async (identity, azureResourceId, resource) => {
      if (knownResource(resource) === null) return null;
      return tokens.issue(
        { ...identity, managed: { azureResourceId, identityResourceId: identity.resourceId } },
        resource,
      );
    },
    verifyAccessToken: (token, expectations) => tokens.verify(token, expectations),
  };
}

async function authenticate(
  application: Application,
  { secret, assertion }: ClientCredentials,
  tokens: AccessTokens,
  clock: Clock,
): Promise<void> {
  if (secret !== null) {
    if (!isSecretOf(application, secret)) throw refusals.invalidSecret(application.clientId);
    return;
  }
  if (assertion === null) throw refusals.noCredential();
  await acceptAssertion(application, assertion, tokens, clock);
}

/* Federation inside the emulator: a managed identity's token for api://AzureADTokenExchange (issue 7, two tenants). */
async function acceptAssertion(
  application: Application,
  assertion: string,
  tokens: AccessTokens,
  clock: Clock,
): Promise<void> {
  let token: AccessToken;
  try {
    token = await tokens.verify(assertion, {
      audiences: [RESOURCES.tokenExchange],
      now: new Date(epochSeconds(clock) * 1000),
    });
  } catch (cause) {
    if (cause instanceof TokenRefused) throw refusals.invalidAssertion(cause.message);
    throw cause;
  }
  const { principalId, issuer } = token;
  // A token of one tenant vouches for no application of another; one for several tenants is registered at home.
  if (token.tenantId !== application.homeTenant) throw refusals.foreignAssertion(token.issuer);
  const trusted = application.federatedCredentials.some(
    (credential) =>
      credential.subject === principalId &&
      credential.issuer === issuer &&
      credential.audience === RESOURCES.tokenExchange,
  );
  if (!trusted) throw refusals.noFederatedCredential(principalId);
}

/* MSAL for Go adds these three to every scope; Entra takes them and gives what a login of its own has none of. */
const OPENID_SCOPES = ['openid', 'offline_access', 'profile'];

function audienceOf(scope: string): string {
  const asked = scope.split(/\s+/).filter((word) => word !== '' && !OPENID_SCOPES.includes(word));
  const resource = asked.length === 1 ? /^(\S+)\/\.default$/.exec(asked[0] ?? '')?.[1] : undefined;
  if (resource === undefined) throw refusals.invalidScope(scope);
  const known = knownResource(resource);
  if (known === null) throw refusals.resourceNotFound(resource);
  return known;
}

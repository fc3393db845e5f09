// Entra's refusals (AADSTS codes), one constructor each. Texts: LEARN "Microsoft Entra authentication error codes".

import { AzureError } from '../http/azure-error.js';

export function tenantNotFound(tenant: string): AzureError {
  return new AzureError(400, 'invalid_tenant', `AADSTS90002: Tenant '${tenant}' not found.`);
}

export function applicationNotFound(clientId: string, tenant: string): AzureError {
  return new AzureError(
    400,
    'unauthorized_client',
    `AADSTS700016: Application with identifier '${clientId}' was not found in the directory '${tenant}'.`,
  );
}

export function invalidSecret(clientId: string): AzureError {
  return new AzureError(
    401,
    'invalid_client',
    `AADSTS7000215: Invalid client secret provided for app '${clientId}'.`,
  );
}

export function noCredential(): AzureError {
  return new AzureError(
    401,
    'invalid_client',
    "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  );
}

export function invalidAssertion(why: string): AzureError {
  return new AzureError(
    401,
    'invalid_client',
    `AADSTS700027: Client assertion contains an invalid signature. ${why}`,
  );
}

export function noFederatedCredential(subject: string): AzureError {
  return new AzureError(
    401,
    'invalid_client',
    `AADSTS700213: No matching federated identity record found for presented assertion subject '${subject}'.`,
  );
}

/** LEARN: "Configure an application to trust a managed identity": identity and application share a tenant. */
export function foreignAssertion(issuer: string): AzureError {
  return new AzureError(
    401,
    'invalid_client',
    `AADSTS700236: Entra ID tokens issued by issuer '${issuer}' may not be used for federated identity credential flows for applications or managed identities registered in this tenant.`,
  );
}

export function invalidScope(scope: string): AzureError {
  return new AzureError(
    400,
    'invalid_scope',
    `AADSTS1002012: The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
  );
}

export function resourceNotFound(resource: string): AzureError {
  return new AzureError(
    400,
    'invalid_resource',
    `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
  );
}

export function unsupportedGrant(grant: string): AzureError {
  return new AzureError(
    400,
    'unsupported_grant_type',
    `AADSTS70003: The app requested an unsupported grant type '${grant}'.`,
  );
}

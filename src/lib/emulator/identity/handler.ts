// The token endpoint on the wire: OpenID metadata, JWKS, instance discovery, client credentials (Entra).

import { randomUUID } from 'node:crypto';

import { AzureError } from '../http/azure-error.js';
import { createOpenHandler, type WireAnswer } from '../http/guarded-handler.js';
import { jsonResponse, readForm } from '../http/messages.js';
import { usedBy } from '../http/proof.js';
import { routeWriter } from '../http/route.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import type { Clock } from '../clock.js';
import type { IdentityAuthority } from './authority.js';
import { epochSeconds } from '../clock.js';
import * as refusals from './errors.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Call {
  readonly request: WireRequest;
  readonly authority: IdentityAuthority;
  readonly clock: Clock;
}

const { open } = routeWriter<never, Call, never, WireAnswer>();
const PUBLIC = 'public in Azure: what clients and services ask before there is a token';
const SDK = usedBy('2026-11', '@azure/identity 4.13');

const metadata = (
  path: '/{tenant}/v2.0/.well-known/openid-configuration' | '/{tenant}/.well-known/openid-configuration',
) =>
  open({
    method: 'GET',
    path,
    openBecause: PUBLIC,
    proof: SDK,
    answer: ({ request, authority }, parameters: { readonly tenant: string }) =>
      jsonResponse(200, openIdMetadata(request.origin, tenantId(authority, parameters.tenant))),
  });
const keys = (path: '/{tenant}/discovery/v2.0/keys' | '/{tenant}/discovery/keys') =>
  open({
    method: 'GET',
    path,
    openBecause: PUBLIC,
    proof: SDK,
    answer: ({ authority }) => jsonResponse(200, authority.jwks),
  });

export const IDENTITY_ROUTES = [
  open({
    method: 'GET',
    path: '/{tenant}/discovery/instance',
    openBecause: PUBLIC,
    proof: SDK,
    answer: ({ request }) => jsonResponse(200, instanceDiscovery(request)),
  }),
  metadata('/{tenant}/v2.0/.well-known/openid-configuration'),
  metadata('/{tenant}/.well-known/openid-configuration'),
  keys('/{tenant}/discovery/v2.0/keys'),
  keys('/{tenant}/discovery/keys'),
  open({
    method: 'POST',
    path: '/{tenant}/oauth2/v2.0/token',
    openBecause: 'gives tokens: the client secret or assertion in the form is what is judged',
    proof: usedBy('2026-11', '@azure/identity 4.13'),
    answer: ({ request, authority, clock }, { tenant }) => grantToken(request, tenant, authority, clock),
  }),
];

/** Serves `https://login.microsoftonline.com/…` for the tenants of `authority`. */
export function createIdentityHandler(authority: IdentityAuthority, clock: Clock): WireHandler {
  return createOpenHandler({
    routes: IDENTITY_ROUTES,
    open: (request) => ({ request, authority, clock }),
    noRoute: ({ path }) => jsonResponse(404, { error: 'not_found', error_description: `no ${path} here` }),
    refuse: (cause, request) => (cause instanceof AzureError ? oauthError(cause, request, clock) : null),
  });
}

function tenantId(authority: IdentityAuthority, tenant: string): string {
  const found = authority.directory.tenant(tenant);
  if (found === null) throw refusals.tenantNotFound(tenant);
  return found.id;
}

async function grantToken(
  request: WireRequest,
  tenant: string,
  authority: IdentityAuthority,
  clock: Clock,
): Promise<WireResponse> {
  const form = readForm(request);
  const grant = form.get('grant_type') ?? '';
  if (grant !== 'client_credentials') throw refusals.unsupportedGrant(grant);
  const isAssertion = form.get('client_assertion_type') === ASSERTION_TYPE;
  const issued = await authority.grantClientCredentials({
    tenant,
    clientId: form.get('client_id') ?? '',
    scope: form.get('scope') ?? '',
    secret: form.get('client_secret'),
    assertion: isAssertion ? form.get('client_assertion') : null,
  });
  const expiresIn = issued.expiresOn - epochSeconds(clock);
  return jsonResponse(
    200,
    {
      token_type: 'Bearer',
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      access_token: issued.token,
    },
    { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' },
  );
}

function openIdMetadata(origin: string, tenant: string): Record<string, string | string[]> {
  return {
    token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
    jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
    authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${origin}/${tenant}/v2.0`,
  };
}

function instanceDiscovery(
  request: WireRequest,
): Record<string, string | Record<string, string | string[]>[]> {
  const host = new URL(request.origin).host;
  return {
    tenant_discovery_endpoint: `${request.origin}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}

function oauthError(error: AzureError, request: WireRequest, clock: Clock): WireResponse {
  const correlation = request.headers['client-request-id'] ?? randomUUID();
  const code = /^AADSTS(\d+)/.exec(error.message)?.[1];
  return jsonResponse(error.status, {
    error: error.code,
    error_description: error.message,
    error_codes: code === undefined ? [] : [Number(code)],
    timestamp: `${clock().toISOString().slice(0, 19).replace('T', ' ')}Z`,
    trace_id: randomUUID(),
    correlation_id: correlation,
  });
}

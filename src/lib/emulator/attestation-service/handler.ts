// Azure Attestation on the wire: attest, OpenID metadata, keys (azure-wire 3). No authorization, as shared providers.

import { AzureError } from '../http/azure-error.js';
import { jsonResponse } from '../http/messages.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import type { AttestationService } from './authority.js';
import { API_VERSIONS, CLAIMS_SUPPORTED } from './constants.js';
import { invalidParameter, parseAttestRequest } from './evidence.js';

/** Serves one attestation provider. Paths are matched in any case. */
export function createAttestationHandler(service: AttestationService): WireHandler {
  return async (request) => {
    try {
      return await route(request, service);
    } catch (cause) {
      if (!(cause instanceof AzureError)) throw cause;
      return jsonResponse(cause.status, { error: { code: cause.code, message: cause.message } });
    }
  };
}

async function route(request: WireRequest, service: AttestationService): Promise<WireResponse> {
  switch (`${request.method} ${request.path.toLowerCase()}`) {
    case 'GET /.well-known/openid-configuration':
      return jsonResponse(200, openIdMetadata(service.issuer));
    case 'GET /certs':
      return jsonResponse(200, { keys: service.jwks.keys.map((key) => ({ ...key, x5c: [...key.x5c] })) });
    case 'POST /attest/sevsnpvm':
      return attest(request, service);
    default:
      return jsonResponse(404, { error: { code: 'NotFound', message: `no ${request.path} here` } });
  }
}

async function attest(request: WireRequest, service: AttestationService): Promise<WireResponse> {
  if (!API_VERSIONS.includes(request.query.get('api-version') ?? ''))
    throw invalidParameter('The api-version query parameter is missing or not supported.');
  return jsonResponse(200, { token: await service.attest(parseAttestRequest(request.body)) });
}

/* Both spellings: the service's documentation shows camel case, OIDC clients and the vault read snake case. */
function openIdMetadata(issuer: string): Record<string, Json> {
  const keys = `${issuer}/certs`;
  const responseTypes = ['token', 'none'];
  const algorithms = ['RS256'];
  const revocation = `${issuer}/revoke`;
  return {
    issuer,
    jwks_uri: keys,
    jwksUri: keys,
    response_types_supported: responseTypes,
    responseTypesSupported: responseTypes,
    id_token_signing_alg_values_supported: algorithms,
    idTokenSigningAlgValuesSupported: algorithms,
    revocation_endpoint: revocation,
    revocationEndpoint: revocation,
    claims_supported: CLAIMS_SUPPORTED,
    claimsSupported: CLAIMS_SUPPORTED,
  };
}

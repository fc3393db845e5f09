// Azure Attestation on the wire: attest, OpenID metadata, keys (MAA). No authorization, as shared providers.

import type { Json } from '../../base/bytes/canonical-json.js';
import { AzureError } from '../http/azure-error.js';
import { createOpenHandler, type WireAnswer } from '../http/guarded-handler.js';
import { jsonResponse } from '../http/messages.js';
import { publishedExample, usedBy } from '../http/proof.js';
import { routeWriter } from '../http/route.js';
import type { WireHandler, WireRequest } from '../http/wire.js';
import type { AttestationService } from './authority.js';
import { API_VERSIONS, CLAIMS_SUPPORTED } from './constants.js';
import { invalidParameter, parseAttestRequest } from './evidence.js';

interface Call {
  readonly request: WireRequest;
  readonly service: AttestationService;
}

const { open } = routeWriter<never, Call, never, WireAnswer>();
const PUBLIC = 'public in Azure: relying parties fetch it without a login';

export const ATTESTATION_ROUTES = [
  open({
    method: 'GET',
    path: '/.well-known/openid-configuration',
    openBecause: PUBLIC,
    proof: publishedExample('2025-06', 'azure-rest/attestation/Get_MetadataConfiguration.json'),
    answer: ({ service }) => jsonResponse(200, openIdMetadata(service.issuer)),
  }),
  open({
    method: 'GET',
    path: '/certs',
    openBecause: PUBLIC,
    proof: publishedExample('2020-10', 'azure-rest-api-specs, Get_Certs.json'),
    answer: ({ service }) =>
      jsonResponse(200, { keys: service.jwks.keys.map((key) => ({ ...key, x5c: [...key.x5c] })) }),
  }),
  open({
    method: 'POST',
    path: '/attest/SevSnpVm',
    openBecause: 'shared providers take evidence from anybody: the evidence is what is judged',
    proof: usedBy('2026-11-29', "Microsoft's sidecar, source of 2025-12-12"),
    answer: async ({ request, service }) => {
      if (!API_VERSIONS.includes(request.query.get('api-version') ?? ''))
        throw invalidParameter('The api-version query parameter is missing or not supported.');
      return jsonResponse(200, { token: await service.attest(parseAttestRequest(request.body)) });
    },
  }),
];

/** Serves one attestation provider. */
export function createAttestationHandler(service: AttestationService): WireHandler {
  return createOpenHandler({
    routes: ATTESTATION_ROUTES,
    open: (request) => ({ request, service }),
    noRoute: ({ path }) => jsonResponse(404, { error: { code: 'NotFound', message: `no ${path} here` } }),
    refuse: (cause) =>
      cause instanceof AzureError
        ? jsonResponse(cause.status, { error: { code: cause.code, message: cause.message } })
        : null,
  });
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

// The instance metadata service of one container group, http://169.254.169.254: managed identity tokens (IMDS).

import { createOpenHandler, type WireAnswer } from '../http/guarded-handler.js';
import { jsonResponse } from '../http/messages.js';
import { usedBy } from '../http/proof.js';
import { routeWriter } from '../http/route.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import { epochSeconds, type Clock } from '../clock.js';
import type { IdentityAuthority } from './authority.js';
import type { ManagedIdentity } from './directory.js';

/** The group that a metadata listener belongs to. */
export interface MetadataGroup {
  /** ARM id of the container group. */
  readonly resourceId: string;
  /** ARM ids of the user-assigned identities that the group was deployed with. */
  readonly identities: readonly string[];
}

export interface MetadataServices {
  readonly identity: IdentityAuthority;
  readonly clock: Clock;
  /** Answers `/metadata/THIM/…`; see emulator/uvm. */
  readonly certificates: WireHandler;
}

interface Call {
  readonly request: WireRequest;
  readonly group: MetadataGroup;
  readonly services: MetadataServices;
}

const { open } = routeWriter<never, Call, never, WireAnswer>();
const INSIDE = 'reached from inside its group only: the caller is that group, and gets what belongs to it';

export const METADATA_ROUTES = [
  open({
    method: 'GET',
    path: '/metadata/identity/oauth2/token',
    openBecause: INSIDE,
    proof: usedBy('2026-11-29', "@azure/identity 4.13, Microsoft's sidecar, source of 2025-12-12"),
    answer: ({ request, group, services }) => grantToken(request, group, services),
  }),
  open({
    method: 'GET',
    path: '/metadata/THIM/amd/certification',
    openBecause: INSIDE,
    proof: usedBy('2026-11-29', "Microsoft's sidecar, source of 2025-12-12"),
    answer: ({ request, services }) => services.certificates(request),
  }),
];

/**
 * The metadata service as one group sees it: it gives tokens of the group's own identities only.
 * The caller finds out which group asks, and serves that group's handler to it.
 */
export function createMetadataHandler(group: MetadataGroup, services: MetadataServices): WireHandler {
  return createOpenHandler({
    routes: METADATA_ROUTES,
    open: (request) => ({ request, group, services }),
    noRoute: () => metadataError(404, 'not_found', 'no such metadata'),
    refuse: () => null,
  });
}

async function grantToken(
  request: WireRequest,
  group: MetadataGroup,
  { identity, clock }: MetadataServices,
): Promise<WireResponse> {
  if (request.headers['metadata']?.toLowerCase() !== 'true')
    return metadataError(400, 'invalid_request', 'Required metadata header not specified');
  if (request.query.get('api-version') === null)
    return metadataError(400, 'invalid_request', "Required query variable 'api-version' is missing");
  const resource = request.query.get('resource');
  if (resource === null || resource === '')
    return metadataError(400, 'invalid_request', "Required query variable 'resource' is missing");

  const chosen = chooseIdentity(request.query, group, identity);
  if (chosen === null) return metadataError(400, 'invalid_request', 'Identity not found');
  const issued = await identity.grantManagedIdentity(chosen, group.resourceId, resource);
  if (issued === null)
    return metadataError(
      400,
      'invalid_resource',
      `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
    );
  // Strings, all of them: the Go sidecar types these members as string (IMDS).
  return jsonResponse(200, {
    access_token: issued.token,
    refresh_token: '',
    expires_in: String(issued.expiresOn - epochSeconds(clock)),
    expires_on: String(issued.expiresOn),
    not_before: String(issued.notBefore),
    resource,
    token_type: 'Bearer',
  });
}

/* A group with one identity need not name it; one with several must, as in Azure. */
function chooseIdentity(
  query: URLSearchParams,
  group: MetadataGroup,
  { directory }: IdentityAuthority,
): ManagedIdentity | null {
  const own = group.identities
    .map((resourceId) => directory.managedIdentity(resourceId))
    .filter((identity) => identity !== null);
  const wanted =
    query.get('client_id') ??
    query.get('object_id') ??
    query.get('msi_res_id') ??
    query.get('mi_res_id') ??
    query.get('principal_id');
  if (wanted === null) return own.length === 1 ? (own[0] ?? null) : null;
  const named = directory.managedIdentity(wanted);
  return named !== null && own.some(({ clientId }) => clientId === named.clientId) ? named : null;
}

function metadataError(status: number, error: string, description: string): WireResponse {
  return jsonResponse(status, { error, error_description: description });
}

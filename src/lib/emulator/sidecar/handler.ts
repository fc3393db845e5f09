// The sidecar's HTTP API: routes, required fields, error texts (microsoft/confidential-sidecar-containers,
// internal/httpginendpoints, source of 2025-12-12).

import { utf8 } from '../../base/bytes/arrays.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import { toBase64 } from '../../base/bytes/base64.js';
import { toHex } from '../../base/bytes/hex.js';
import { describeCause } from '../../base/errors.js';
import { createOpenHandler, type WireAnswer } from '../http/guarded-handler.js';
import { documented } from '../http/proof.js';
import { routeWriter } from '../http/route.js';
import { createRouter } from '../http/router.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import type { SidecarConfig } from './config.js';
import { ERROR_STRING } from './constants.js';
import { collectEvidence, type Certificates, reportOver } from './evidence.js';
import { readGoBase64 } from './go-base64.js';
import { BindingError, bindJson, type GoField, goResponse } from './go-json.js';
import { releaseKey } from './key-release.js';
import { fetchToken } from './maa-client.js';

/** What the handler answers from. */
export interface SidecarState {
  readonly config: SidecarConfig;
  readonly certificates: Certificates;
}

interface Call extends SidecarState {
  readonly request: WireRequest;
}

const { open } = routeWriter<never, Call, never, WireAnswer>();
const INSIDE = 'listens on the group’s own loopback: every container of the group may ask, as in Azure';
const MICROSOFTS = documented('2025-12-12', "source of Microsoft's sidecar, fa8df58");

const required = (field: string, json: string): GoField => ({ field, json, required: true });
const RUNTIME_DATA = required('RuntimeData', 'runtime_data');
const MAA_ENDPOINT = required('MAAEndpoint', 'maa_endpoint');
const RELEASE_FIELDS = [
  MAA_ENDPOINT,
  required('AKVEndpoint', 'akv_endpoint'),
  required('KID', 'kid'),
  { field: 'AccessToken', json: 'access_token', required: false },
];

export const SIDECAR_ROUTES = [
  open({
    method: 'GET',
    path: '/status',
    openBecause: INSIDE,
    proof: MICROSOFTS,
    answer: () => goResponse(200, { message: 'Status OK' }),
  }),
  open({ method: 'POST', path: '/attest/raw', openBecause: INSIDE, proof: MICROSOFTS, answer: attestRaw }),
  open({
    method: 'POST',
    path: '/attest/combined',
    openBecause: INSIDE,
    proof: MICROSOFTS,
    answer: attestCombined,
  }),
  open({ method: 'POST', path: '/attest/maa', openBecause: INSIDE, proof: MICROSOFTS, answer: attestMaa }),
  open({ method: 'POST', path: '/key/release', openBecause: INSIDE, proof: MICROSOFTS, answer: release }),
];

/** Serves the sidecar's API. */
export function createSidecarHandler(state: SidecarState): WireHandler {
  const handler = createOpenHandler({
    routes: SIDECAR_ROUTES,
    open: (request) => ({ ...state, request }),
    noRoute: notFound,
    refuse: () => null,
  });
  const find = createRouter(SIDECAR_ROUTES);
  // gin compares paths exactly, and sends a client with a slash too many to the route without it.
  return (request) => {
    const found = find(request);
    if (found.kind !== 'route' || found.route.path === request.path) return handler(request);
    if (request.path !== `${found.route.path}/`) return Promise.resolve(notFound());
    return Promise.resolve(redirectTo(found.route.path, request.method));
  };
}

/* With a page for a GET alone, as Go's http.Redirect writes it. */
function redirectTo(location: string, method: string): WireResponse {
  if (method !== 'GET') return { status: 307, headers: { location } };
  const headers = { location, 'content-type': 'text/html; charset=utf-8' };
  return { status: 301, headers, body: `<a href="${location}">Moved Permanently</a>.\n\n` };
}

function notFound(): WireResponse {
  return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
}

async function attestRaw({ request, config }: Call): Promise<WireResponse> {
  const bound = bind(request, 'RawAttestData', [RUNTIME_DATA]);
  if (bound.kind === 'refused') return bound.response;
  const policy = readGoBase64(config.securityContext.policy);
  if (policy.kind === 'corrupt') return failure(403, POLICY_NOT_BASE64, policy.message);
  const given = readGoBase64(bound.fields['runtime_data'] ?? '');
  if (given.kind === 'corrupt') return failure(400, RUNTIME_DATA_NOT_BASE64, given.message);
  const runtimeData = given.bytes;
  try {
    return goResponse(200, { report: toHex(await reportOver(runtimeData, config)) });
  } catch (cause) {
    // The original goes on after the error: two JSON values back to back.
    const text = failureText('failure to fetch attestation report hex', describeCause(cause));
    return goResponse(403, { error: text }, { report: '' });
  }
}

/* With the certificates of the start, whatever TCB the report has since: the original does not fetch them here. */
async function attestCombined({ request, config, certificates }: Call): Promise<WireResponse> {
  const bound = bind(request, 'RawAttestData', [RUNTIME_DATA]);
  if (bound.kind === 'refused') return bound.response;
  const policy = readGoBase64(config.securityContext.policy);
  if (policy.kind === 'corrupt') return failure(500, POLICY_NOT_BASE64, policy.message);
  const given = readGoBase64(bound.fields['runtime_data'] ?? '');
  if (given.kind === 'corrupt') return failure(400, RUNTIME_DATA_NOT_BASE64, given.message);
  const runtimeData = given.bytes;
  try {
    const report = await reportOver(runtimeData, config);
    return goResponse(200, {
      endorsed_tcb: certificates.tcbm,
      endorsements: toBase64(utf8(certificates.chain)),
      evidence: toBase64(report),
      uvm_endorsements: config.securityContext.referenceInfo,
    });
  } catch (cause) {
    return failure(500, 'failure to fetch attestation report bytes', describeCause(cause));
  }
}

async function attestMaa({ request, config, certificates }: Call): Promise<WireResponse> {
  const bound = bind(request, 'MAAAttestData', [MAA_ENDPOINT, RUNTIME_DATA]);
  if (bound.kind === 'refused') return bound.response;
  const given = readGoBase64(bound.fields['runtime_data'] ?? '');
  if (given.kind === 'corrupt') return failure(400, RUNTIME_DATA_NOT_BASE64, given.message);
  const runtimeData = given.bytes;
  try {
    const evidence = await collectEvidence(runtimeData, config, certificates);
    const token = await fetchToken(bound.fields['maa_endpoint'] ?? '', evidence, runtimeData, config);
    return goResponse(200, { token });
  } catch (cause) {
    return goResponse(403, { error: failureText('attestation failed', describeCause(cause)) }, { token: '' });
  }
}

/* A malformed request is answered with an empty object where the text should be: a Go error value, serialised. */
async function release({ request, config, certificates }: Call): Promise<WireResponse> {
  const bound = bind(request, 'KeyReleaseData', RELEASE_FIELDS);
  if (bound.kind === 'refused') return goResponse(400, { error: {} });
  const {
    maa_endpoint: maaEndpoint = '',
    akv_endpoint: vaultEndpoint = '',
    kid: keyId = '',
    access_token: accessToken = '',
  } = bound.fields;
  try {
    const key = await releaseKey(
      { maaEndpoint, vaultEndpoint, keyId, accessToken: accessToken === '' ? null : accessToken },
      config,
      certificates,
    );
    return goResponse(200, { key });
  } catch (cause) {
    return failure(403, 'secure key release failed', describeCause(cause));
  }
}

type Bound =
  | { readonly kind: 'bound'; readonly fields: Readonly<Record<string, string | undefined>> }
  | { readonly kind: 'refused'; readonly response: WireResponse };

function bind(request: WireRequest, struct: string, fields: readonly GoField[]): Bound {
  try {
    return { kind: 'bound', fields: bindJson(request, struct, fields) };
  } catch (cause) {
    if (!(cause instanceof BindingError)) throw cause;
    return { kind: 'refused', response: failure(400, 'invalid request format', cause.message) };
  }
}

const POLICY_NOT_BASE64 = 'decoding policy from Base64 format failed';
const RUNTIME_DATA_NOT_BASE64 = 'decoding base64-encoded runtime data of request failed';

function failure(status: number, what: string, why: string): WireResponse {
  return goResponse(status, { error: failureText(what, why) } satisfies Record<string, Json>);
}

/* The help stands between what failed and why. */
function failureText(what: string, why: string): string {
  return `${what}\n${ERROR_STRING}: ${why}`;
}

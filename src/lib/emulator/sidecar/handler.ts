// The sidecar's HTTP API: routes, required fields, error shapes (azure-wire 1.2, 1.3).

import { describeCause } from '../../base/errors.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { toHex } from '../../base/bytes/hex.js';
import { jsonResponse, readJsonObject } from '../http/messages.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import type { WireHandler, WireRequest, WireResponse } from '../http/wire.js';
import type { SidecarConfig } from './config.js';
import { HELP_TEXT } from './constants.js';
import { collectEvidence, reportOver, type Certificates } from './evidence.js';
import { releaseKey } from './key-release.js';
import { fetchToken } from './maa-client.js';

/** What the handler answers from. */
export interface SidecarState {
  readonly config: SidecarConfig;
  readonly certificates: Certificates;
}

/** Serves the sidecar's API. */
export function createSidecarHandler(state: SidecarState): WireHandler {
  return async (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'GET /status':
        return jsonResponse(200, { message: 'Status OK' });
      case 'POST /attest/raw':
        return attestRaw(request, state);
      case 'POST /attest/combined':
        return attestCombined(request, state);
      case 'POST /attest/maa':
        return attestMaa(request, state);
      case 'POST /key/release':
        return release(request, state);
      default:
        return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
    }
  };
}

async function attestRaw(request: WireRequest, { config }: SidecarState): Promise<WireResponse> {
  const fields = requiredFields(request, ['runtime_data']);
  const runtimeData = fromBase64(fields?.['runtime_data'] ?? '!');
  if (fields === null || runtimeData === null) return failure(400, badField(fields));
  if (fromBase64(config.securityContext.policy) === null) return failure(403, 'the policy is not base64');
  try {
    return jsonResponse(200, { report: toHex(await reportOver(runtimeData, config)) });
  } catch (cause) {
    return twice(failure(403, describeCause(cause)), { report: '' });
  }
}

async function attestCombined(request: WireRequest, state: SidecarState): Promise<WireResponse> {
  const fields = requiredFields(request, ['runtime_data']);
  const runtimeData = fromBase64(fields?.['runtime_data'] ?? '!');
  if (fields === null || runtimeData === null) return failure(400, badField(fields));
  if (fromBase64(state.config.securityContext.policy) === null)
    return failure(500, 'the policy is not base64');
  try {
    const evidence = await collectEvidence(runtimeData, state.config, state.certificates);
    return jsonResponse(200, {
      endorsed_tcb: evidence.certificates.tcbm,
      endorsements: toBase64(utf8(evidence.certificates.chain)),
      evidence: toBase64(evidence.report),
      uvm_endorsements: evidence.referenceInfo,
    });
  } catch (cause) {
    return failure(500, describeCause(cause));
  }
}

async function attestMaa(
  request: WireRequest,
  { config, certificates }: SidecarState,
): Promise<WireResponse> {
  const fields = requiredFields(request, ['maa_endpoint', 'runtime_data']);
  const runtimeData = fromBase64(fields?.['runtime_data'] ?? '!');
  if (fields === null || runtimeData === null) return failure(400, badField(fields));
  try {
    const evidence = await collectEvidence(runtimeData, config, certificates);
    const token = await fetchToken(fields['maa_endpoint'], evidence, runtimeData, config);
    return jsonResponse(200, { token });
  } catch (cause) {
    return twice(failure(403, describeCause(cause)), { token: '' });
  }
}

/* A malformed request is answered with an empty object where the text should be: a Go error value, serialised. */
async function release(request: WireRequest, { config, certificates }: SidecarState): Promise<WireResponse> {
  const fields = requiredFields(request, ['maa_endpoint', 'akv_endpoint', 'kid']);
  if (fields === null) return jsonResponse(400, { error: {} });
  const accessToken = readJsonObject(request)?.['access_token'];
  try {
    const key = await releaseKey(
      {
        maaEndpoint: fields.maa_endpoint,
        vaultEndpoint: fields.akv_endpoint,
        keyId: fields.kid,
        accessToken: typeof accessToken === 'string' && accessToken !== '' ? accessToken : null,
      },
      config,
      certificates,
    );
    return jsonResponse(200, { key });
  } catch (cause) {
    return failure(403, describeCause(cause));
  }
}

/* A missing field, an empty one and one of another type are all refused. */
function requiredFields<N extends string>(
  request: WireRequest,
  names: readonly N[],
): Readonly<Record<N, string>> | null {
  const body = readJsonObject(request);
  const values = names.map((name) => [name, body?.[name]] as const);
  if (values.some(([, value]) => typeof value !== 'string' || value === '')) return null;
  return Object.fromEntries(values) as Record<N, string>;
}

function badField(fields: unknown): string {
  return fields === null ? 'a required field is missing or empty' : 'runtime_data is not base64';
}

function failure(status: number, text: string): WireResponse {
  return jsonResponse(status, { error: `${text}${HELP_TEXT}` });
}

/* The original goes on after the error: two JSON values back to back. */
function twice(first: WireResponse, second: Json): WireResponse {
  return { ...first, body: `${String(first.body)}${JSON.stringify(second)}` };
}

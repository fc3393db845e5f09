// Secure key release: one-time key, attestation, release, check of the signed answer, unwrap (skr, Key Vault).

import type { KeyObject } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { calculateJwkThumbprint } from 'jose';
import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64Url } from '../../base/bytes/base64.js';
import { freshKeyPair } from '../../keys/fresh-key.js';
import { renderReleasedJwk } from '../../room/key-release/released-key.js';
import {
  openRelease,
  parseReleaseJws,
  verifyReleaseJws,
  type ParsedRelease,
} from '../../room/key-release/release-jws.js';
import type { SidecarConfig } from './config.js';
import {
  JWK_OPERATIONS,
  METADATA_API_VERSION,
  METADATA_RETRY_MS,
  METADATA_TOKEN_URL,
  RUNTIME_KEY_BITS,
  VAULT_API_VERSION,
} from './constants.js';
import { collectEvidence, type Certificates } from './evidence.js';
import { bodyOf, sendRequest, wrapping } from './http-client.js';
import { fetchToken } from './maa-client.js';

export interface KeyReleaseRequest {
  /** Host, with port where it is not 443. */
  readonly maaEndpoint: string;
  readonly vaultEndpoint: string;
  /** `name` or `name/version`. */
  readonly keyId: string;
  /** Null: the managed identity's. */
  readonly accessToken: string | null;
}

/** The released key as JWK text. @throws Error: everything that can go wrong becomes a 403 of the sidecar. */
export async function releaseKey(
  request: KeyReleaseRequest,
  config: SidecarConfig,
  certificates: Certificates,
): Promise<string> {
  const runtime = await makeRuntimeKey();
  const target = await wrapping('attestation failed', async () => {
    const evidence = await collectEvidence(runtime.data, config, certificates);
    return fetchToken(request.maaEndpoint, evidence, runtime.data, config);
  });
  const token = request.accessToken ?? (await fetchAccessToken(request.vaultEndpoint, config));
  const jwk = await wrapping(`releasing the key ${request.keyId} failed`, async () => {
    const release = parseReleaseJws(await requestRelease(request, target, token, config));
    await wrapping("verification of leaf's certificate chain failed", () =>
      requireLiteralName(release, request.vaultEndpoint),
    );
    const verified = verifyReleaseJws(release, {
      vault: request.vaultEndpoint,
      roots: config.tlsRoots,
      at: new Date(),
    });
    return renderReleasedJwk(openRelease(verified, runtime.privateKey), keyOperations(release));
  });
  return sortedMembers(jwk);
}

/* As Go's JWK library writes them. */
function sortedMembers(jwk: string): string {
  const members = Object.entries(JSON.parse(jwk) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/* The members in alphabetical order and without spaces, as Go marshals them: the report covers exactly these bytes. */
async function makeRuntimeKey(): Promise<{ readonly privateKey: KeyObject; readonly data: Uint8Array }> {
  const { privateKey } = await freshKeyPair({ type: 'rsa', bits: RUNTIME_KEY_BITS });
  const { n = '', e = '' } = privateKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint({ kty: 'RSA', n, e });
  const jwk = { e, key_ops: ['encrypt'], kid, kty: 'RSA', n };
  return { privateKey, data: utf8(JSON.stringify({ keys: [jwk] })) };
}

const TokenAnswer = v.looseObject({ access_token: v.string(), expires_in: v.string() });

async function fetchAccessToken(vaultEndpoint: string, { identityClientId }: SidecarConfig): Promise<string> {
  const resource = vaultEndpoint.includes('managedhsm')
    ? 'https://managedhsm.azure.net'
    : 'https://vault.azure.net';
  const query = new URLSearchParams({
    'api-version': METADATA_API_VERSION,
    resource,
    ...(identityClientId === null ? {} : { client_id: identityClientId }),
  });
  return wrapping('retrieving authentication token failed', () =>
    fetchFromMetadata(`${METADATA_TOKEN_URL}?${query.toString()}`),
  );
}

/* Three tries, whatever the failure: the original tells none from another. */
async function fetchFromMetadata(url: string): Promise<string> {
  for (const pauseMs of METADATA_RETRY_MS) {
    try {
      return await askMetadata(url);
    } catch {
      // tried again below; the last try's failure is the one reported
    }
    await wait(pauseMs);
  }
  return askMetadata(url);
}

async function askMetadata(url: string): Promise<string> {
  const answer = await wrapping(`http get authentication token failed for ${url}`, () =>
    sendRequest({ method: 'GET', url, headers: { metadata: 'true' } }),
  );
  const body = await wrapping('pulling http get authentication token response failed', () => bodyOf(answer));
  return v.parse(TokenAnswer, JSON.parse(body)).access_token;
}

const ReleaseAnswer = v.looseObject({ value: v.string() });

async function requestRelease(
  { vaultEndpoint, keyId }: KeyReleaseRequest,
  target: string,
  token: string,
  { tlsRoots }: SidecarConfig,
): Promise<string> {
  const answer = await wrapping('AKV post request failed', () =>
    sendRequest({
      method: 'POST',
      url: `https://${vaultEndpoint}/keys/${keyId}/release?api-version=${VAULT_API_VERSION}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ target }),
      roots: tlsRoots,
    }),
  );
  const body = await wrapping('pulling AKV response body failed', () => bodyOf(answer));
  return wrapping(
    'unmarshalling http response to releasekey response failed',
    () => v.parse(ReleaseAnswer, JSON.parse(body)).value,
  );
}

/* Go compares the endpoint, port and all, with the DNS names; an IP address name would not do there. */
function requireLiteralName({ chain }: ParsedRelease, vaultEndpoint: string): void {
  if (!vaultEndpoint.includes(':')) return;
  const names = (chain[0]?.subjectAltName ?? '').split(', ');
  if (!names.includes(`DNS:${vaultEndpoint}`))
    throw new Error(`x509: certificate is not valid for any names, but wanted to match ${vaultEndpoint}`);
}

const SignedKey = v.looseObject({
  response: v.looseObject({
    key: v.looseObject({ key: v.looseObject({ key_ops: v.optional(v.array(v.string()), []) }) }),
  }),
});

function keyOperations({ raw }: ParsedRelease): readonly string[] {
  const payload = decodeUtf8(fromBase64Url(raw.split('.')[1] ?? '') ?? new Uint8Array([0xff])) ?? '';
  const operations = v.parse(SignedKey, JSON.parse(payload)).response.key.key.key_ops;
  const unknown = operations.find((operation) => !JWK_OPERATIONS.includes(operation));
  if (unknown !== undefined) throw new Error(`unknown key operation ${unknown}`);
  return operations;
}

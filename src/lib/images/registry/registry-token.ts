// Bearer tokens of registries (Distribution "Token Authentication"), and the exchange that Azure Container Registry adds.

import * as v from 'valibot';

import { toBase64 } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError, describeCause } from '../../base/errors.js';
import type { RegistryCredentials } from './registry-credentials.js';
import { readAnswer, type RegistryAnswer, type RegistryRequest, sendRequest } from './registry-http.js';

/** Gives an Entra access token for Azure Container Registry; asked for hosts of Azure's registries only. */
export type AzureTokenProvider = () => Promise<string>;

export interface Authentication {
  readonly credentials: RegistryCredentials | null;
  readonly azureToken: AzureTokenProvider | null;
  readonly ca: readonly string[] | undefined;
}

export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_TOKEN_BYTES = 256 * 1024;
const AZURE_REGISTRY = /^[a-z0-9]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/;

const TokenSchema = v.looseObject({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
  refresh_token: v.optional(v.string()),
});

/** Reads `WWW-Authenticate`; null for a scheme that registries do not use. */
export function parseChallenge(header: string | undefined): Challenge | null {
  const [, scheme = '', rest = ''] = /^\s*(Basic|Bearer)\s+(.*)$/i.exec(header ?? '') ?? [];
  if (scheme === '') return null;
  const parameters = [...rest.matchAll(/([a-z]+)="([^"]*)"/gi)].map(
    ([, name = '', value = '']) => [name.toLowerCase(), value] as const,
  );
  return { scheme: scheme.toLowerCase() as Challenge['scheme'], parameters: new Map(parameters) };
}

/**
 * The `Authorization` value that answers a challenge.
 *
 * @param registry - base URL of the registry that challenged.
 * @throws CleanroomError REGISTRY_DENIED, REGISTRY_INSECURE, SERVICE_UNREACHABLE
 */
export async function authorize(
  challenge: Challenge,
  registry: URL,
  scope: string,
  authentication: Authentication,
): Promise<string> {
  const { credentials } = authentication;
  if (challenge.scheme === 'basic') {
    if (credentials?.kind !== 'password') throw denied(registry, 'it wants a user name and password');
    return basic(credentials);
  }
  const realm = challenge.parameters.get('realm');
  if (realm === undefined || !URL.canParse(realm)) throw denied(registry, 'it names no token service');
  const service = challenge.parameters.get('service') ?? '';
  const refreshToken = await findRefreshToken(registry, service, authentication);
  const url = new URL(realm);
  const token =
    refreshToken === null
      ? await fetchToken(url, { service, scope }, registry, authentication)
      : await postForm(
          url,
          {
            grant_type: 'refresh_token',
            service,
            scope,
            client_id: 'cleanroom',
            refresh_token: refreshToken,
          },
          authentication.ca,
        );
  const value = token.token ?? token.access_token;
  if (value === undefined) throw denied(registry, 'its token service gives no token');
  return `Bearer ${value}`;
}

/* Azure: the Entra token is exchanged for the registry's refresh token, and sent to no other host. */
async function findRefreshToken(
  registry: URL,
  service: string,
  { credentials, azureToken, ca }: Authentication,
): Promise<string | null> {
  if (credentials?.kind === 'refresh-token') return credentials.secret;
  if (credentials !== null || azureToken === null || !AZURE_REGISTRY.test(registry.hostname)) return null;
  const exchanged = await postForm(
    new URL('/oauth2/exchange', registry),
    { grant_type: 'access_token', service, access_token: await azureToken() },
    ca,
  );
  if (exchanged.refresh_token === undefined) throw denied(registry, 'it does not accept the Azure login');
  return exchanged.refresh_token;
}

async function fetchToken(
  realm: URL,
  query: Readonly<Record<string, string>>,
  registry: URL,
  { credentials, ca }: Authentication,
): Promise<v.InferOutput<typeof TokenSchema>> {
  const url = new URL(realm);
  for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value);
  const headers = credentials === null ? {} : { authorization: basic(credentials) };
  return readToken(await send(url, { method: 'GET', headers }, ca, registry));
}

async function postForm(
  url: URL,
  form: Readonly<Record<string, string>>,
  ca: readonly string[] | undefined,
): Promise<v.InferOutput<typeof TokenSchema>> {
  const bytes = utf8(new URLSearchParams(form).toString());
  const request: RegistryRequest = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { size: bytes.length, bytes: once(bytes) },
  };
  return readToken(await send(url, request, ca, url));
}

/* A registry on this machine may have its token service there too, in plain http; no other may. */
function send(
  url: URL,
  request: RegistryRequest,
  ca: readonly string[] | undefined,
  registry: URL,
): Promise<RegistryAnswer> {
  if (url.protocol !== 'https:' && registry.protocol === 'https:')
    throw new CleanroomError('REGISTRY_INSECURE', `the token service of ${registry.host} is not https`);
  return sendRequest(url, request, ca);
}

async function readToken(answer: RegistryAnswer): Promise<v.InferOutput<typeof TokenSchema>> {
  const body = await readAnswer(answer, MAX_TOKEN_BYTES);
  if (answer.status !== 200) throw denied(answer.url, `its token service answers ${answer.status}`);
  try {
    return v.parse(TokenSchema, JSON.parse(Buffer.from(body).toString('utf8')));
  } catch (cause) {
    throw new CleanroomError('REGISTRY_DENIED', `${answer.url.host}: ${describeCause(cause)}`, { cause });
  }
}

function basic({ username, secret }: RegistryCredentials): string {
  return `Basic ${toBase64(utf8(`${username}:${secret}`))}`;
}

function denied(registry: URL, problem: string): CleanroomError {
  return new CleanroomError('REGISTRY_DENIED', `${registry.host} denies access: ${problem}`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

// A token for a vault in another tenant (RFC 7523): the group's own identity vouches, the application of the contract logs in.
// Tenant, application and token endpoint are the contract's, whose digest is measured: no environment chooses them.

import * as v from 'valibot';

import type { ContractDataset } from '../contract/schema.js';
import { vaultFlavour } from '../contract/vault-flavour.js';
import { CleanroomError } from '../base/errors.js';
import { exchange, HttpFailure, type HttpRequest } from '../http/exchange.js';

export type VaultLogin = NonNullable<ContractDataset['key']['login']>;

/** Gets a token for the vault at `host`. @throws CleanroomError VAULT_HOST_UNKNOWN, VAULT_LOGIN_REFUSED, SERVICE_UNREACHABLE */
export type VaultLogins = (login: VaultLogin, host: string) => Promise<string>;

const METADATA = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01';
const EXCHANGE_RESOURCE = 'api://AzureADTokenExchange';
const PUBLIC_AUTHORITY = 'https://login.microsoftonline.com';
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 256 * 1024;

const TokenAnswer = v.looseObject({ access_token: v.pipe(v.string(), v.minLength(1)) });
/* Of a refusal only Entra's error number is repeated: the text names identities. */
const Refusal = v.looseObject({
  error_description: v.optional(v.string(), ''),
  error: v.optional(v.string(), ''),
});

/** Logins over the metadata service of the group, trusting the given TLS roots only (Node's own if null). */
export function createVaultLogins(tlsRoots: string | null, metadataService = METADATA): VaultLogins {
  return async ({ tenant, clientId, authority = PUBLIC_AUTHORITY }, host) => {
    const assertion = await readToken('the metadata service', {
      method: 'GET',
      url: `${metadataService}&resource=${encodeURIComponent(EXCHANGE_RESOURCE)}`,
      headers: { metadata: 'true' },
    });
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      scope: `${vaultFlavour(host).resource}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }).toString();
    return readToken(`tenant ${tenant}`, {
      method: 'POST',
      url: `${authority}/${tenant}/oauth2/v2.0/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
      trust: tlsRoots === null ? { kind: 'system' } : { kind: 'roots', ca: tlsRoots },
    });
  };
}

async function readToken(who: string, request: HttpRequest): Promise<string> {
  const { status, text } = await ask(who, request);
  const answer = parseJson(text);
  const granted = v.safeParse(TokenAnswer, answer);
  if (status === 200 && granted.success) return granted.output.access_token;
  if (status >= 500 || status === 429)
    throw new CleanroomError('SERVICE_UNREACHABLE', `${who} answered ${status} to the login of the room`);
  const refusal = v.safeParse(Refusal, answer);
  const description = refusal.success ? refusal.output.error_description : '';
  const [number = refusal.success ? refusal.output.error : ''] = /AADSTS\d+/.exec(description) ?? [];
  throw new CleanroomError(
    'VAULT_LOGIN_REFUSED',
    `${who} gives the room no token: ${status} ${number.replace(/[^A-Za-z0-9_]/g, '').slice(0, 40)}`,
  );
}

async function ask(who: string, request: HttpRequest) {
  try {
    const { status, body } = await exchange({
      ...request,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
    return { status, text: new TextDecoder().decode(body) };
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    throw new CleanroomError(
      'SERVICE_UNREACHABLE',
      `${who} ${cause.message}, at the login of the room to a vault`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

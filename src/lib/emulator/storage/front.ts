// The storage front: checks tokens, roles and user delegation SAS, then lets the request through to Azurite, streaming.

import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';

import type { Clock } from '../clock.js';
import type { FaultSource } from '../faults/fault-file.js';
import { readBody, type StreamHandler, writeWireResponse } from '../http/serve.js';
import { type AccessToken, TokenRefused } from '../identity/access-tokens.js';
import type { IdentityAuthority } from '../identity/authority.js';
import { RESOURCES } from '../identity/constants.js';
import type { RoleAssignments } from '../identity/role-assignments.js';
import { type BlobRoute, findBlobRoute } from './blob-routes.js';
import { STORAGE_PERMISSIONS, type StorageAction } from './constants.js';
import { type BlobQueue, createBlobQueue, isCreateOnly } from './create-only.js';
import { delegationKeyResponse } from './delegation-key.js';
import { forward, forwardedHeaders } from './forward.js';
import { signSharedKey } from './shared-key.js';
import type { StorageAccount } from './storage-account.js';
import {
  authenticationFailed,
  blobOverwrite,
  invalidToken,
  noAuthentication,
  permissionMismatch,
  renderStorageError,
  StorageError,
  unknownOperation,
} from './storage-error.js';
import { checkSourceAddress } from './source-address.js';
import { accountOfHost, parseTarget, type StorageTarget } from './target.js';
import { checkDelegationSas, isDelegationSas, reissueSas } from './user-delegation.js';

export interface FrontOptions {
  readonly accounts: ReadonlyMap<string, StorageAccount>;
  readonly identity: Pick<IdentityAuthority, 'verifyAccessToken'>;
  /** Azure RBAC. */
  readonly roles: Pick<RoleAssignments, 'allows'>;
  /** Whether tokens of other tenants than the account's are refused, as Azure does. */
  readonly strictTenants: boolean;
  /** Unix socket of Azurite's blob server. */
  readonly azuriteSocket: string;
  readonly clock: Clock;
  readonly faults: FaultSource;
  /** Token endpoint named in challenges, without a tenant. */
  readonly authorityUrl: string;
}

/** The handler of the blob service's port. */
export function createStorageFront(options: FrontOptions): StreamHandler {
  const agent = new Agent({ keepAlive: true });
  const creations = createBlobQueue();
  return async (request, response) => {
    const { path, query } = splitTarget(request);
    const named = accountOfHost(request.headers.host);
    const resource = named === null ? path : `/${named}${path}`;
    const target = parseTarget(resource);
    const account = target === null ? undefined : options.accounts.get(target.account);
    try {
      if (target === null || account === undefined) throw unknownAccount();
      if ((await options.faults('storage-busy', account.name)) !== null) throw serverBusy();
      checkSourceAddress(query, request.socket.remoteAddress ?? '');
      const found = findBlobRoute(request.method ?? 'GET', target, query);
      const call: Call = { request, response, path, query, target, account, options, agent, creations };
      // Whether there is such an operation is told to callers only.
      await admit(call, found.kind === 'route' ? found.route : null);
    } catch (failure) {
      if (!(failure instanceof StorageError)) throw failure;
      const tenant = account?.tenantId ?? 'common';
      const challenge = `Bearer authorization_uri=${options.authorityUrl}/${tenant}/oauth2/authorize resource_id=https://storage.azure.com`;
      request.resume();
      writeWireResponse(response, renderStorageError(failure, challenge));
    }
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As sent, percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly target: StorageTarget;
  readonly account: StorageAccount;
  readonly options: FrontOptions;
  readonly agent: Agent;
  readonly creations: BlobQueue;
}

async function admit(call: Call, route: BlobRoute | null): Promise<void> {
  const { request, query } = call;
  const authorization = request.headers.authorization ?? '';
  if (/^bearer /i.test(authorization)) return admitBearer(call, route, authorization.slice(7).trim());
  if (isDelegationSas(query)) return admitDelegationSas(call, route);
  if (!/^sharedkey /i.test(authorization) && !query.has('sig')) throw noAuthentication();
  // Shared keys, account and service SAS are Azurite's to check: it knows the account keys.
  const known = requireRoute(route);
  if (known.answeredBy === 'front') throw permissionMismatch();
  await passOn(call, query, authorization);
}

/** @throws StorageError 400 for an operation that there is not */
function requireRoute(route: BlobRoute | null): BlobRoute {
  if (route === null) throw unknownOperation();
  return route;
}

async function admitBearer(call: Call, found: BlobRoute | null, token: string): Promise<void> {
  const { options, account, request, query, target } = call;
  const caller = await authenticate(token, account, options);
  const route = requireRoute(found);
  authorize(call, caller.principalId, route.permission);
  if (route.answeredBy === 'front') return giveDelegationKey(call, caller);
  checkCopySource(call, caller.principalId);
  const headers = forwardedHeaders(request);
  const signed = signSharedKey(
    { method: request.method ?? 'GET', path: call.path, query, headers },
    target.account,
    account.key,
  );
  await passOn(call, query, signed);
}

async function giveDelegationKey(
  { request, response, account, options }: Call,
  caller: AccessToken,
): Promise<void> {
  const body = await readBody(request, 64 * 1024);
  if (body === null) throw new StorageError(413, 'RequestBodyTooLarge', 'The request body is too large.');
  const version = String(request.headers['x-ms-version'] ?? '');
  writeWireResponse(response, delegationKeyResponse({ body, version }, account, caller, options.clock()));
}

async function authenticate(
  token: string,
  account: StorageAccount,
  { identity, clock, strictTenants }: FrontOptions,
): Promise<AccessToken> {
  try {
    return await identity.verifyAccessToken(token, {
      audiences: [RESOURCES.storage, `https://${account.name}.blob.core.windows.net`],
      now: clock(),
      ...(strictTenants ? { tenants: [account.tenantId] } : {}),
    });
  } catch (cause) {
    if (cause instanceof TokenRefused) throw invalidToken(TOKEN_REFUSALS[cause.reason]);
    throw cause;
  }
}

const TOKEN_REFUSALS: Readonly<Record<TokenRefused['reason'], string>> = {
  malformed: 'Invalid token format',
  signature: 'Signature validation failed. Signature verification failed.',
  audience: 'Audience validation failed. Audience did not match.',
  expired: 'Lifetime validation failed. The token is expired.',
  issuer: 'Issuer validation failed. Issuer did not match.',
};

async function admitDelegationSas(call: Call, found: BlobRoute | null): Promise<void> {
  const { query, target, account, options } = call;
  const signer = checkDelegationSas(query, target, account.delegationSecret, options.clock());
  const route = requireRoute(found);
  authorize(call, signer.objectId, route.permission);
  if (route.answeredBy === 'front') throw permissionMismatch();
  checkCopySource(call, signer.objectId);
  const reissued = reissueSas(
    query,
    target,
    account.key,
    route.query['comp'] === 'block' ? 'blocks' : 'as-is',
  );
  await passOn(call, reissued, undefined);
}

/** @throws StorageError AuthorizationPermissionMismatch unless a role at the container or above allows `action`. */
function authorize({ options, account, target }: Call, principalId: string, action: StorageAction): void {
  requireRole(options, principalId, action, scopeOf(account, target.container));
}

function requireRole(options: FrontOptions, principalId: string, action: StorageAction, scope: string): void {
  const allowed = STORAGE_PERMISSIONS[action].some((permission) =>
    options.roles.allows({ principalId, scope, ...permission }),
  );
  if (!allowed) throw permissionMismatch();
}

/** Scope of a container, or of the account where there is none. */
export function scopeOf({ resourceId }: StorageAccount, container: string | null): string {
  return container === null ? resourceId : `${resourceId}/blobServices/default/containers/${container}`;
}

/** Azurite copies inside an account without asking; the caller must be able to read the source. */
function checkCopySource({ request, account, options }: Call, principalId: string): void {
  const source = request.headers['x-ms-copy-source'];
  if (typeof source !== 'string') return;
  const from = URL.canParse(source) ? parseTarget(new URL(source).pathname) : null;
  if (from?.account !== account.name)
    throw new StorageError(403, 'CannotVerifyCopySource', 'The specified resource does not exist.');
  requireRole(options, principalId, 'blob-read', scopeOf(account, from.container));
}

function passOn(call: Call, query: URLSearchParams, authorization: string | undefined): Promise<void> {
  const { request, response, agent, options, target, creations } = call;
  const search = query === call.query ? rawSearch(request) : `?${query.toString()}`;
  const creates = request.method === 'PUT' && isCreateOnly(call.query) && !call.query.has('comp');
  const passed = {
    agent,
    socketPath: options.azuriteSocket,
    target: `${call.path}${search}`,
    authorization,
    refuse: ({ statusCode, headers }: IncomingMessage): void => {
      if (statusCode === 403) refuseAsAzure(String(headers['x-ms-error-code']), creates);
    },
  };
  const pass = (): Promise<void> => forward(request, response, passed);
  return creates ? creations.run(target, pass) : pass();
}

/**
 * Azurite's refusals that Azure spells otherwise: of a signature or a SAS that does not hold, and, with a SAS that may create only,
 * of a blob that is there.
 */
function refuseAsAzure(code: string, creates: boolean): void {
  if (code === 'AuthorizationFailure') throw authenticationFailed('Signature did not match or has expired.');
  if (creates && code === 'AuthorizationPermissionMismatch') throw blobOverwrite();
}

function splitTarget(request: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  return { path, query: new URLSearchParams(rawSearch(request)) };
}

function rawSearch(request: IncomingMessage): string {
  const target = request.url ?? '';
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark);
}

function serverBusy(): StorageError {
  return new StorageError(503, 'ServerBusy', 'The server is busy.');
}

function unknownAccount(): StorageError {
  return new StorageError(404, 'ResourceNotFound', 'The specified resource does not exist.');
}

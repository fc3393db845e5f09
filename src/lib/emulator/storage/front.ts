// The storage front: checks tokens, roles and user delegation SAS, then lets the request through to Azurite, streaming.

import { Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import type { Clock } from '../clock.js';
import { readBody, type StreamHandler, writeWireResponse } from '../http/serve.js';
import { STORAGE_ROLES, type StorageAction } from './constants.js';
import { delegationKeyResponse } from './delegation-key.js';
import { signSharedKey } from './shared-key.js';
import {
  noAuthentication,
  permissionMismatch,
  renderStorageError,
  StorageError,
  invalidToken,
} from './storage-error.js';
import { blobAction, parseTarget, queueAction, type StorageTarget } from './target.js';
import { checkDelegationSas, isDelegationSas, reissueSas } from './user-delegation.js';

/** A storage account of the emulator. */
export interface StorageAccount {
  readonly name: string;
  /** Base64, as the portal shows it. */
  readonly key: string;
  /** From which its user delegation keys are derived. */
  readonly delegationSecret: Uint8Array;
  /** Tenant whose tokens it accepts. */
  readonly tenantId: string;
  /** Azure resource id; scope of role assignments. */
  readonly resourceId: string;
}

/** An identity that a token has proven. */
export interface Caller {
  readonly objectId: string;
  readonly tenantId: string;
}

/** Who may do what: tokens and role assignments, as far as storage asks for them. */
export interface StorageAccess {
  /** The caller of a token made for storage; a refusal says what is wrong with it. */
  authenticate(token: string, account: StorageAccount): Promise<Caller | { readonly refusal: string }>;
  /** Names of the roles that `objectId` has at `scope` or above. */
  rolesAt(objectId: string, scope: string): readonly string[];
}

export interface FrontOptions {
  readonly service: 'blob' | 'queue';
  readonly accounts: ReadonlyMap<string, StorageAccount>;
  readonly access: StorageAccess;
  /** Unix socket of Azurite's server for this service. */
  readonly azuriteSocket: string;
  readonly clock: Clock;
  /** Token endpoint named in challenges, without a tenant. */
  readonly authorityUrl: string;
}

/** The handler of one service's port. */
export function createStorageFront(options: FrontOptions): StreamHandler {
  const agent = new Agent({ keepAlive: true });
  return async (request, response) => {
    const { path, query } = splitTarget(request);
    const target = parseTarget(path);
    const account = target === null ? undefined : options.accounts.get(target.account);
    try {
      if (target === null || account === undefined) throw unknownAccount();
      const call: Call = { request, response, path, query, target, account, options, agent };
      await route(call);
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
}

async function route(call: Call): Promise<void> {
  const { request, query, options } = call;
  const authorization = request.headers.authorization ?? '';
  if (/^bearer /i.test(authorization)) return routeBearer(call, authorization.slice(7).trim());
  if (options.service === 'blob' && isDelegationSas(query)) return routeDelegationSas(call);
  // Shared keys, account and service SAS are Azurite's to check: it knows the account keys.
  if (/^sharedkey /i.test(authorization) || query.has('sig')) return forward(call, query, authorization);
  throw noAuthentication();
}

async function routeBearer(call: Call, token: string): Promise<void> {
  const { options, account, request, query, target } = call;
  const caller = await options.access.authenticate(token, account);
  if ('refusal' in caller) throw invalidToken(caller.refusal);
  const action = actionOf(call);
  authorize(call, caller.objectId, action);
  if (action === 'delegation-key') {
    const body = await readBody(request, 64 * 1024);
    if (body === null) throw new StorageError(413, 'RequestBodyTooLarge', 'The request body is too large.');
    writeWireResponse(call.response, delegationKeyResponse(body, account, caller, options.clock()));
    return;
  }
  checkCopySource(call, caller.objectId);
  const headers = forwardedHeaders(request);
  const signed = signSharedKey(
    { method: request.method ?? 'GET', path: call.path, query, headers },
    target.account,
    account.key,
  );
  await forward(call, query, signed);
}

async function routeDelegationSas(call: Call): Promise<void> {
  const { query, target, account, options } = call;
  const signer = checkDelegationSas(query, target, account.delegationSecret, options.clock());
  authorize(call, signer.objectId, actionOf(call));
  checkCopySource(call, signer.objectId);
  await forward(call, reissueSas(query, target, account.key), undefined);
}

function actionOf({ options, request, target, query }: Call): StorageAction {
  const method = request.method ?? 'GET';
  return options.service === 'blob' ? blobAction(method, target, query) : queueAction(method, target, query);
}

/** @throws StorageError AuthorizationPermissionMismatch unless a role at the container or above allows `action`. */
function authorize({ options, account, target }: Call, objectId: string, action: StorageAction): void {
  requireRole(options, objectId, action, scopeOf(account, options.service, target.container));
}

function requireRole(options: FrontOptions, objectId: string, action: StorageAction, scope: string): void {
  const roles = options.access.rolesAt(objectId, scope);
  if (!roles.some((role) => STORAGE_ROLES[role]?.includes(action) === true)) throw permissionMismatch();
}

/** Scope of a container or queue, or of the account where there is none. */
export function scopeOf(
  account: StorageAccount,
  service: 'blob' | 'queue',
  container: string | null,
): string {
  if (container === null) return account.resourceId;
  return service === 'blob'
    ? `${account.resourceId}/blobServices/default/containers/${container}`
    : `${account.resourceId}/queueServices/default/queues/${container}`;
}

/** Azurite copies inside an account without asking; the caller must be able to read the source. */
function checkCopySource({ request, account, options }: Call, objectId: string): void {
  const source = request.headers['x-ms-copy-source'];
  if (typeof source !== 'string') return;
  const from = URL.canParse(source) ? parseTarget(new URL(source).pathname) : null;
  if (from?.account !== account.name)
    throw new StorageError(403, 'CannotVerifyCopySource', 'The specified resource does not exist.');
  requireRole(options, objectId, 'blob-read', scopeOf(account, 'blob', from.container));
}

/* Of one connection only (RFC 9110 §7.6.1), or made anew. */
const NOT_FORWARDED = ['authorization', 'connection', 'keep-alive', 'expect', 'te', 'upgrade'];

function forwardedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !NOT_FORWARDED.includes(name))
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

async function forward(call: Call, query: URLSearchParams, authorization: string | undefined): Promise<void> {
  const { request, response, agent, options } = call;
  const search = query === call.query ? rawSearch(request) : `?${query.toString()}`;
  const headers = forwardedHeaders(request);
  if (authorization !== undefined && authorization !== '') headers['authorization'] = authorization;
  const outgoing = httpRequest({
    agent,
    socketPath: options.azuriteSocket,
    method: request.method,
    path: `${call.path}${search}`,
    headers,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  answered.catch(() => undefined);
  // An answer may come before the whole body was sent: a refusal, for example.
  pipeline(request, outgoing).catch(() => undefined);
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 502, withoutHopHeaders(answer.rawHeaders));
  await pipeline(answer, response);
}

function withoutHopHeaders(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]];
    if (!['connection', 'keep-alive', 'transfer-encoding'].includes(name.toLowerCase()))
      kept.push(name, value);
  }
  return kept;
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

function unknownAccount(): StorageError {
  return new StorageError(404, 'ResourceNotFound', 'The specified resource does not exist.');
}
